/** Captures that a Windows machine made, with its verdicts in them, held against the emulator. */
import { openCaptures, type CaptureInput } from '../captures/capture-input.js';
import { overlayVnis, type CapturePoint } from '../captures/capture-point.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { FileError } from '../errors.js';
import { COMPARED_WORDS, type NativeComparison } from '../native/replay-types.js';
import { createEngine } from '../native/engine.js';
import { watchJob } from '../native/job-control.js';
import { DIRECTIONS, NONE, OUTCOMES, REASONS, STAGES } from '../program/layout.js';
import { modelReport } from '../report/model-report.js';
import { programNames, type ProgramNames } from '../report/rule-names.js';
import type {
  ComparedPacket,
  ComparisonReport,
  Disagreement,
  EmulatedVerdict,
} from './comparison-report.js';
import { CaptureError } from './capture-error.js';

export interface CompareOptions {
  /** Drops count that were recorded at these components; of all when none are named. */
  readonly components?: readonly string[];
  /** Where the captures were taken. Default: `container`. */
  readonly capturePoint?: CapturePoint;
  /** Go on with the next capture after a damaged one. */
  readonly lenient?: boolean;
  readonly signal?: AbortSignal;
  /** Called about five times a second with the bytes read of all captures so far. */
  readonly onProgress?: (bytesRead: number) => void;
}

export interface CompareResult {
  readonly report: ComparisonReport;
  /** One per capture that was not read to its end. */
  readonly errors: readonly CaptureError[];
}

/**
 * Every packet on which the emulator and the verdict that was recorded disagree.
 * Source: docs/semantics/outputs.md 3.
 *
 * @throws {PortaclError} engine-missing, cancelled, out-of-memory, compare-limit
 * @throws {FileError} nothing-recorded
 */
export async function compare(
  captures: readonly string[],
  compiled: CompiledHost,
  options: CompareOptions = {},
): Promise<CompareResult> {
  const engine = createEngine(compiled.program, {
    stateless: false,
    unifiedFlows: true,
    virtualClock: false,
    overlayVnis: overlayVnis(compiled.host, options.capturePoint),
  });
  const { inputs, found } = await watchJob(options, async (control) => {
    const inputs = await openCaptures(captures, control);
    const sources = inputs.map(({ input }) => input);
    const { components = [], lenient = false } = options;
    return { inputs, found: await engine.compare(sources, components, lenient, control) };
  });
  const errors = errorsOf(inputs, found);
  if (found.remarks === 0 && errors.length === 0) {
    throw new FileError(
      'nothing-recorded',
      captures.join(', '),
      'no packet id and no verdict is recorded: convert a pktmon log with etl2pcapng (pktmon etl2pcap drops both, and ndiscap records neither)',
    );
  }
  return { report: reportOf(found, captures, compiled), errors };
}

const FATAL: ReadonlySet<string> = new Set(['cancelled', 'out-of-memory', 'compare-limit']);

function errorsOf(inputs: readonly CaptureInput[], found: NativeComparison): CaptureError[] {
  const errors: CaptureError[] = [];
  found.captures.forEach(({ error, packets }, i) => {
    if (error === null) return;
    const { file, compression } = inputs[Math.min(i, inputs.length - 1)]!;
    const captureError = new CaptureError(file, error, packets, compression);
    if (FATAL.has(error.code)) throw captureError;
    errors.push(captureError);
  });
  return errors;
}

function reportOf(
  found: NativeComparison,
  captures: readonly string[],
  compiled: CompiledHost,
): ComparisonReport {
  const groups = groupsOf(found, captures, compiled);
  const disagreed = groups.reduce((sum, { packets }) => sum + packets.length, 0);
  const { agreedAllowed, agreedDropped, unjudged, unjudgedDrops } = found;
  return {
    model: modelReport(compiled.host),
    captures: captures.slice(0, found.captures.length),
    records: found.records,
    packets: agreedAllowed + agreedDropped + unjudged + unjudgedDrops + disagreed,
    components: found.components,
    agreed: { allow: agreedAllowed, drop: agreedDropped },
    not_judged: { allow: unjudged, drop: unjudgedDrops },
    disagreed,
    disagreements: groups,
  };
}

/** Fewest packets first: what is rare is what a rule got wrong, not what a default decides. */
function groupsOf(
  found: NativeComparison,
  captures: readonly string[],
  compiled: CompiledHost,
): Disagreement[] {
  const names = programNames(compiled);
  const groups = new Map<
    string,
    { head: Omit<Disagreement, 'packets'>; packets: ComparedPacket[] }
  >();
  found.texts.forEach((text, i) => {
    const row = rowOf(found.rows, i);
    const dropped = (row.flags & 2n) !== 0n;
    const component = dropped ? found.components[Number(row.dropComponent)]! : null;
    const emulated = emulatedOf(row, compiled, names);
    const head = { recorded: dropped ? 'drop' : 'allow', component, emulated } as const;
    const key = JSON.stringify(head);
    const group = groups.get(key) ?? { head, packets: [] };
    groups.set(key, group);
    group.packets.push({
      capture: captures[Number(row.capture)]!,
      frame: Number(row.frame),
      time_ns: timeOf(row.time),
      packet_id: (row.flags & 1n) === 0n ? null : row.id.toString(),
      drop_frame: dropped ? Number(row.dropFrame) : null,
      appearances: Number(row.appearances),
      packet: text,
    });
  });
  return [...groups.entries()]
    .sort(([a, x], [b, y]) => x.packets.length - y.packets.length || (a < b ? -1 : 1))
    .map(([, { head, packets }]) => ({ ...head, packets }));
}

type Row = Readonly<Record<(typeof COMPARED_WORDS)[number], bigint>>;

function rowOf(rows: BigUint64Array, index: number): Row {
  const first = index * COMPARED_WORDS.length;
  return Object.fromEntries(COMPARED_WORDS.map((name, i) => [name, rows[first + i]!])) as Row;
}

/** The smallest number stands for no time. */
function timeOf(word: bigint): string | null {
  const time = BigInt.asIntN(64, word);
  return time === -(1n << 63n) ? null : time.toString();
}

function emulatedOf(row: Row, { host }: CompiledHost, names: ProgramNames): EmulatedVerdict {
  const index = (word: bigint): number | null => (word === BigInt(NONE) ? null : Number(word));
  const [rule, layer, endpoint] = [index(row.rule), index(row.layer), index(row.endpoint)];
  const name = rule === null ? null : names.rules[rule]!;
  return {
    verdict: OUTCOMES[Number(row.outcome)]!,
    endpoint: endpoint === null ? null : host.endpoints[endpoint]!.name,
    direction: endpoint === null ? null : DIRECTIONS[Number(row.direction)]!,
    stage: STAGES[Number(row.stage)]!,
    layer: layer === null ? null : names.layers[layer]!,
    group: name?.name == null ? null : name.group,
    rule: name?.name ?? null,
    reason: REASONS[Number(row.reason)]!,
    location: name?.rule?.location ?? null,
  };
}

/** Test cases against the host they name. */
import type { CompiledHost } from '../compile/compile-host.js';
import { mergeCoverage, type Coverage } from '../coverage/coverage.js';
import type { Explanation } from '../explain/explanation.js';
import { loadHost } from '../load-host.js';
import type { PacketRecord } from '../report/packet-record.js';
import { Simulator, decidingRecord } from '../simulate/simulate.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { judgedText, verdictText } from '../matchers/failure-text.js';
import type { CaseFailure, CaseFile, CasePacket, CaseResult, TestCase } from './test-cases.js';

export interface CaseRun {
  readonly compiled: CompiledHost;
  /** Warnings on the documents. */
  readonly diagnostics: readonly Diagnostic[];
  readonly results: readonly CaseResult[];
  /** Of all cases together. */
  readonly coverage: Coverage;
}

/**
 * Runs every case from an empty state. What is expected and is not so is a result.
 *
 * @throws {PolicyError} for documents that are wrong
 * @throws {PortaclError} file-not-found, bad-tuple, engine-missing
 */
export async function runCases({ file, sources, cases }: CaseFile): Promise<CaseRun> {
  const { compiled, diagnostics } = await loadHost(sources);
  const runs = cases.map((testCase) => {
    const simulator = new Simulator(compiled, { countValues: true });
    const result = runCase(file, testCase, simulator);
    return { result, coverage: simulator.coverage() };
  });
  return {
    ...{ compiled, diagnostics },
    results: runs.map(({ result }) => result),
    coverage: mergeCoverage(runs.map(({ coverage }) => coverage)),
  };
}

function runCase(
  file: string,
  { name, packets, location }: TestCase,
  simulator: Simulator,
): CaseResult {
  const failures: CaseFailure[] = [];
  packets.forEach((packet, i) => {
    const explanation = simulator.explain(packet.tuple);
    const [records] = simulator.judge([packet.tuple]);
    const failure = check(packet, decidingRecord(records!), explanation);
    if (failure !== null) failures.push({ packet: i + 1, ...failure });
  });
  return { file, name, location, packets: packets.length, failures };
}

function check(
  packet: CasePacket,
  record: PacketRecord,
  explanation: Explanation,
): Omit<CaseFailure, 'packet'> | null {
  const { verdict, by, reason, stage, text, location } = packet;
  const holds =
    (verdict === null || record.verdict === verdict) &&
    (by === undefined || record.rule === by) &&
    (reason === null || record.reason === reason) &&
    (stage === null || record.stage === stage);
  if (holds) return null;
  return {
    text,
    expected: expectedText(packet),
    actual: verdictText(record),
    why: judgedText(record, explanation),
    location,
  };
}

function expectedText({ verdict, by, reason, stage }: CasePacket): string {
  const rule = by === undefined ? '' : by === null ? ' by a default' : ` by ${by}`;
  const rest = [stage, reason].filter((each) => each !== null);
  return `${verdict ?? 'any verdict'}${rule}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}`;
}

/** Ports written as vfpctrl commands, for the worked tables of the switch stage. */
import {
  PolicyError,
  Simulator,
  compileHost,
  normaliseHost,
  policyFromText,
  type CompiledHost,
  type PacketRecord,
  type Tuple,
} from '../../src/index.js';
import { parseTuple } from '../../src/explain/tuple-text.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';

/** The endpoint is 10.1.0.5 and fd00::5; its host stage has no say. @throws {PolicyError} */
export function portOf(commands: string, options: SemanticOptionsInput = {}): CompiledHost {
  const { host, diagnostics } = normaliseHost({
    documents: [policyFromText(commands, 'port.txt', { strict: true })],
    platform: {
      ...{ windows: 'ws2022', driver: 'l2bridge', isolation: 'hyperv' },
      endpoint: 'pod=10.1.0.5,fd00::5',
    },
    options,
    strict: true,
  });
  if (host === null) throw new PolicyError(diagnostics);
  return compileHost(host);
}

export interface Port {
  readonly simulator: Simulator;
  /** What is said of each packet in turn: `allow R1`, `drop implicit-deny`, `allow established`. */
  readonly judge: (...packets: readonly (string | Tuple)[]) => string[];
  readonly records: (...packets: readonly (string | Tuple)[]) => PacketRecord[];
}

/** Packets are tuples or texts of the tuple language. */
export function port(commands: string, options: SemanticOptionsInput = {}): Port {
  const simulator = new Simulator(portOf(commands, options));
  const records: Port['records'] = (...packets) =>
    simulator
      .judge(packets.map((packet) => (typeof packet === 'string' ? parseTuple(packet) : packet)))
      .map((all) => all.at(-1)!);
  const judge: Port['judge'] = (...packets) =>
    records(...packets).map(({ verdict, rule, reason }) =>
      reason === 'rule' ? `${verdict} ${rule!}` : `${verdict} ${reason}`,
    );
  return { simulator, judge, records };
}

/** A stateful layer without default allow, and its groups of IPv4, asked in the order given. */
export function layer(groups: readonly string[], flags = 0, priority = 15, id = 'L'): string {
  return [
    `/add-layer "${id} ${id} stateful ${priority} ${flags}"`,
    ...groups.map((text, nth) => text.replaceAll('$LAYER', id).replaceAll('$NTH', String(nth))),
  ].join('\n');
}

/** A group of a {@link layer}. A rule is `id protocol source port destination port flags priority type`. */
export function group(side: string, ...rules: readonly string[]): string {
  const id = `G$NTH`;
  return [
    `/layer $LAYER /add-group "${id} ${id} ${side} $NTH"`,
    ...rules.map((text) => {
      const words = text.split(' ');
      const [name, ...rest] = words;
      const [flags, priority, type] = rest.slice(5);
      const ends = rest.slice(0, 5).join(' ');
      return `/layer $LAYER /group ${id} /add-rule-ex "${name!} ${name!} ${ends} ${flags!} 240 ${priority!} ${type!}"`;
    }),
  ].join('\n');
}

/**
 * What is explained is what is judged, on the hosts and packets that the oracle draws; and explaining
 * leaves no trace. `PORTACL_SEED=n` draws from that seed, `PORTACL_ROUNDS=n` that many hosts.
 */
import { describe, expect, it } from 'vitest';
import { compileHost, type CompiledHost } from '../../src/compile/compile-host.js';
import type {
  ConditionField,
  Explanation,
  LayerExplanation,
  RuleExplanation,
} from '../../src/explain/explanation.js';
import type { Conditions } from '../../src/normalise/normalised-host.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { throughTunnel, withEncapsulation } from '../oracle/draw-encapsulation.js';
import { drawServices, throughService, withTranslations } from '../oracle/draw-translation.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { drawHost } from '../oracle/draw.js';
import { readTuple, type Address, type Packet } from '../oracle/packet.js';
import { Random } from '../oracle/random.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 20);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 3_006);
const PACKETS = 120;

interface Drawn {
  readonly seed: number;
  readonly compiled: CompiledHost;
  readonly tuples: readonly Tuple[];
}

function draw(seed: number, rewrites: boolean): Drawn {
  const random = new Random(seed);
  const drawn = drawHost(random);
  const flowsOfDropped = seed % 3 === 0 ? 'keep' : 'none';
  const plain = { ...drawn, options: { ...drawn.options, flowsOfDropped } } as const;
  const tuples = drawTuples(random, plain, PACKETS);
  if (!rewrites) return { seed, compiled: compileHost(plain), tuples };
  const services = drawServices(random);
  const host = withEncapsulation(random, withTranslations(random, plain, services));
  const through = tuples.map((tuple) =>
    throughTunnel(random, throughService(random, tuple, services)),
  );
  return { seed, compiled: compileHost(host), tuples: through };
}

/** Half of them with layers that rewrite, put headers on and take them off. */
function forEachDrawn(check: (drawn: Drawn) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) check(draw(seed, seed % 2 === 1));
}

/** None of them with layers behind which a packet is another. */
function forEachPlain(check: (drawn: Drawn) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) check(draw(seed, false));
}

const decisions = ({ endpoints }: Explanation): unknown[] =>
  endpoints.map(({ decision }) => decision);

/** What a record says beside the packet it is about. */
const decisionOf = (record: PacketRecord): unknown =>
  Object.fromEntries(
    Object.entries(record).filter(([column]) => column !== 'frame' && column !== 'time_ns'),
  );

const layersOf = ({ endpoints }: Explanation): LayerExplanation[] =>
  endpoints.flatMap(({ layers }) => layers);

const rulesOf = (layer: LayerExplanation): RuleExplanation[] =>
  layer.groups.flatMap(({ rules }) => rules);

describe(`hosts of seeds ${FIRST_SEED} to ${FIRST_SEED + ROUNDS - 1}`, () => {
  it.each([false, true])('the explained verdict is the judged one (stateless: %s)', (stateless) => {
    forEachDrawn(({ seed, compiled, tuples }) => {
      const simulator = new Simulator(compiled, { stateless });
      tuples.forEach((tuple, i) => {
        const explanation = simulator.explain(tuple);
        const [records] = simulator.judge([tuple]);
        const judged = records!.map(decisionOf);
        expect({ seed, i, decisions: decisions(explanation) }).toEqual({
          ...{ seed, i, decisions: judged },
        });
        expect(explanation.decision).toEqual(decisionOf(decidingRecord(records!)));
      });
    });
  });

  it('explaining changes no verdict, no flow, no counter and no number', () => {
    forEachDrawn(({ seed, compiled, tuples }) => {
      const asked = new Simulator(compiled);
      const left = new Simulator(compiled);
      const random = new Random(seed);
      tuples.forEach((tuple, i) => {
        // Packets of any time, also such that would end flows if they came.
        const others = [tuple, random.pick(tuples), { ...random.pick(tuples), at: 86_400 }];
        const first = others.map((other) => asked.explain(other));
        expect(others.map((other) => asked.explain(other))).toEqual(first);
        expect({ seed, i, records: asked.judge([tuple]) }).toEqual({
          ...{ seed, i, records: left.judge([tuple]) },
        });
      });
      expect(asked.counters()).toEqual(left.counters());
    });
  });

  it('names for each rule not taken the first condition that does not hold', () => {
    let failures = 0;
    forEachPlain(({ compiled, tuples }) => {
      const simulator = new Simulator(compiled);
      for (const tuple of tuples) {
        const packet = readTuple(tuple);
        for (const layer of layersOf(simulator.explain(tuple))) {
          for (const rule of rulesOf(layer)) {
            if (rule.id === null) continue;
            const { conditions } = compiled.host.rules[rule.id]!;
            const failing = FIELDS.filter((field) => !holds(field, conditions, packet));
            expect(rule.failed?.field ?? null).toBe(failing[0] ?? null);
            expect(rule.failed_conditions).toBe(failing.length);
            failures += failing.length;
          }
        }
        simulator.judge([tuple]);
      }
    });
    expect(failures).toBeGreaterThan(1000);
  });

  it('ends each walk at what answered', () => {
    forEachPlain(({ compiled, tuples }) => {
      const simulator = new Simulator(compiled);
      for (const tuple of tuples) {
        for (const layer of layersOf(simulator.explain(tuple))) {
          if (layer.groups.length === 0) continue;
          const taken = layer.groups.findLast(({ result }) => result === 'rule')?.rules.at(-1);
          if (layer.reason === 'rule') expect(taken?.id).toBe(layer.by?.id);
          else if (layer.reason !== 'flow-limit') expect(layer.by?.id ?? null).toBeNull();
        }
        simulator.judge([tuple]);
      }
    });
  });
});

/** In the order in which conditions stand. */
const FIELDS: readonly ConditionField[] = [
  'protocol',
  'source-address',
  'destination-address',
  'source-port',
  'destination-port',
];

function holds(field: ConditionField, conditions: Conditions, packet: Packet): boolean {
  const address = (set: Conditions['source'], { family, value }: Address): boolean =>
    set === null ||
    (family === 4 ? set.ipv4 : set.ipv6).some(({ from, to }) => from <= value && value <= to);
  const port = (ranges: Conditions['sourcePorts'], value: number | undefined): boolean =>
    ranges === null ||
    (value !== undefined && ranges.some(({ from, to }) => from <= value && value <= to));
  switch (field) {
    case 'protocol':
      return conditions.protocols === null || conditions.protocols.includes(packet.protocol);
    case 'source-address':
      return address(conditions.source, packet.source);
    case 'destination-address':
      return address(conditions.destination, packet.destination);
    case 'source-port':
      return port(conditions.sourcePorts, packet.ports?.source);
    case 'destination-port':
      return port(conditions.destinationPorts, packet.ports?.destination);
    default:
      return true; // No ACL has such a condition.
  }
}

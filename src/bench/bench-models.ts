/** Programs and engines that are measured where no policy is given. */
import type { NativeEngine } from '../native/engine-types.js';
import { createEngine } from '../native/engine.js';
import { DEFAULT_OPTIONS } from '../normalise/options.js';
import { encodeProgram } from '../program/encode.js';
import type {
  ConditionsModel,
  DecisionModel,
  GroupModel,
  LayerModel,
  ProgramModel,
  RuleModel,
} from '../program/program-model.js';

/** An engine as a replay has it, on one thread. @throws {PortaclError} engine-missing, kernel-unknown */
export const benchEngine = (program: Uint8Array): NativeEngine =>
  createEngine(program, { stateless: false, unifiedFlows: true, virtualClock: false });

/** What decides where no rule does: allowed, without a flow. */
const OPEN: DecisionModel = {
  name: null,
  action: 'allow',
  reason: 'default-allow',
  terminating: true,
  stateful: false,
  priority: 0,
  flowMs: 0,
  source: null,
};

const FLOW_MS = 240_000;

export function benchRule(
  name: string,
  action: 'allow' | 'block',
  conditions: ConditionsModel,
): RuleModel {
  const stateful = action === 'allow';
  return { ...OPEN, name, action, reason: 'rule', stateful, flowMs: FLOW_MS, conditions };
}

/** A program with one endpoint whose switch stage has these layers, and no host stage. */
export function programOfLayers(
  layers: readonly (readonly GroupModel[])[],
  addresses: readonly number[] = [],
): ProgramModel {
  const layer = (name: string, priority: number, groups: readonly GroupModel[]): LayerModel => ({
    ...{ name, priority, groups },
    stage: name === 'host' ? 'host' : 'switch',
    stateful: true,
    hasSay: name !== 'host',
    noMatch: { in: OPEN, out: OPEN },
  });
  const endpoint = {
    name: 'bench',
    network: 1,
    compartment: 1,
    mac: null,
    addresses: addresses.map((value) => ({ family: 4 as const, value: BigInt(value) })),
    broadcasts: [],
    switchLayers: layers.map((groups, i) => layer(`layer-${i + 1}`, i + 1, groups)),
    noLayer: OPEN,
    hostLayer: layer('host', 1, []),
  };
  return { options: DEFAULT_OPTIONS, endpoints: [endpoint] };
}

/** 10.244.1.10, whose packets are judged. */
export const BENCH_POD = 0x0af4010a;

/** Everything is allowed and makes a flow. */
export function openProgram(): Uint8Array {
  const group = (direction: 'in' | 'out'): GroupModel => ({
    ...{ name: `all-${direction}`, priority: 1, direction, family: 4 },
    rules: [benchRule('all', 'allow', {})],
  });
  return encodeProgram(programOfLayers([[group('in'), group('out')]], [BENCH_POD]));
}

/** Groups in each direction, rules of a group, prefixes of a rule. */
export interface PrefixShape {
  readonly layers: number;
  readonly rules: number;
  readonly prefixes: number;
}

/**
 * The scale that DASH asks of one network interface: ten groups, five in each direction, of 1,000 rules
 * with 100,000 prefixes. Source: performance.md; issue 7.
 */
export const DASH: PrefixShape = { layers: 5, rules: 1000, prefixes: 100 };

const PREFIX_BITS = 4;
const PREFIXES_FROM = 0x8000_0000;

/** An address in a prefix of a rule, which no other rule has. */
export const addressIn = (
  { rules, prefixes }: PrefixShape,
  ...[layer, rule, prefix, host]: readonly [number, number, number, number]
): number => PREFIXES_FROM + (((layer * rules + rule) * prefixes + prefix) << PREFIX_BITS) + host;

/**
 * Layers that ask for the peer's address: every other rule allows, the others block; last, all is
 * allowed. A packet that a rule of one layer allows is asked of every rule of the others.
 */
export function prefixProgram(shape: PrefixShape): Uint8Array {
  const layers = Array.from({ length: shape.layers }, (_, layer) => {
    const peers = Array.from({ length: shape.rules }, (_, rule) =>
      Array.from({ length: shape.prefixes }, (_, prefix) => {
        const from = addressIn(shape, layer, rule, prefix, 0);
        return { from: BigInt(from), to: BigInt(from + (1 << PREFIX_BITS) - 1) };
      }),
    );
    return (['in', 'out'] as const).map((direction): GroupModel => {
      const rules = peers.map((ranges, rule) =>
        benchRule(`rule-${rule + 1}`, rule % 2 === 0 ? 'allow' : 'block', {
          [direction === 'in' ? 'source' : 'destination']: ranges,
        }),
      );
      rules.push(benchRule('all', 'allow', {}));
      return {
        name: `prefixes-${layer + 1}-${direction}`,
        priority: 1,
        direction,
        family: 4,
        rules,
      };
    });
  });
  return encodeProgram(programOfLayers(layers, [BENCH_POD]));
}

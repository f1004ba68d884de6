/**
 * Draws switch stages as a dump of a port has them: several layers, stateful or not, with and without
 * default allow, whose groups are several of one direction and family.
 */
import type {
  Conditions,
  Direction,
  FurtherField,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  RuleId,
  SwitchStage,
  VfpGroupStage,
  VfpLayerStage,
} from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { drawConditions } from './draw-conditions.js';
import type { Random } from './random.js';

const ANY: Conditions = {
  protocols: null,
  source: null,
  destination: null,
  sourcePorts: null,
  destinationPorts: null,
};

/** The host with such a stage on nearly all of its endpoints. */
export function withLayers(random: Random, host: NormalisedHost): NormalisedHost {
  const rules: NormalisedRule[] = [...host.rules];
  const stageOf = (endpoint: NormalisedEndpoint): NormalisedEndpoint =>
    random.chance(0.1) ? endpoint : { ...endpoint, switchStage: drawStage(random, rules) };
  return { ...host, endpoints: host.endpoints.map(stageOf), rules };
}

function drawStage(random: Random, rules: NormalisedRule[]): SwitchStage {
  const priorities = random.some([1, 7, 15, 40, 50], 1 + random.below(3)).sort((a, b) => a - b);
  return {
    kind: 'vfp',
    layers: priorities.map((priority): VfpLayerStage => ({
      name: `LAYER${priority}`,
      priority,
      defaultAllow: random.chance(0.6),
      stateful: random.chance(0.7),
      groups: Array.from({ length: random.below(9) }, (_, at) => drawGroup(random, at, rules)),
    })),
  };
}

function drawGroup(random: Random, at: number, rules: NormalisedRule[]): VfpGroupStage {
  const direction: Direction = random.pick(['in', 'out']);
  // Often the last rule allows everything, as policies do; else little would reach the flows.
  const open = random.chance(0.5);
  const count = random.below(random.chance(0.2) ? 16 : 4) + (open ? 1 : 0);
  return {
    ...{ name: `group${at}`, priority: at, direction, family: random.pick([4, 4, 6] as const) },
    rules: Array.from({ length: count }, (_, nth) => {
      const id = rules.length as RuleId;
      const last = open && nth === count - 1;
      rules.push({
        ...{ id, name: `rule${id}`, stage: 'switch', direction, priority: nth },
        action: last ? 'allow' : random.pick(['allow', 'allow', 'block', 'pass'] as const),
        conditions: last ? ANY : { ...drawConditions(random), ...drawFurther(random) },
        location: { file: '<drawn>', line: 1, column: 1, path: `[${id}]` },
      });
      return {
        ...{ id, terminating: random.chance(0.5), stateful: random.chance(0.7) },
        flowSeconds: random.chance(0.5) ? 1 + random.below(12) : null,
      };
    }),
  };
}

/** MAC addresses of the drawn packets, and those beside them. */
export const MACS = ['02-00-00-00-00-01', '02-00-00-00-00-02', 'ff-ff-ff-ff-ff-ff'];
const VALUES: Readonly<Record<FurtherField, readonly number[]>> = {
  tcp_opening: [0, 1],
  source_mac: [0x020000000001, 0x020000000002, 0xffffffffffff],
  destination_mac: [0x020000000001, 0x020000000002, 0xffffffffffff],
  vlan: [0, 1, 2, 4095],
  tni: [0, 1, 2 ** 24 - 1],
  gre_key: [0, 256, 2 ** 32 - 1],
};

function drawFurther(random: Random): Pick<Conditions, 'further'> {
  if (random.chance(0.7)) return {};
  const fields = random.some(Object.keys(VALUES) as FurtherField[], 1 + random.below(2));
  const further = fields.map((field) => {
    const [one, other] = [random.pick(VALUES[field]), random.pick(VALUES[field])];
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    return { field, ranges: random.chance(0.5) ? [{ from, to: from }] : [{ from, to }] };
  });
  return { further };
}

/** The packets with what such conditions ask for, of which a packet shows some. */
export function withFurther(random: Random, tuples: readonly Tuple[]): Tuple[] {
  return tuples.map((tuple): Tuple => {
    const tni = random.chance(0.3) && (tuple.proto === 17 || tuple.proto === 47);
    return {
      ...tuple,
      ...(random.chance(0.8) && { smac: random.pick(MACS), dmac: random.pick(MACS) }),
      ...(random.chance(0.5) && { vlan: random.pick(VALUES.vlan) }),
      ...(tni && { tni: random.pick(VALUES.tni) }),
      ...(tuple.proto === 47 && random.chance(0.5) && { key: random.pick(VALUES.gre_key) }),
    };
  });
}

/** The packets as frames can show them: with both addresses, and of tunnels one header that is read. */
export function asFrames(tuples: readonly Tuple[]): Tuple[] {
  return tuples.map(({ tni, key, ...told }): Tuple => {
    const tuple = { ...told };
    // A capture tells no direction.
    delete tuple.dir;
    delete tuple.endpoint;
    const [smac, dmac] = [tuple.smac ?? MACS[1]!, tuple.dmac ?? MACS[0]!];
    const whole = { ...tuple, smac, dmac };
    if (tuple.fragment !== undefined) return whole;
    if (tni === undefined) return key === undefined ? whole : { ...whole, key };
    // VXLAN has a port of its own.
    return tuple.proto === 47 ? { ...whole, tni, key: tni * 256 } : { ...whole, tni, dport: 4789 };
  });
}

/** The host with some rules and layers of such stages taken away, and layers of another default. */
export function withFewerLayers(random: Random, host: NormalisedHost): NormalisedHost {
  const stageOf = (stage: SwitchStage): SwitchStage => {
    if (stage.kind !== 'vfp') return stage;
    const kept = stage.layers.filter(() => !random.chance(0.15));
    return {
      kind: 'vfp',
      layers: (kept.length === 0 ? stage.layers : kept).map((layer) => ({
        ...layer,
        stateful: random.chance(0.1) ? !layer.stateful : layer.stateful,
        groups: layer.groups.map((group) => ({
          ...group,
          rules: group.rules.filter(() => !random.chance(0.15)),
        })),
      })),
    };
  };
  const endpoints = host.endpoints.map((each) => ({
    ...each,
    switchStage: stageOf(each.switchStage),
  }));
  // Conditions may have been taken over by rules that are no rules of such a layer.
  const inLayers = endpoints.flatMap(({ switchStage }) =>
    switchStage.kind === 'vfp'
      ? switchStage.layers.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
      : [],
  );
  const ids = new Set(inLayers.map(({ id }) => id));
  const rules = host.rules.map((rule): NormalisedRule => {
    if (ids.has(rule.id) || rule.conditions.further === undefined) return rule;
    const { protocols, source, destination, sourcePorts, destinationPorts } = rule.conditions;
    return {
      ...rule,
      conditions: { protocols, source, destination, sourcePorts, destinationPorts },
    };
  });
  return { ...host, endpoints, rules };
}

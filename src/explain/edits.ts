/**
 * Small changes of a policy that might turn a verdict, as changes of the normalised host. Whether
 * one does is not guessed here: diagnose.ts compiles it and asks the engine.
 */
import type {
  AddressSet,
  Conditions,
  HostStage,
  IpAddressValue,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  PortRange,
  RuleAction,
  RuleId,
  RuleList,
  Stage,
  SwitchStage,
} from '../normalise/normalised-host.js';
import { parseIpAddress } from '../normalise/address.js';
import { distanceOf } from './near-misses.js';
import type { ConditionField, Explanation, LayerExplanation, SeenPacket } from './explanation.js';

/** A change of one rule. Fields are those of the packet that the rule then takes. */
export type Edit =
  | {
      readonly kind: 'widen';
      readonly rule: NormalisedRule;
      readonly add: readonly { readonly field: ConditionField; readonly value: string }[];
    }
  | { readonly kind: 'remove'; readonly rule: NormalisedRule }
  | {
      readonly kind: 'add';
      readonly endpoint: string;
      readonly stage: Stage;
      readonly direction: 'in' | 'out';
      readonly action: 'allow' | 'block';
      readonly priority: number;
      /** The packet it is made for. */
      readonly packet: SeenPacket;
    };

/** Rules of one layer that are tried. */
const WIDENED_MAX = 4;
/** Source: hns.md 4.2, the priorities that a document may have. */
const PRIORITY_MIN = 100;
const PRIORITY_MAX = 65_500;

/**
 * Changes that might turn the verdict, the smallest first: at the layer that dropped, or, since any
 * layer can drop, at all layers that allowed.
 */
export function editsFor(explanation: Explanation, host: NormalisedHost): Edit[] {
  const { decision, packet } = explanation;
  if (decision.verdict === 'pass') return [];
  const wanted = decision.verdict === 'drop' ? 'allow' : 'block';
  const places = explanation.endpoints.flatMap((at) =>
    at.layers
      .filter(({ verdict }) => verdict === decision.verdict)
      .map((layer) => ({ layer, endpoint: at.endpoint, direction: at.direction })),
  );
  return [
    ...places.flatMap(({ layer }) => widenings(layer, wanted, packet, host)),
    ...places.flatMap(({ layer }) => removal(layer, host)),
    ...places.flatMap((place) => additions(place, packet, host, wanted)),
  ];
}

/** Without the rule that answered, or that let the flow in. */
function removal({ by }: LayerExplanation, host: NormalisedHost): Edit[] {
  return by?.id == null ? [] : [{ kind: 'remove', rule: host.rules[by.id]! }];
}

/** The rules asked before the one that decided, fewest failed conditions first. */
function widenings(
  layer: LayerExplanation,
  action: RuleAction,
  packet: SeenPacket,
  host: NormalisedHost,
): Edit[] {
  return layer.groups
    .flatMap(({ rules }) => rules)
    .filter((rule) => rule.id !== null && rule.action === action && rule.failed !== null)
    .sort((a, b) => a.failed_conditions - b.failed_conditions || distanceOf(a) - distanceOf(b))
    .slice(0, WIDENED_MAX)
    .flatMap(({ id }): Edit[] => {
      const rule = host.rules[id!]!;
      const add = missing(rule.conditions, packet);
      return add === null || add.length === 0 ? [] : [{ kind: 'widen', rule, add }];
    });
}

/** What each condition that fails would have to take; null where the packet has no such field. */
function missing(
  conditions: Conditions,
  packet: SeenPacket,
): { field: ConditionField; value: string }[] | null {
  const add: { field: ConditionField; value: string }[] = [];
  // Whose packets they are is not to be widened by a guess.
  if (conditions.further !== undefined) return null;
  const [source, destination] = [addressOf(packet.source), addressOf(packet.destination)];
  if (source === null || destination === null || packet.protocol === null) return null;
  if (conditions.protocols?.includes(packet.protocol) === false) {
    add.push({ field: 'protocol', value: String(packet.protocol) });
  }
  if (!holds(conditions.source, source)) {
    add.push({ field: 'source-address', value: packet.source! });
  }
  if (!holds(conditions.destination, destination)) {
    add.push({ field: 'destination-address', value: packet.destination! });
  }
  for (const [field, ranges, port] of [
    ['source-port', conditions.sourcePorts, packet.source_port],
    ['destination-port', conditions.destinationPorts, packet.destination_port],
  ] as const) {
    if (ranges === null) continue;
    if (port === null) return null;
    if (!ranges.some(({ from, to }) => from <= port && port <= to)) {
      add.push({ field, value: String(port) });
    }
  }
  return add;
}

const addressOf = (text: string | null): IpAddressValue | null =>
  text === null ? null : parseIpAddress(text);

const holds = (set: AddressSet | null, { family, value }: IpAddressValue): boolean =>
  set === null ||
  (family === 4 ? set.ipv4 : set.ipv6).some(({ from, to }) => from <= value && value <= to);

interface Place {
  readonly layer: LayerExplanation;
  readonly endpoint: string | null;
  readonly direction: 'in' | 'out' | null;
}

/** A rule for just this packet, asked before the one that answered. */
function additions(
  { layer, endpoint: name, direction }: Place,
  packet: SeenPacket,
  host: NormalisedHost,
  action: 'allow' | 'block',
): Edit[] {
  const { stage, by } = layer;
  const endpoint = host.endpoints.find((each) => each.name === name);
  // What no rule and no default decided, no rule will decide.
  if (endpoint === undefined || name === null || direction === null || by === null) return [];
  const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
  // Where a stage has no rules yet, the first one would turn on its implicit deny as well.
  if (policy.kind !== 'acl' || packet.protocol === null) return [];
  const priorities = rulesOf(policy, direction)
    .map((id) => host.rules[id]?.priority ?? null)
    .filter((priority) => priority !== null);
  const priority =
    by.rule === null
      ? Math.min(PRIORITY_MAX, priorities.reduce((a, b) => Math.max(a, b), PRIORITY_MIN) + 1)
      : Math.max(PRIORITY_MIN, priorities.reduce((a, b) => Math.min(a, b), PRIORITY_MAX) - 1);
  return [{ kind: 'add', endpoint: name, stage, direction, action, priority, packet }];
}

const rulesOf = (policy: SwitchStage | HostStage, direction: 'in' | 'out'): readonly RuleId[] => {
  if (policy.kind !== 'acl') return [];
  return policy[direction].flatMap((item) => (typeof item === 'number' ? [item] : item.rules));
};

/** The host as it would be with the change. */
export function applyEdit(host: NormalisedHost, edit: Edit): NormalisedHost {
  switch (edit.kind) {
    case 'widen': {
      const conditions = edit.add.reduce(widened, edit.rule.conditions);
      const rules = host.rules.map((rule) =>
        rule.id === edit.rule.id ? { ...rule, conditions } : rule,
      );
      return { ...host, rules };
    }
    case 'remove':
      return withLists(host, (ids) => ids.filter((id) => id !== edit.rule.id));
    case 'add':
      return withRule(host, edit);
  }
}

function widened(
  conditions: Conditions,
  { field, value }: { readonly field: ConditionField; readonly value: string },
): Conditions {
  switch (field) {
    case 'protocol': {
      const protocols = [...new Set([...(conditions.protocols ?? []), Number(value)])];
      return { ...conditions, protocols: protocols.sort((a, b) => a - b) };
    }
    case 'source-address':
      return { ...conditions, source: withAddress(conditions.source, value) };
    case 'destination-address':
      return { ...conditions, destination: withAddress(conditions.destination, value) };
    case 'source-port':
      return { ...conditions, sourcePorts: withPort(conditions.sourcePorts, Number(value)) };
    case 'destination-port':
      return {
        ...conditions,
        destinationPorts: withPort(conditions.destinationPorts, Number(value)),
      };
    default:
      return conditions;
  }
}

function withAddress(set: AddressSet | null, text: string): AddressSet | null {
  const address = parseIpAddress(text);
  if (set === null || address === null) return set;
  const list = address.family === 4 ? 'ipv4' : 'ipv6';
  return { ...set, [list]: merged([...set[list], { from: address.value, to: address.value }]) };
}

const withPort = (
  ranges: readonly PortRange[] | null,
  port: number,
): readonly PortRange[] | null =>
  ranges === null ? null : merged([...ranges, { from: port, to: port }]);

/** Sorted, with neighbours joined. */
function merged<T extends number | bigint>(
  ranges: readonly { readonly from: T; readonly to: T }[],
): { from: T; to: T }[] {
  const sorted = [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const out: { from: T; to: T }[] = [];
  for (const { from, to } of sorted) {
    const last = out.at(-1);
    if (last !== undefined && BigInt(from) <= BigInt(last.to) + 1n) {
      if (to > last.to) last.to = to;
    } else {
      out.push({ from, to });
    }
  }
  return out;
}

type ListChange = (
  ids: readonly RuleId[],
  place: { readonly endpoint: string; readonly stage: Stage; readonly direction: 'in' | 'out' },
  tier: string | null,
) => readonly RuleId[];

function withLists(host: NormalisedHost, change: ListChange): NormalisedHost {
  return { ...host, endpoints: host.endpoints.map((endpoint) => endpointWith(endpoint, change)) };
}

function endpointWith(endpoint: NormalisedEndpoint, change: ListChange): NormalisedEndpoint {
  const { name, switchStage, hostStage } = endpoint;
  const onSwitch = (direction: 'in' | 'out'): RuleList[] =>
    switchStage.kind !== 'acl'
      ? []
      : switchStage[direction].map(({ tier, rules }) => ({
          tier,
          rules: change(rules, { endpoint: name, stage: 'switch', direction }, tier),
        }));
  const onHost = (direction: 'in' | 'out'): readonly RuleId[] =>
    hostStage.kind !== 'acl'
      ? []
      : change(hostStage[direction], { endpoint: name, stage: 'host', direction }, null);
  return {
    ...endpoint,
    switchStage:
      switchStage.kind === 'acl'
        ? { ...switchStage, in: onSwitch('in'), out: onSwitch('out') }
        : switchStage,
    hostStage:
      hostStage.kind === 'acl' ? { ...hostStage, in: onHost('in'), out: onHost('out') } : hostStage,
  };
}

function withRule(host: NormalisedHost, edit: Extract<Edit, { kind: 'add' }>): NormalisedHost {
  const id = host.rules.length as RuleId;
  const rule: NormalisedRule = {
    id,
    name: 'new rule',
    stage: edit.stage,
    direction: edit.direction,
    action: edit.action,
    priority: edit.priority,
    conditions: conditionsOf(edit.packet),
    location: { file: '', line: 0, column: 0, path: '' },
  };
  const isFirst = (other: NormalisedRule): boolean =>
    other.priority !== null && other.priority > edit.priority;
  return withLists({ ...host, rules: [...host.rules, rule] }, (ids, place, tier) => {
    const { endpoint, stage, direction } = place;
    if (tier !== null || endpoint !== edit.endpoint) return ids;
    if (stage !== edit.stage || direction !== edit.direction) return ids;
    // On the host stage blocks stand before allows, whatever their order in the documents is.
    if (stage === 'host') return edit.action === 'block' ? [id, ...ids] : [...ids, id];
    const at = ids.findIndex((other) => isFirst(host.rules[other]!));
    return at < 0 ? [...ids, id] : [...ids.slice(0, at), id, ...ids.slice(at)];
  });
}

/** Just this packet, with any source port: a client takes another the next time. */
function conditionsOf(packet: SeenPacket): Conditions {
  const set = (text: string | null): AddressSet | null =>
    text === null ? null : withAddress({ ipv4: [], ipv6: [] }, text);
  const port = packet.destination_port;
  return {
    protocols: packet.protocol === null ? null : [packet.protocol],
    source: set(packet.source),
    destination: set(packet.destination),
    sourcePorts: null,
    destinationPorts: port === null ? null : [{ from: port, to: port }],
  };
}

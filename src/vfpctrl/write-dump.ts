/**
 * Layers of a compiled host in the form in which vfpctrl prints them, with what /list-layer and
 * /list-rule show apart in one text. Source: vfp.md 12.2 to 12.5.
 */
import type {
  ConditionsModel,
  EndpointModel,
  GroupModel,
  LayerModel,
  RangeModel,
  RuleModel,
} from '../program/program-model.js';
import { formatMac } from '../normalise/address.js';
import type { FurtherCondition, FurtherField } from '../normalise/normalised-host.js';
import { oneLine } from '../report/text-table.js';
import { addressRangeText } from './condition-text.js';
import { LAYER_BIT, RULE_BIT } from './vfp-layer.js';

/** The ports of a host, one after another; the host stage is no part of VFP. */
export function vfpctrlText(endpoints: readonly EndpointModel[]): string {
  return endpoints.map(portText).join('\n');
}

function portText({ name, switchLayers }: EndpointModel): string {
  return [
    `Policy for port :  ${oneLine(name)}`,
    '',
    ' ITEM LIST',
    '===========',
    '',
    ...switchLayers.flatMap(layerLines),
    'Command list-rule succeeded!',
    '',
  ].join('\n');
}

function layerLines({ name, priority, noMatch, groups }: LayerModel): string[] {
  // Directions with different defaults are the engine's, not VFP's: a rule says the difference.
  const defaultAllow = noMatch.in.action === 'allow' && noMatch.out.action === 'allow';
  return [
    `LAYER : ${oneLine(name)}`,
    `    Friendly name : ${oneLine(name)}`,
    ...(defaultAllow
      ? [`    Flags : 0x${LAYER_BIT.defaultAllow.toString(16)} Default Allow `]
      : []),
    `    Priority : ${priority}`,
    '',
    ...groups.flatMap(groupLines),
    ...(defaultAllow ? [] : openDirections(noMatch)),
  ];
}

/** What a direction with a default allow is in a layer that has none. */
function openDirections(noMatch: LayerModel['noMatch']): string[] {
  return (['in', 'out'] as const)
    .filter((direction) => noMatch[direction].action === 'allow')
    .flatMap((direction) =>
      ([4, 6] as const).flatMap((family) =>
        groupLines({
          name: `DEFAULT_ALLOW_IPV${family}_${direction.toUpperCase()}`,
          priority: 65_535,
          direction,
          family,
          rules: [{ ...noMatch[direction], priority: 65_535, conditions: {} }],
        }),
      ),
    );
}

function groupLines(group: GroupModel): string[] {
  const { name, priority, direction, family, rules } = group;
  return [
    `  GROUP : ${oneLine(name)}`,
    `      Friendly name : ${oneLine(name)}`,
    `      Priority : ${priority}`,
    `      Direction : ${direction.toUpperCase()}`,
    `      Type : IPv${family}`,
    '        Conditions:',
    '            <none>',
    '      Match type : Priority-based match',
    '',
    ...rules.flatMap((rule, nth) =>
      ruleLines(group.byPrefix ? { ...rule, priority: nth + 1 } : rule, family),
    ),
  ];
}

function ruleLines(rule: RuleModel, family: 4 | 6): string[] {
  const { action, priority, flowMs, terminating, stateful, conditions } = rule;
  const name = oneLine(rule.name ?? rule.reason);
  const bits =
    (terminating ? RULE_BIT.terminating : 0) |
    (stateful ? RULE_BIT.stateful : 0) |
    openingBits(conditions) |
    RULE_BIT.hns;
  const words = `${terminating ? ' terminating' : ''}${stateful ? ' stateful' : ''}`;
  const wanted = conditionLines(conditions, family);
  return [
    `    RULE : ${name}`,
    `        Friendly name : ${name}`,
    `        Priority : ${priority}`,
    `        Flags : ${bits}${words} `,
    `        Type : ${action}`,
    '        Conditions:',
    ...(wanted.length === 0 ? ['<none>'] : wanted).map((line) => `            ${line}`),
    `        Flow TTL: ${Math.round(flowMs / 1000)}`,
    '        FlagsEx : 0 ',
    '',
  ];
}

/** What a rule asks of SYN is a flag. Source: vfp.md 2.3. */
function openingBits({ further = [] }: ConditionsModel): number {
  return further
    .filter(({ field }) => field === 'tcp_opening')
    .flatMap(({ ranges }) => ranges)
    .reduce((bits, { from, to }) => {
      if (from !== to) return bits;
      return bits | (to === 1 ? RULE_BIT.onlySyn : RULE_BIT.onlyNonSyn);
    }, 0);
}

/** Names of other further fields, and how their numbers are written. */
const FURTHER_KEYS: Readonly<Record<Exclude<FurtherField, 'tcp_opening'>, string>> = {
  source_mac: 'Source MAC',
  destination_mac: 'Destination MAC',
  vlan: 'VLAN ID',
  tni: 'TNI',
  gre_key: 'GRE key',
};

function furtherLine({ field, ranges }: FurtherCondition): string[] {
  if (field === 'tcp_opening') return [];
  const isMac = field === 'source_mac' || field === 'destination_mac';
  const texts = ranges.map(({ from, to }) =>
    isMac ? macsOf(from, to) : from === to ? String(from) : `${from}-${to}`,
  );
  return [`${FURTHER_KEYS[field]} : ${texts.join(',')}`];
}

/** Ranges of MAC addresses are made by merging a list, so they are short. */
const macsOf = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => formatMac(BigInt(from + i))).join(',');

/** Source: vfp.md 12.5; a range even for one port. */
function conditionLines(conditions: ConditionsModel, family: 4 | 6): string[] {
  const addresses = (ranges: readonly RangeModel<bigint>[] = []): string =>
    ranges.map((range) => addressRangeText(range, family)).join(',');
  const ports = (ranges: readonly RangeModel<number>[] = []): string =>
    ranges.map(({ from, to }) => `${from}-${to}`).join(',');
  const protocols = (ranges: readonly RangeModel<number>[] = []): string =>
    ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',');
  const { source, destination, sourcePorts, destinationPorts } = conditions;
  return [
    ...(conditions.protocols ? [`Protocols : ${protocols(conditions.protocols)}`] : []),
    ...(source ? [`Source IP : ${addresses(source)}`] : []),
    ...(destination ? [`Destination IP : ${addresses(destination)}`] : []),
    ...(sourcePorts ? [`Source ports : ${ports(sourcePorts)}`] : []),
    ...(destinationPorts ? [`Destination ports : ${ports(destinationPorts)}`] : []),
    ...(conditions.further ?? []).flatMap(furtherLine),
  ];
}

/**
 * CNI configurations and lists of them: which network a plug-in makes, and which policies it gives
 * to every endpoint on it. Source: hns.md 4.1 (F7), 7.1.
 *
 * What other fields say is the business of the plug-ins and passed over.
 */
import { DRIVER_DEFAULT, type Driver } from '../platform/platform.js';
import { madeObject, type MadeObject } from '../source/made-node.js';
import { member, pathOf, quote, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type { WrittenNetwork } from './document.js';
import {
  asItems,
  asObject,
  missing,
  nameOf,
  numberOf,
  textOf,
  type ReadContext,
} from './read-fields.js';
import {
  emptyPolicyList,
  readPolicy,
  type PolicyCounts,
  type PolicyList,
} from './read-policies.js';

/** Drivers by plug-in. Source: hns.md 7.1; vpc-eni from its row on transparent networks. */
const DRIVER_OF: ReadonlyMap<string, Driver> = new Map([
  ['win-bridge', 'l2bridge'],
  ['sdnbridge', 'l2bridge'],
  ['l2bridge', 'l2bridge'],
  ['win-overlay', 'overlay'],
  ['sdnoverlay', 'overlay'],
  ['nat', 'nat'],
  ['l2tunnel', 'l2tunnel'],
  ['vpc-eni', 'transparent'],
]);

/** Drivers of plug-ins that have a `mode`. Absent of azure-vnet: assumption D2. */
const DRIVER_OF_MODE: ReadonlyMap<string, Readonly<Record<string, Driver>>> = new Map([
  ['azure-vnet', { bridge: 'l2bridge', tunnel: 'l2tunnel', '': 'l2tunnel' }],
  ['calico', { vxlan: 'overlay', 'windows-bgp': 'l2bridge' }],
]);

/** Plug-ins of a list that make no endpoint and so tell no driver. */
const CHAINED: ReadonlySet<string> = new Set(['portmap', 'bandwidth', 'tuning', 'firewall', 'sbr']);

/** Plug-ins of windows-container-networking; they write ACLs for published ports when asked to. */
const SDN_PLUGINS: ReadonlySet<string> = new Set([
  'sdnbridge',
  'sdnoverlay',
  'l2bridge',
  'l2tunnel',
  'nat',
]);

/** Source: hns.md 4.5, 7.1. */
const MAPPING_ACL_PRIORITY = 1000;

/** Whether an object is a configuration or a list of them. */
export function isCni(item: ObjectNode): boolean {
  const has = (name: string): boolean => member(item, name) !== null;
  if (has('cniVersion') || has('plugins')) return true;
  return has('type') && (has('delegate') || POLICY_FIELDS.some(has));
}

const POLICY_FIELDS = ['AdditionalArgs', 'additionalArgs', 'policies', 'Policies'] as const;

/** The network a configuration makes, with what its endpoints are given. */
export function readCni(
  context: ReadContext,
  item: ObjectNode,
  base: string,
  counts: PolicyCounts,
): WrittenNetwork {
  const plugins = pluginsOf(context, item);
  const endpointPolicies = emptyPolicyList();
  // The service never sees a type that only the plug-in knows, so it is no fault of the document.
  const kept: PolicyCounts = { ...counts, unknownTypes: 'keep' };
  for (const plugin of plugins) {
    readPluginPolicies(context, plugin, base, kept, endpointPolicies);
    addOwnRules(context, plugin, kept, endpointPolicies);
  }
  const [maker] = plugins.filter(
    (plugin) => !CHAINED.has(textOf(member(plugin, 'type') ?? undefined) ?? ''),
  );
  if (maker === undefined) missing(context, item, 'The configuration', 'type', 'a plug-in');
  else addPortMappings(context, maker, item, kept, endpointPolicies);
  const { driver, type } = driverOf(context, maker);
  return {
    document: context.document,
    node: item,
    id: null,
    name: nameOf(context, member(item, 'name') ?? undefined) ?? 'network',
    type,
    driver,
    policies: emptyPolicyList(),
    endpointPolicies,
  };
}

/** The plug-ins of a list, or the one; of a plug-in that delegates, the one it delegates to. */
function pluginsOf(context: ReadContext, item: ObjectNode): readonly ObjectNode[] {
  const list = member(item, 'plugins');
  const items = list === null ? [item] : asItems(list);
  return items.flatMap((plugin) => {
    const node = asObject(context, plugin);
    if (node === null) return [];
    const delegate = member(node, 'delegate');
    if (delegate === null) return [node];
    const delegated = asObject(context, delegate);
    return delegated === null ? [] : [delegated];
  });
}

/** `[{Name: "EndpointPolicy", Value: {…}}]` in either case. Source: hns.md 4.1. */
function readPluginPolicies(
  context: ReadContext,
  plugin: ObjectNode,
  base: string,
  counts: PolicyCounts,
  list: PolicyList,
): void {
  for (const field of POLICY_FIELDS) {
    for (const item of asItems(member(plugin, field) ?? undefined)) {
      const pair = asObject(context, item);
      if (pair === null) continue;
      const name = member(pair, 'Name') ?? member(pair, 'name');
      const value = member(pair, 'Value') ?? member(pair, 'value');
      if (textOf(name ?? undefined) !== 'EndpointPolicy') {
        reportName(context, pair, name);
        continue;
      }
      if (value === null) missing(context, pair, 'The policy', 'Value', 'a policy');
      else readPolicy(context, value, labelOf(context, value, base), list, counts);
    }
  }
}

function labelOf(context: ReadContext, node: SourceNode, base: string): string {
  return `${base} ${pathOf(context.document.root, node)}`;
}

/** Plug-ins pass over every other name. */
function reportName(context: ReadContext, pair: ObjectNode, name: SourceNode | null): void {
  if (name === null) {
    missing(context, pair, 'The item', 'Name', 'EndpointPolicy');
    return;
  }
  const found = quote(textOf(name) ?? '');
  const message = `The item is named ${found}; plug-ins pass over everything that is not named EndpointPolicy.`;
  const details = { found, expected: 'EndpointPolicy' };
  context.reporter.lax(
    'unknown-value',
    { document: context.document, node: name },
    message,
    details,
  );
}

/**
 * Ports the runtime asks for: a mapping each, and an Allow In each where `allowAclPortMapping` is
 * on. Source: hns.md 7.1.
 */
function addPortMappings(
  context: ReadContext,
  plugin: ObjectNode,
  top: ObjectNode,
  counts: PolicyCounts,
  list: PolicyList,
): void {
  const runtime = member(plugin, 'runtimeConfig') ?? member(top, 'runtimeConfig');
  if (runtime?.kind !== 'object') return;
  const flags = member(plugin, 'optionalFlags');
  const flag = (name: string): boolean =>
    flags?.kind === 'object' && member(flags, name)?.value === true;
  const writesAcls =
    flag('allowAclPortMapping') &&
    SDN_PLUGINS.has(textOf(member(plugin, 'type') ?? undefined) ?? '');
  for (const item of asItems(member(runtime, 'portMappings') ?? undefined)) {
    const node = asObject(context, item);
    if (node === null) continue;
    const value = (name: string): number | undefined =>
      numberOf(member(node, name) ?? undefined) ?? undefined;
    const protocol = textOf(member(node, 'protocol') ?? undefined)?.toLowerCase() ?? 'tcp';
    const ports = { InternalPort: value('containerPort'), ExternalPort: value('hostPort') };
    const add = (policy: MadeObject): void =>
      readPolicy(context, madeObject(policy, item), 'port mapping', list, counts);
    add({ Type: 'PortMapping', Settings: { Protocol: protocol, ...ports } });
    if (flag('enableDualStack')) {
      add({ Type: 'PortMapping', Settings: { Protocol: protocol, ...ports, Flags: 2 } });
    }
    if (!writesAcls) continue;
    add({
      Type: 'ACL',
      Settings: {
        Id: `port-mapping-${protocol}-${ports.InternalPort ?? 0}`,
        Action: 'Allow',
        Direction: 'In',
        Protocols: protocol === 'udp' ? '17' : '6',
        LocalPorts: String(ports.InternalPort ?? 0),
        Priority: MAPPING_ACL_PRIORITY,
      },
    });
  }
}

/** ACLs that a plug-in writes without being told to. Source: hns.md 7.1. */
function addOwnRules(
  context: ReadContext,
  plugin: ObjectNode,
  counts: PolicyCounts,
  list: PolicyList,
): void {
  const type = textOf(member(plugin, 'type') ?? undefined);
  const rules = type === 'calico' ? CALICO_RULES : blocksMetadata(plugin) ? VPC_ENI_RULES : [];
  for (const rule of rules) readPolicy(context, madeObject(rule, plugin), '', list, counts);
  if (rules.length === 0) return;
  const names = rules.map(({ Id }) => Id).join(', ');
  const message = `The plug-in ${quote(type ?? '')} writes ACLs of its own, which are taken: ${names}.`;
  context.reporter.info('front-end-rule', { document: context.document, node: plugin }, message);
}

type OwnRule = MadeObject & { readonly Id: string };

/** Until Felix replaces it. Source: hns.md 7.1. */
const CALICO_RULES: readonly OwnRule[] = [
  {
    Type: 'ACL',
    Id: 'CNIDefaultDenyAllPolicy',
    Action: 'Block',
    Direction: 'In',
    Protocols: '256',
    RuleType: 'Switch',
    Priority: 65500,
  },
];

function blocksMetadata(plugin: ObjectNode): boolean {
  const isEni = textOf(member(plugin, 'type') ?? undefined) === 'vpc-eni';
  return isEni && member(plugin, 'blockInstanceMetadata')?.value === true;
}

/** Without RuleType, IPv4 only. Source: hns.md 7.1 (AWS VPC CNI). */
const VPC_ENI_RULES: readonly OwnRule[] = [
  {
    Type: 'ACL',
    Id: 'vpc-eni-block-metadata',
    Action: 'Block',
    Direction: 'Out',
    RemoteAddresses: '169.254.169.254',
    Priority: 200,
  },
  { Type: 'ACL', Id: 'vpc-eni-allow-in', Action: 'Allow', Direction: 'In', Priority: 300 },
  { Type: 'ACL', Id: 'vpc-eni-allow-out', Action: 'Allow', Direction: 'Out', Priority: 300 },
];

function driverOf(
  context: ReadContext,
  maker: ObjectNode | undefined,
): Pick<WrittenNetwork, 'driver' | 'type'> {
  // Of a list without such a plug-in the fault has been reported.
  if (maker === undefined) return { driver: DRIVER_DEFAULT, type: null };
  const type = member(maker, 'type');
  if (type !== null) return { driver: pluginDriver(maker) ?? 'by-caller', type };
  missing(context, maker, 'The configuration', 'type', 'the name of a plug-in');
  return { driver: DRIVER_DEFAULT, type: null };
}

/** The driver a plug-in makes networks of; null when it does not tell. */
export function pluginDriver(plugin: ObjectNode): Driver | null {
  const type = textOf(member(plugin, 'type') ?? undefined) ?? '';
  const modes = DRIVER_OF_MODE.get(type);
  if (modes === undefined) return DRIVER_OF.get(type) ?? null;
  const mode = textOf(member(plugin, 'mode') ?? undefined) ?? '';
  return (Object.hasOwn(modes, mode) ? modes[mode] : undefined) ?? null;
}

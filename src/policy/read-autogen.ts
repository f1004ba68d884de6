/**
 * Intents of the autogen tool of windows-container-networking, compiled as the tool does: what the
 * author wants, between the rules of the system that he cannot and that he can override.
 * Source: hns.md 4.1 (F12), 7.1; the tool at the commit that hns.md 13 names.
 */
import { madeObject, type MadeObject } from '../source/made-node.js';
import { member, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type { WrittenNetwork, WrittenRule } from './document.js';
import { pluginDriver } from './read-cni.js';
import { asItems, missing, nameOf, numberOf, textOf, type ReadContext } from './read-fields.js';
import { emptyPolicyList, readPolicy, type PolicyCounts } from './read-policies.js';

/** What the tool lets authors use. */
const USER_PRIORITY_MIN = 3000;
const USER_PRIORITY_MAX = 8000;

/** Of the tool, whatever DnsServers says. */
const WIRE_SERVER = '168.63.129.16/32';
const METADATA_SERVER = '169.254.169.254/32';

const REQUIRED = ['Name', 'Type', 'Subnet', 'Gateway', 'ManagementIp', 'InfraPrefix', 'DnsServers'];

export function isAutogenIntent(item: ObjectNode): boolean {
  if (member(item, 'Type') === null) return false;
  return member(item, 'InfraPrefix') !== null || member(item, 'AdditionalPolicies') !== null;
}

/** The network of an intent, with the policies that the tool writes for its endpoints. */
export function readAutogenIntent(
  context: ReadContext,
  item: ObjectNode,
  base: string,
  counts: PolicyCounts,
): WrittenNetwork {
  for (const name of REQUIRED) {
    const node = member(item, name);
    if (node === null || node.value === '') missing(context, item, 'The intent', name, 'a value');
  }
  const endpointPolicies = emptyPolicyList();
  asItems(member(item, 'AdditionalPolicies') ?? undefined).forEach((policy, i) =>
    readPolicy(context, policy, `${base} AdditionalPolicies[${i}]`, endpointPolicies, counts),
  );
  endpointPolicies.rules.forEach((rule) => refuseSystemPriority(context, rule));
  // The tool asks only whether the field is there.
  if (member(item, 'SkipDefaultPolicies') === null) {
    for (const { rule, at } of systemRules(item)) {
      readPolicy(context, madeObject(rule, at), '', endpointPolicies, counts);
    }
  }
  // Within one priority the tool keeps the author's order.
  endpointPolicies.rules.sort((a, b) => priorityOf(a.priority) - priorityOf(b.priority));
  const type = member(item, 'Type');
  return {
    document: context.document,
    node: item,
    id: null,
    name: nameOf(context, member(item, 'Name') ?? undefined) ?? 'network',
    type: type ?? item,
    driver: pluginDriver(madeObject({ type: textOf(type ?? undefined) ?? '' }, item)) ?? 'by-type',
    policies: emptyPolicyList(),
    endpointPolicies,
  };
}

function refuseSystemPriority(context: ReadContext, rule: WrittenRule): void {
  const priority = numberOf(rule.priority ?? undefined) ?? 0;
  if (priority >= USER_PRIORITY_MIN && priority <= USER_PRIORITY_MAX) return;
  const expected = `${USER_PRIORITY_MIN} to ${USER_PRIORITY_MAX}`;
  const message = `The rule of the intent has priority ${priority}; the tool refuses what is not ${expected}.`;
  const place = { document: context.document, node: rule.priority ?? rule.node };
  const details = { found: String(priority), expected, rule: rule.name };
  context.reporter.error('bad-priority', place, message, details);
}

/** A rule of the tool and what it is made from. */
interface SystemRule {
  readonly rule: MadeObject;
  readonly at: SourceNode;
}

/** Source: hns.md 7.1. The numbers around the author's are the system's. */
function systemRules(item: ObjectNode): readonly SystemRule[] {
  const out = (
    priority: number,
    action: string,
    fields: MadeObject,
    at: SourceNode,
  ): SystemRule => ({
    rule: {
      Type: 'ACL',
      Settings: {
        Id: `autogen-${priority}`,
        Direction: 'Out',
        Action: action,
        Priority: priority,
        ...fields,
      },
    },
    at,
  });
  /** An empty field would mean any; what is missing has been reported. */
  const blockOf = (priority: number, name: string): SystemRule[] => {
    const node = member(item, name);
    const prefix = textOf(node ?? undefined);
    if (node === null || prefix === null) return [];
    return [out(priority, 'Block', { RemoteAddresses: prefix }, node)];
  };
  const dns = { RemoteAddresses: WIRE_SERVER, RemotePorts: '53' };
  return [
    out(2051, 'Allow', { ...dns, Protocols: '6' }, item),
    out(2052, 'Allow', { ...dns, Protocols: '17' }, item),
    out(2053, 'Block', { RemoteAddresses: WIRE_SERVER }, item),
    out(2054, 'Block', { RemoteAddresses: METADATA_SERVER }, item),
    ...blockOf(9001, 'InfraPrefix'),
    ...blockOf(9002, 'Subnet'),
    out(9003, 'Allow', {}, item),
  ];
}

function priorityOf(node: SourceNode | null): number {
  return numberOf(node ?? undefined) ?? 0;
}

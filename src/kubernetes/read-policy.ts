/**
 * NetworkPolicies of networking.k8s.io/v1, checked as the API server checks them, since what it
 * refuses has no meaning. Source: hns.md 8.1, 9; k8s.io/kubernetes pkg/apis/networking/validation.
 */
import { describe, quote, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type {
  NetworkPolicyObject,
  ObjectBase,
  Operator,
  Peer,
  PolicyPort,
  PolicyRule,
  PortProtocol,
  Requirement,
  Selector,
} from './objects.js';
import {
  anyMember,
  isLabelKey,
  isLabelValue,
  labelsOf,
  memberOf,
  objectsOf,
  prefixOf,
  refuse,
  reportUnknownFields,
  wholeNumberOf,
  wordOf,
  type ObjectContext,
} from './read-values.js';

const PORT_MAX = 65535;
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const satisfies readonly Operator[];
const PROTOCOLS = { TCP: 6, UDP: 17, SCTP: 132 } as const satisfies Record<string, PortProtocol>;
/** Source: apimachinery, IsValidPortName. */
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Null when the policy has no meaning; that has then been reported. */
export function readNetworkPolicy(
  context: ObjectContext,
  base: ObjectBase,
): NetworkPolicyObject | null {
  const spec = memberOf(context, base.node, 'spec', 'object');
  if (spec === null) {
    refuse(context, base.node, 'has no spec', 'a spec with podSelector');
    return null;
  }
  reportUnknownFields(context, spec, ['podSelector', 'policyTypes', 'ingress', 'egress']);
  if (anyMember(spec, 'podSelector') === null) {
    const message = `The ${context.subject} has no podSelector and so selects every pod of its namespace; write podSelector: {} if that is meant.`;
    context.reporter.lax(context.code, { document: context.document, node: spec }, message);
  }
  const podSelector = readSelector(context, anyMember(spec, 'podSelector'), spec);
  const ingress = readRules(context, spec, 'ingress', 'from');
  const egress = readRules(context, spec, 'egress', 'to');
  return {
    kind: 'NetworkPolicy',
    ...base,
    podSelector,
    isolates: readTypes(context, spec),
    ingress,
    egress,
  };
}

/** Absent means Ingress, and Egress when there are egress rules. Source: hns.md 8.1. */
function readTypes(context: ObjectContext, spec: ObjectNode): { in: boolean; out: boolean } {
  const list = memberOf(context, spec, 'policyTypes', 'array');
  const hasRules = (key: string): boolean => {
    const rules = anyMember(spec, key);
    return rules?.kind === 'array' && rules.value.length > 0;
  };
  if (list === null || list.value.length === 0) return { in: true, out: hasRules('egress') };
  const types = list.value.map((item) => wordOf(context, item, ['Ingress', 'Egress'] as const));
  const isolates = { in: types.includes('Ingress'), out: types.includes('Egress') };
  for (const [key, type, isOn] of [
    ['ingress', 'Ingress', isolates.in],
    ['egress', 'Egress', isolates.out],
  ] as const) {
    if (isOn || !hasRules(key)) continue;
    const message = `The ${context.subject} has ${key} rules, and its policyTypes leave out ${type}: Kubernetes ignores the rules.`;
    const place = { document: context.document, node: anyMember(spec, key)! };
    context.reporter.warning('policy-type-missing', place, message);
  }
  return isolates;
}

/** A label selector; one that is absent is read as empty. */
export function readSelector(
  context: ObjectContext,
  node: SourceNode | null,
  owner: SourceNode,
): Selector {
  if (node === null) return { matchLabels: [], expressions: [], node: owner };
  if (node.kind !== 'object') {
    refuse(context, node, `has ${describe(node)} as ${node.key}`, 'a label selector');
    return { matchLabels: [], expressions: [], node };
  }
  reportUnknownFields(context, node, ['matchLabels', 'matchExpressions']);
  return {
    matchLabels: [...labelsOf(context, node, 'matchLabels')],
    expressions: objectsOf(context, node, 'matchExpressions').flatMap((item) =>
      readRequirement(context, item),
    ),
    node,
  };
}

function readRequirement(context: ObjectContext, item: ObjectNode): Requirement[] {
  reportUnknownFields(context, item, ['key', 'operator', 'values']);
  const key = memberOf(context, item, 'key', 'string');
  const operator = wordOf(context, anyMember(item, 'operator') ?? item, OPERATORS);
  const list = memberOf(context, item, 'values', 'array');
  const values = list?.value ?? [];
  if (key === null || !isLabelKey(key.value)) {
    refuse(context, key ?? item, 'has a selector without a proper key', 'the name of a label');
    return [];
  }
  if (operator === null) return [];
  const wrong = values.find((value) => value.kind !== 'string' || !isLabelValue(value.value));
  if (wrong !== undefined) {
    refuse(
      context,
      wrong,
      `has ${describe(wrong)} among the values of ${operator}`,
      'the value of a label, a text',
    );
    return [];
  }
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues !== values.length > 0) {
    const found = values.length > 0 ? 'has values' : 'has no values';
    refuse(
      context,
      list ?? item,
      `has a selector ${operator} that ${found}`,
      needsValues ? 'at least one value' : 'no value',
    );
    return [];
  }
  return [
    { key: key.value, operator, values: values.map(({ value }) => value as string), node: item },
  ];
}

function readRules(
  context: ObjectContext,
  spec: ObjectNode,
  key: 'ingress' | 'egress',
  peerKey: 'from' | 'to',
): PolicyRule[] {
  return objectsOf(context, spec, key).map((node, index) => {
    reportUnknownFields(context, node, ['ports', peerKey]);
    const peers = objectsOf(context, node, peerKey);
    const ports = objectsOf(context, node, 'ports');
    return {
      index,
      node,
      peers: peers.length === 0 ? null : peers.flatMap((peer) => readPeer(context, peer)),
      ports: ports.length === 0 ? null : ports.flatMap((port) => readPort(context, port)),
    };
  });
}

function readPeer(context: ObjectContext, node: ObjectNode): Peer[] {
  reportUnknownFields(context, node, ['ipBlock', 'podSelector', 'namespaceSelector']);
  const block = memberOf(context, node, 'ipBlock', 'object');
  const pods = anyMember(node, 'podSelector');
  const namespaces = anyMember(node, 'namespaceSelector');
  if (block === null && pods === null && namespaces === null) {
    refuse(context, node, 'has an empty peer', 'a podSelector, a namespaceSelector or an ipBlock');
    return [];
  }
  if (block !== null) {
    if (pods !== null || namespaces !== null) {
      refuse(context, node, 'has a peer with an ipBlock and a selector', 'one or the other');
    }
    return readIpBlock(context, block, node);
  }
  const podSelector = pods === null ? null : readSelector(context, pods, node);
  const namespaceSelector = namespaces === null ? null : readSelector(context, namespaces, node);
  return [{ kind: 'pods', podSelector, namespaceSelector, node }];
}

function readIpBlock(context: ObjectContext, block: ObjectNode, node: SourceNode): Peer[] {
  reportUnknownFields(context, block, ['cidr', 'except']);
  const text = memberOf(context, block, 'cidr', 'string');
  if (text === null) {
    refuse(context, block, 'has an ipBlock without cidr', 'a prefix');
    return [];
  }
  const cidr = prefixOf(context, text);
  if (cidr === null) return [];
  const except = (memberOf(context, block, 'except', 'array')?.value ?? []).flatMap((item) => {
    const prefix = prefixOf(context, item);
    if (prefix === null) return [];
    const { range, family } = prefix;
    const isWithin =
      family === cidr.family &&
      cidr.range.from <= range.from &&
      range.to <= cidr.range.to &&
      (cidr.range.from < range.from || range.to < cidr.range.to);
    if (isWithin) return [prefix];
    refuse(
      context,
      item,
      `has ${quote(prefix.text)} as except`,
      `a smaller prefix inside of ${cidr.text}`,
    );
    return [];
  });
  return [{ kind: 'ip-block', cidr, except, node }];
}

function readPort(context: ObjectContext, node: ObjectNode): PolicyPort[] {
  reportUnknownFields(context, node, ['protocol', 'port', 'endPort']);
  const word = wordOf(context, anyMember(node, 'protocol'), ['TCP', 'UDP', 'SCTP'] as const);
  if (word === null && anyMember(node, 'protocol') !== null) return [];
  const protocol = PROTOCOLS[word ?? 'TCP'];
  const port = anyMember(node, 'port');
  const end = anyMember(node, 'endPort');
  if (port === null || port.kind === 'string') {
    if (end !== null)
      refuse(context, end, 'has an endPort without a number as port', 'a number as port');
    if (port !== null && !PORT_NAME.test(port.value)) {
      const hint = /^\d+$/.test(port.value) ? ' (a number without quotes)' : '';
      refuse(
        context,
        port,
        `has the port ${quote(port.value)}`,
        `a number from 1 to ${PORT_MAX}, or a name of up to 15 lower-case letters, digits and -${hint}`,
      );
      return [];
    }
    return [{ protocol, port: port?.value ?? null, endPort: null, node }];
  }
  const first = wholeNumberOf(context, port, 1, PORT_MAX);
  if (first === null) return [];
  const last = end === null ? first : wholeNumberOf(context, end, first, PORT_MAX);
  return last === null ? [] : [{ protocol, port: first, endPort: last, node }];
}

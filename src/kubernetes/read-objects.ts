/**
 * Which Kubernetes object a value is, told by `apiVersion` and `kind`, and everything it holds.
 * Kinds that decide no verdict are counted; policies of other groups are refused, since passing
 * them over would let through what they deny. Source: hns.md 4.1 (F8), 9.
 */
import type { ErrorCode } from '../errors.js';
import { boundedName } from '../policy/read-fields.js';
import { diagnosticOf, type Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  quote,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import type { KubernetesObject, ObjectBase } from './objects.js';
import { readNode, readPod } from './read-inventory.js';
import { readNetworkPolicy } from './read-policy.js';
import { readEndpointSlice, readService } from './read-service.js';
import { anyMember, labelsOf, memberOf, refuse, type ObjectContext } from './read-values.js';

export const NAMESPACE_DEFAULT = 'default';

type Kind = KubernetesObject['kind'];

/** The kinds that are read, with the group and version they belong to. */
const API_VERSIONS: Readonly<Record<Kind, string>> = {
  Pod: 'v1',
  Namespace: 'v1',
  Node: 'v1',
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};
const KINDS = Object.keys(API_VERSIONS) as Kind[];
const SLIP_LENGTH_MIN = 6;
const WITHOUT_NAMESPACE: readonly string[] = ['Namespace', 'Node'];
/** What makes pods; the pods themselves are wanted. */
const WORKLOADS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

/** Whether a value is an object, or a list of objects, of the Kubernetes API. */
export function isKubernetes(node: SourceNode): node is ObjectNode {
  if (node.kind !== 'object') return false;
  return anyMember(node, 'apiVersion') !== null && anyMember(node, 'kind') !== null;
}

/** Objects of kinds that are not read, by kind. */
export type PassedOver = Map<string, { count: number; readonly first: ObjectNode }>;

/** The objects of a value; requires {@link isKubernetes}. */
export function readKubernetes(
  document: SourceDocument,
  node: ObjectNode,
  reporter: Reporter,
): KubernetesObject[] {
  const passedOver: PassedOver = new Map();
  const objects = readItem({ document, reporter, passedOver }, node, null);
  refuseAmbiguous(document, reporter);
  reportPassedOver(document, passedOver, reporter);
  return objects;
}

interface Reading {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
  readonly passedOver: PassedOver;
}

/** Items of a typed list such as `PodList` do not repeat its version and kind. */
interface Inherited {
  readonly apiVersion: string;
  readonly kind: string;
}

function readItem(
  reading: Reading,
  node: SourceNode,
  inherited: Inherited | null,
): KubernetesObject[] {
  if (node.kind !== 'object') {
    refuse(
      contextOf(reading, 'bad-kubernetes-object', 'list'),
      node,
      'has an item that is no object',
      'an object',
    );
    return [];
  }
  const apiVersion = textOf(node, 'apiVersion') ?? inherited?.apiVersion ?? '';
  const kind = textOf(node, 'kind') ?? inherited?.kind ?? '';
  const items = anyMember(node, 'items');
  if (kind.endsWith('List') && items?.kind === 'array') {
    const itemKind = kind.slice(0, -'List'.length);
    return items.value.flatMap((item) =>
      readItem(reading, item, itemKind === '' ? null : { apiVersion, kind: itemKind }),
    );
  }
  const known = KINDS.find((each) => each === kind && API_VERSIONS[each] === apiVersion);
  if (known === undefined) {
    passOver(reading, node, apiVersion, kind);
    return [];
  }
  return readKind(reading, node, known);
}

function textOf(node: ObjectNode, key: string): string | null {
  const value = anyMember(node, key)?.value;
  return typeof value === 'string' && value !== '' ? value : null;
}

function contextOf(
  { document, reporter }: Reading,
  code: ObjectContext['code'] & ErrorCode,
  subject: string,
): ObjectContext {
  return { document, reporter, code, subject };
}

function readKind(reading: Reading, node: ObjectNode, kind: Kind): KubernetesObject[] {
  const code = kind === 'NetworkPolicy' ? 'bad-network-policy' : 'bad-kubernetes-object';
  const unnamed = contextOf(reading, code, kind);
  const metadata = memberOf(unnamed, node, 'metadata', 'object');
  const given = memberOf(unnamed, metadata, 'name', 'string');
  if (given === null || given.value === '') {
    refuse(unnamed, metadata ?? node, 'has no metadata.name', 'a name');
    return [];
  }
  const place = { document: reading.document, node: given };
  const name = boundedName(reading.reporter, place, 'metadata.name', given.value);
  const namespace = WITHOUT_NAMESPACE.includes(kind)
    ? ''
    : (textOf(metadata ?? node, 'namespace') ?? NAMESPACE_DEFAULT);
  const subject = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  const context = contextOf(reading, code, subject);
  const labels = labelsOf(context, metadata, 'labels');
  const object = readBody(context, kind, {
    document: reading.document,
    node,
    name,
    namespace,
    labels,
  });
  return object === null ? [] : [object];
}

function readBody(context: ObjectContext, kind: Kind, base: ObjectBase): KubernetesObject | null {
  switch (kind) {
    case 'NetworkPolicy':
      return readNetworkPolicy(context, base);
    case 'Pod':
      return readPod(context, base);
    case 'Node':
      return readNode(context, base);
    case 'Service':
      return readService(context, base);
    case 'EndpointSlice':
      return readEndpointSlice(context, base);
    case 'Namespace':
      return { kind: 'Namespace', ...base };
  }
}

/** A kind that is not read: refused when it is a policy or looks like a slip, counted otherwise. */
function passOver(reading: Reading, node: ObjectNode, apiVersion: string, kind: string): void {
  const { document, reporter, passedOver } = reading;
  const isPolicy = /networkpolicy$/i.test(kind);
  const meant = KINDS.find((each) => each.toLowerCase() === kind.toLowerCase());
  // Short kinds (Role, Job) are near to Node and Pod by chance.
  const hint = meant === undefined && kind.length >= SLIP_LENGTH_MIN ? didYouMean(kind, KINDS) : '';
  if (!isPolicy && hint === '' && (meant === undefined || meant === kind)) {
    const counted = passedOver.get(kind) ?? { count: 0, first: node };
    counted.count++;
    passedOver.set(kind, counted);
    return;
  }
  const wanted = meant ?? 'NetworkPolicy';
  const expected = `${wanted} of ${API_VERSIONS[wanted]}`;
  const message = `The object is of kind ${quote(kind)} of ${quote(apiVersion)}, which is not read; what it denies would be missing. ${expected} is.${hint}`;
  const code = isPolicy ? 'bad-network-policy' : 'bad-kubernetes-object';
  const at = anyMember(node, meant === kind || isPolicy ? 'apiVersion' : 'kind') ?? node;
  reporter.error(code, { document, node: at }, message, {
    found: `${kind} of ${apiVersion}`,
    expected,
  });
}

function reportPassedOver(
  document: SourceDocument,
  passedOver: PassedOver,
  reporter: Reporter,
): void {
  for (const [kind, { count, first }] of passedOver) {
    const objects = count === 1 ? 'One object' : `${count} objects`;
    const message = WORKLOADS.includes(kind)
      ? `${objects} of kind ${quote(kind)} ${count === 1 ? 'is' : 'are'} passed over: policies select pods, and the Pods themselves are wanted (kubectl get pods -A -o yaml).`
      : `${objects} of kind ${quote(kind)} decide${count === 1 ? 's' : ''} no verdict and ${count === 1 ? 'is' : 'are'} passed over.`;
    const place = { document, node: first };
    if (WORKLOADS.includes(kind)) reporter.warning('policy-not-evaluated', place, message);
    else reporter.info('policy-not-evaluated', place, message);
  }
}

/** Kubernetes reads YAML 1.1, where `no` is false and 010 is eight: such words must not surprise. */
function refuseAmbiguous(document: SourceDocument, reporter: Reporter): void {
  for (const { offset, text, isWord } of document.ambiguous ?? []) {
    const meaning = isWord
      ? 'a boolean to Kubernetes, which reads YAML 1.1,'
      : 'another number in YAML 1.1, which Kubernetes reads,';
    const message = `The unquoted ${text} is ${meaning} and not what it looks like; write ${isWord ? `"${text}", true or false` : `"${text}" or the plain number`}.`;
    // Enough of a node to be located: its offset leads to the path.
    const node: SourceNode = { kind: 'string', value: text, offset, key: '', keyOffset: offset };
    const found = diagnosticOf('error', 'not-yaml', { document, node }, message, { found: text });
    reporter.add([found]);
  }
}

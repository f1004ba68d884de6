/**
 * What a value of a document is, told by its members and never by the name of its file.
 * Source: hns.md 4.1 (F1 to F12).
 */
import { portAclKind } from '../hyperv/port-acl.js';
import { isKubernetes } from '../kubernetes/read-objects.js';
import { DRIVERS } from '../platform/platform.js';
import { member, type ObjectNode, type SourceNode } from '../source/source-node.js';
import { isAutogenIntent } from './read-autogen.js';
import { isBalancer, isPolicyList } from './read-balancer.js';
import { isCni } from './read-cni.js';
import { isCompose } from './read-compose.js';
import { isStaticRules } from './read-static-rules.js';

/** `foreign`: of another tool, and not read here. `unknown`: nothing marks it. */
export type DocumentKind =
  | 'policy'
  | 'policies'
  | 'request'
  | 'envelope'
  | 'endpoint-v1'
  | 'endpoint-v2'
  | 'network'
  | 'balancer'
  | 'policy-list'
  | 'cni'
  | 'autogen'
  | 'static-rules'
  | 'kubernetes'
  | 'compose'
  | 'port-acl'
  | 'foreign'
  | 'unknown';

export function documentKind(item: ObjectNode): DocumentKind {
  // Most items of long lists are this, and no other kind of document is.
  if (member(item, 'Type')?.value === 'ACL') return 'policy';
  if (isKubernetes(item)) return 'kubernetes';
  const has = (name: string): boolean => member(item, name) !== null;
  if (has('Success') && (has('Output') || has('Error'))) return 'envelope';
  if (isCni(item)) return 'cni';
  if (isStaticRules(item)) return 'static-rules';
  if (isAutogenIntent(item)) return 'autogen';
  if (isCompose(item)) return 'compose';
  if (portAclKind(item) !== null) return 'port-acl';
  if (has('RequestType') || has('ResourceType')) return 'request';
  if (isBalancer(item)) return 'balancer';
  if (isPolicyList(item)) return 'policy-list';
  if (has('HostComputeNetwork') || has('IpConfigurations')) return 'endpoint-v2';
  if (has('VirtualNetwork') || has('VirtualNetworkName') || has('IPAddress')) return 'endpoint-v1';
  if (isNetwork(item)) return 'network';
  if (has('Type')) return 'policy';
  if (has('Policies')) return 'policies';
  return foreignKind(item) === null ? 'unknown' : 'foreign';
}

/** A network has address management, or a driver as its type and a name. Source: hns.md F6. */
function isNetwork(item: ObjectNode): boolean {
  if (member(item, 'Ipams') !== null || member(item, 'Subnets') !== null) return true;
  const type = member(item, 'Type');
  if (type?.kind !== 'string' || member(item, 'Name') === null) return false;
  if (member(item, 'InternalPort') !== null || member(item, 'Settings') !== null) return false;
  const driver = type.value.toLowerCase();
  return DRIVERS.some((known) => known.replace('-', '') === driver);
}

/** What a document of another tool is; null when nothing marks it. */
export function foreignKind(item: ObjectNode): string | null {
  const has = (name: string): boolean => member(item, name) !== null;
  if (has('endpoints') || has('networks')) return 'a host description (give it with --host)';
  return null;
}

/** Fields that only policies have: with one of them it is a policy without `Type`. */
const POLICY_MARKS = new Set(['action', 'direction', 'ruletype', 'settings']);

/**
 * Why a document of a folder is passed over; null when something in it is read as policies, be it
 * refused then. A file that is named is never passed over.
 */
export function whyNoPolicy(root: SourceNode): string | null {
  const items = root.kind === 'array' ? root.value : [root];
  if (root.kind === 'array' && items.length === 0) return null;
  let why: string | null = null;
  for (const item of items) {
    if (item.kind !== 'object') {
      // Dumps that were cut are reported as such.
      if (item.kind === 'string' && /^@\{|^System\.Object/.test(item.value)) return null;
      why ??= 'it holds no object';
      continue;
    }
    const kind = documentKind(item);
    if (kind === 'foreign') why ??= `it is ${foreignKind(item)!}`;
    else if (kind !== 'unknown') return null;
    else if (item.value.some(({ key }) => POLICY_MARKS.has(key.toLowerCase()))) return null;
    else why ??= 'nothing in it marks a policy, an endpoint or a network';
  }
  return why;
}

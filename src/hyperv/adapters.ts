/**
 * The adapters that port ACLs stand on, as endpoints: a virtual machine is a container of Hyper-V
 * isolation, an adapter of the management operating system is of the host. Source: docs/semantics/hyperv.md.
 */
import { NO_POLICIES } from '../policy/read-policies.js';
import type {
  WrittenAddress,
  WrittenEndpoint,
  WrittenNetwork,
  WrittenPolicies,
} from '../policy/document.js';
import { asItems, nameOf, textOf, type ReadContext } from '../policy/read-fields.js';
import { madeObject } from '../source/made-node.js';
import { describe, member, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type { PortAcl } from './port-acl.js';
import { portAclLayers } from './port-acl-layers.js';

export interface AdapterDocument {
  readonly endpoints: readonly WrittenEndpoint[];
  readonly networks: readonly WrittenNetwork[];
  /** Of ACLs that say no adapter. */
  readonly loose: WrittenPolicies['layers'];
}

interface Adapter {
  readonly node: ObjectNode | null;
  readonly acls: PortAcl[];
}

/** The adapters of a document, in the order of their first ACLs. */
export function adaptersOf(context: ReadContext, acls: readonly PortAcl[]): AdapterDocument {
  const adapters = new Map<string, Adapter>();
  for (const acl of acls) {
    const parent = member(acl.node, 'ParentAdapter');
    const node = parent?.kind === 'object' ? parent : null;
    const key = keyOf(parent);
    const adapter = adapters.get(key) ?? { node, acls: [] };
    adapter.acls.push(acl);
    adapters.set(key, adapter);
  }
  const endpoints: WrittenEndpoint[] = [];
  const networks = new Map<string, WrittenNetwork>();
  const loose: WrittenPolicies['layers'][number][] = [];
  for (const [key, { node, acls: own }] of adapters) {
    const layers = portAclLayers(context.document, own);
    if (node === null) {
      if (adapters.size > 1) refuseUntold(context, own[0]!);
      else loose.push(...layers);
      continue;
    }
    const network = nameOf(context, member(node, 'SwitchName') ?? undefined) ?? DEFAULT_SWITCH;
    if (!networks.has(network)) networks.set(network, switchOf(context, node, network));
    endpoints.push(endpointOf(context, key, node, network, layers));
  }
  return { endpoints, networks: [...networks.values()], loose };
}

/** Which of several adapters an ACL is on must be told. */
function refuseUntold({ document, reporter }: ReadContext, { node, name }: PortAcl): void {
  const at = member(node, 'ParentAdapter') ?? node;
  const message =
    'The document has ACLs of several adapters, and this one does not tell its own; print it with a greater -Depth of ConvertTo-Json.';
  const details = { found: describe(at), expected: 'an object', rule: name };
  reporter.error('truncated-dump', { document, node: at }, message, details);
}

const DEFAULT_SWITCH = 'virtual switch';

/** Tells adapters apart; empty where nothing does. */
function keyOf(parent: SourceNode | null): string {
  if (parent?.kind === 'string') return parent.value;
  if (parent?.kind !== 'object') return '';
  const text = (name: string): string => textOf(member(parent, name) ?? undefined) ?? '';
  return text('Id') === '' ? `${text('VMName')}/${text('Name')}` : text('Id');
}

function endpointOf(
  context: ReadContext,
  adapterId: string,
  node: ObjectNode,
  networkName: string,
  layers: WrittenPolicies['layers'],
): WrittenEndpoint {
  const isHost = member(node, 'IsManagementOs')?.value === true;
  const name = nameOf(context, member(node, isHost ? 'Name' : 'VMName') ?? undefined);
  return {
    document: context.document,
    node,
    adapterId,
    name: name ?? nameOf(context, member(node, 'Name') ?? undefined) ?? 'adapter',
    ...{ networkId: null, networkName },
    addresses: addressesOf(member(node, 'IPAddresses')),
    mac: macOf(member(node, 'MacAddress')),
    remote: false,
    isolation: isHost ? 'host' : 'hyperv',
    policies: { ...NO_POLICIES, layers },
  };
}

/** PowerShell prints twelve digits, and zeros where the adapter has none yet. */
function macOf(node: SourceNode | null): SourceNode | null {
  const text = textOf(node ?? undefined) ?? '';
  if (node === null || !/^[0-9A-Fa-f]{12}$/.test(text)) return node;
  if (/^0+$/.test(text)) return null;
  return madeObject({ MacAddress: text.match(/../g)!.join('-') }, node).value[0]!;
}

/** A list, or its items with spaces between where `ConvertTo-Json` was at its depth. */
function addressesOf(list: SourceNode | null): readonly WrittenAddress[] {
  return asItems(list ?? undefined).flatMap((node) =>
    (textOf(node) ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map((text) => ({ text, node })),
  );
}

/** VFP has no part in it: port ACLs are of the virtual switch itself. */
function switchOf({ document }: ReadContext, node: ObjectNode, name: string): WrittenNetwork {
  const none = { policies: NO_POLICIES, endpointPolicies: null };
  return { document, node, id: null, name, type: null, driver: 'transparent', ...none };
}

/** Basic and extended ACLs of one adapter may stand in documents of their own. */
export function joinAdapters(endpoints: readonly WrittenEndpoint[]): readonly WrittenEndpoint[] {
  const byId = new Map<string, WrittenEndpoint>();
  for (const endpoint of endpoints) {
    const { adapterId } = endpoint;
    const first = adapterId === undefined ? undefined : byId.get(adapterId);
    if (adapterId === undefined) continue;
    const layers = [...(first?.policies.layers ?? []), ...endpoint.policies.layers];
    byId.set(adapterId, { ...(first ?? endpoint), policies: { ...NO_POLICIES, layers } });
  }
  const seen = new Set<string>();
  return endpoints.flatMap((endpoint) => {
    const { adapterId } = endpoint;
    if (adapterId === undefined) return [endpoint];
    if (seen.has(adapterId)) return [];
    seen.add(adapterId);
    return [byId.get(adapterId)!];
  });
}

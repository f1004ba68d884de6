/** Endpoints and networks of both schemas. Source: hns.md 4.7. */
import { member, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type {
  WrittenAddress,
  WrittenEndpoint,
  WrittenNetwork,
  WrittenPolicies,
} from './document.js';
import {
  ENDPOINT_V1_FIELDS,
  ENDPOINT_V2_FIELDS,
  IP_CONFIGURATION_FIELDS,
  NETWORK_FIELDS,
} from './field-tables.js';
import {
  asItems,
  asObject,
  nameOf,
  numberOf,
  readFields,
  textOf,
  type ReadContext,
} from './read-fields.js';

type PolicyReader = (policies: SourceNode | undefined) => WrittenPolicies;

/** Flag of a v2 endpoint that stands for a peer on another host. */
const FLAG_REMOTE = 1;

export function readEndpointV1(
  context: ReadContext,
  node: ObjectNode,
  readPolicies: PolicyReader,
): WrittenEndpoint {
  const fields = readFields(context, node, ENDPOINT_V1_FIELDS);
  const addresses = [fields.IPAddress, fields.IPv6Address].flatMap(addressOf);
  if (fields.DisableICC?.value === true) tellDisabledIcc(context, fields.DisableICC);
  return {
    document: context.document,
    node,
    name:
      nameOf(context, fields.Name) ??
      nameOf(context, fields.ID) ??
      addresses[0]?.text ??
      'endpoint',
    networkId: nameOf(context, fields.VirtualNetwork),
    networkName: nameOf(context, fields.VirtualNetworkName),
    addresses,
    mac: fields.MacAddress ?? null,
    remote: fields.IsRemoteEndpoint?.value === true,
    policies: readPolicies(fields.Policies),
  };
}

/** Of a label of Docker. Source: hns.md 4.7, 7.2, which say nothing of where it acts. */
function tellDisabledIcc({ document, reporter }: ReadContext, node: SourceNode): void {
  const message =
    'DisableICC keeps the containers of a network apart, and no source says by which rules; packets between them are judged as if it were off.';
  reporter.warning('policy-not-evaluated', { document, node }, message);
}

export function readEndpointV2(
  context: ReadContext,
  node: ObjectNode,
  readPolicies: PolicyReader,
): WrittenEndpoint {
  const fields = readFields(context, node, ENDPOINT_V2_FIELDS);
  const addresses = asItems(fields.IpConfigurations).flatMap((item) => {
    const configuration = asObject(context, item);
    if (configuration === null) return [];
    return addressOf(readFields(context, configuration, IP_CONFIGURATION_FIELDS).IpAddress);
  });
  const flags = numberOf(fields.Flags) ?? 0;
  return {
    document: context.document,
    node,
    name:
      nameOf(context, fields.Name) ??
      nameOf(context, fields.ID) ??
      addresses[0]?.text ??
      'endpoint',
    networkId: nameOf(context, fields.HostComputeNetwork),
    networkName: null,
    addresses,
    mac: fields.MacAddress ?? null,
    remote: (flags & FLAG_REMOTE) !== 0,
    policies: readPolicies(fields.Policies),
  };
}

export function readNetwork(
  context: ReadContext,
  node: ObjectNode,
  readPolicies: PolicyReader,
): WrittenNetwork {
  const fields = readFields(context, node, NETWORK_FIELDS);
  const id = nameOf(context, fields.ID);
  return {
    document: context.document,
    node,
    id,
    name: nameOf(context, fields.Name) ?? id ?? 'network',
    type: fields.Type ?? null,
    driver: 'by-type',
    vni: vniOf(node),
    policies: readPolicies(fields.Policies),
    endpointPolicies: null,
  };
}

/**
 * The number of an overlay network: of the policy VSID of its first subnet that has one, `VSID` in v1 and
 * `Settings.IsolationId` in v2. Source: hns.md 4.6; hcsshim VsidPolicy, VsidPolicySetting.
 */
function vniOf(network: ObjectNode): number | null {
  const subnetsOf = (holder: SourceNode): readonly SourceNode[] =>
    holder.kind === 'object' ? asItems(member(holder, 'Subnets') ?? undefined) : [];
  const subnets = [
    ...subnetsOf(network),
    ...asItems(member(network, 'Ipams') ?? undefined).flatMap(subnetsOf),
  ];
  for (const subnet of subnets) {
    if (subnet.kind !== 'object') continue;
    for (const policy of asItems(member(subnet, 'Policies') ?? undefined)) {
      if (policy.kind !== 'object' || member(policy, 'Type')?.value !== 'VSID') continue;
      const settings = member(policy, 'Settings');
      const vni =
        settings?.kind === 'object' ? member(settings, 'IsolationId') : member(policy, 'VSID');
      if (vni?.kind === 'number') return vni.value;
    }
  }
  return null;
}

function addressOf(field: SourceNode | undefined): WrittenAddress[] {
  const text = textOf(field);
  return field === undefined || text === null ? [] : [{ text, node: field }];
}

/**
 * Load balancers: the `HostComputeLoadBalancer` of the second schema, and the ELB policies of a v1
 * policy list. What their addresses and ports mean is read in src/normalise/plan-balancers.ts.
 * Source: hns.md 6.3, 7.1; hcsshim HostComputeLoadBalancer, PolicyList and ELBPolicy.
 */
import { member, pathOf, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type { WrittenBalancer, WrittenBalancerPort } from './document.js';
import { BALANCER_FIELDS, BALANCER_PORT_FIELDS, ELB_FIELDS } from './field-tables.js';
import {
  asItems,
  asObject,
  missing,
  nameOf,
  readFields,
  textOf,
  wrongType,
  type Fields,
  type ReadContext,
} from './read-fields.js';
import { portProtocol } from './read-policies.js';

export function isBalancer(item: ObjectNode): boolean {
  return ['HostComputeEndpoints', 'FrontendVIPs'].some((name) => member(item, name) !== null);
}

/** A list of policies for the endpoints it refers to: v1 load balancers are written so. */
export function isPolicyList(item: ObjectNode): boolean {
  return member(item, 'References') !== null && member(item, 'Policies') !== null;
}

export const isElb = (item: SourceNode): item is ObjectNode =>
  item.kind === 'object' && textOf(member(item, 'Type') ?? undefined) === 'ELB';

export function readBalancerV2(context: ReadContext, node: ObjectNode): WrittenBalancer {
  const { document } = context;
  const fields = readFields(context, node, BALANCER_FIELDS);
  const subject = 'The load balancer';
  if (fields.HostComputeEndpoints === undefined) {
    missing(context, node, subject, 'HostComputeEndpoints', 'a list of endpoints');
  }
  if (fields.PortMappings === undefined) {
    missing(context, node, subject, 'PortMappings', 'a list of ports');
  }
  return {
    ...{ document, node },
    name: nameOf(context, fields.ID) ?? placeOf(context, node),
    endpoints: textNodes(context, fields.HostComputeEndpoints),
    vips: textNodes(context, fields.FrontendVIPs),
    ports: asItems(fields.PortMappings).flatMap((item) => {
      const port = asObject(context, item);
      if (port === null) return [];
      return [portOf(context, port, readFields(context, port, BALANCER_PORT_FIELDS))];
    }),
  };
}

/** An ELB policy and the endpoints that its list refers to. */
export function readElb(context: ReadContext, list: ObjectNode, node: ObjectNode): WrittenBalancer {
  const { document } = context;
  const fields = readFields(context, node, ELB_FIELDS);
  const id = member(list, 'ID') ?? undefined;
  return {
    ...{ document, node },
    name: nameOf(context, id) ?? placeOf(context, node),
    endpoints: textNodes(context, member(list, 'References') ?? undefined),
    vips: textNodes(context, fields.VIPs),
    ports: [portOf(context, node, fields)],
  };
}

function portOf(
  context: ReadContext,
  node: ObjectNode,
  fields: Fields<'Protocol' | 'InternalPort' | 'ExternalPort' | 'DistributionType'>,
): WrittenBalancerPort {
  return {
    ...{ document: context.document, node, vip: '', flags: 0 },
    protocol: portProtocol(context, fields.Protocol),
    internalPort: fields.InternalPort ?? null,
    externalPort: fields.ExternalPort ?? null,
    distribution: fields.DistributionType ?? null,
  };
}

const placeOf = ({ document }: ReadContext, node: ObjectNode): string =>
  `${document.source.name} ${pathOf(document.root, node)}`.trimEnd();

/** The texts of a list, or one bare text; others are reported. */
function textNodes(context: ReadContext, field: SourceNode | undefined): readonly SourceNode[] {
  return asItems(field).filter((item) => {
    if (item.kind === 'string') return item.value !== '';
    wrongType(context, item, 'a text');
    return false;
  });
}

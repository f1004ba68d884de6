/**
 * Port ACLs as layers that the packet passes: basic ones by the longest prefix, without state, those of
 * addresses apart from those of MAC addresses, and extended ones by weight. What none of them matches passes. Source: docs/semantics/hyperv.md.
 */
import type { Conditions, Direction, FurtherCondition } from '../normalise/normalised-host.js';
import { addressSet } from '../normalise/address-set.js';
import type { ParsedAddress } from '../normalise/address.js';
import { locate, type SourceDocument } from '../source/source-node.js';
import type { VfpLayer, VfpRule } from '../vfpctrl/vfp-layer.js';
import { WEIGHT_MAX, type PortAcl } from './port-acl.js';

const KINDS = [
  { kind: 'basic', id: 'HYPERV_PORT_ACL', priority: 1 },
  { kind: 'extended', id: 'HYPERV_EXTENDED_PORT_ACL', priority: 2 },
  // Assumption: K12.
  { kind: 'mac', id: 'HYPERV_MAC_PORT_ACL', priority: 3 },
] as const;
const PREFIX_MAX = 128;
const MAC_BITS = 48;

export function portAclLayers(document: SourceDocument, acls: readonly PortAcl[]): VfpLayer[] {
  return KINDS.flatMap(({ kind, id, priority }) => {
    const own = acls.filter((acl) => acl.kind === kind);
    const [first] = own;
    if (first === undefined) return [];
    return [
      {
        ...{ id, priority, defaultAllow: true, onEverySwitch: true },
        stateful: own.some(({ stateful }) => stateful),
        groups: (['in', 'out'] as const).flatMap((direction) =>
          groupsOf(id, own, direction, document),
        ),
        place: locate(document, first.node),
      },
    ];
  });
}

/** A rule of both families is one rule in both groups. */
function groupsOf(
  id: string,
  acls: readonly PortAcl[],
  direction: Direction,
  document: SourceDocument,
): VfpLayer['groups'] {
  const rules = acls
    .filter(({ directions }) => directions.includes(direction))
    .map((acl) => ({ acl, rule: ruleOf(acl, direction, document) }));
  return ([4, 6] as const).map((family) => ({
    id: `${id}_IPV${family}_${direction.toUpperCase()}`,
    ...{ priority: 1, direction, family },
    rules: rules
      .filter(({ acl }) =>
        [acl.local, acl.remote].every((side) => (side?.family ?? family) === family),
      )
      .map(({ rule }) => rule),
  }));
}

function ruleOf(acl: PortAcl, direction: Direction, document: SourceDocument): VfpRule {
  const { name, action, kind, weight, stateful, idleSeconds } = acl;
  return {
    ...{ name, action, terminating: true, stateful, flowTtl: idleSeconds },
    priority: kind === 'extended' ? WEIGHT_MAX - weight : PREFIX_MAX - prefixOf(acl),
    conditions: conditionsOf(acl, direction),
    place: locate(document, acl.node),
  };
}

/** Of the side that has an address; 0 where neither has one. */
function prefixOf({ local, remote, localMac, remoteMac }: PortAcl): number {
  if (localMac !== null || remoteMac !== null) return MAC_BITS;
  return Math.max(local?.prefixLength ?? 0, remote?.prefixLength ?? 0);
}

function conditionsOf(acl: PortAcl, direction: Direction): Conditions {
  const { local, remote, localPorts, remotePorts, protocol } = acl;
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote];
  const [sourcePorts, destinationPorts] =
    direction === 'in' ? [remotePorts, localPorts] : [localPorts, remotePorts];
  const macs = macsOf(acl, direction);
  const hasPorts = sourcePorts !== null || destinationPorts !== null;
  return {
    // Ports without a protocol are those of TCP and UDP.
    protocols: protocol !== null ? [protocol] : hasPorts ? [6, 17] : null,
    source: setOf(source),
    destination: setOf(destination),
    sourcePorts,
    destinationPorts,
    ...(macs.length > 0 && { further: macs }),
  };
}

function macsOf({ localMac, remoteMac }: PortAcl, direction: Direction): FurtherCondition[] {
  const [source, destination] = direction === 'in' ? [remoteMac, localMac] : [localMac, remoteMac];
  return (
    [
      ['source_mac', source],
      ['destination_mac', destination],
    ] as const
  ).flatMap(([field, mac]) =>
    mac === null ? [] : [{ field, ranges: [{ from: Number(mac), to: Number(mac) }] }],
  );
}

function setOf(address: ParsedAddress | null): Conditions['source'] {
  if (address === null) return null;
  return address.family === 4 ? addressSet([address.range], []) : addressSet([], [address.range]);
}

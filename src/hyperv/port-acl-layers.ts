/**
 * Port ACLs as layers that the packet passes: basic ones by the longest prefix, without state, and
 * extended ones by weight. What none of them matches passes. Source: docs/semantics/hyperv.md.
 */
import type { Conditions, Direction } from '../normalise/normalised-host.js';
import { addressSet } from '../normalise/address-set.js';
import type { ParsedAddress } from '../normalise/address.js';
import { locate, type SourceDocument } from '../source/source-node.js';
import type { VfpLayer, VfpRule } from '../vfpctrl/vfp-layer.js';
import { WEIGHT_MAX, type PortAcl } from './port-acl.js';

const KINDS = [
  { kind: 'basic', id: 'HYPERV_PORT_ACL', priority: 1 },
  { kind: 'extended', id: 'HYPERV_EXTENDED_PORT_ACL', priority: 2 },
] as const;
const PREFIX_MAX = 128;

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
  const { name, action, kind, weight, stateful, idleSeconds, local, remote } = acl;
  const prefixLength = Math.max(fromEnd(local), fromEnd(remote));
  return {
    ...{ name, action, terminating: true, stateful, flowTtl: idleSeconds },
    priority: kind === 'basic' ? PREFIX_MAX - prefixLength : WEIGHT_MAX - weight,
    conditions: conditionsOf(acl, direction),
    place: locate(document, acl.node),
  };
}

const fromEnd = (address: ParsedAddress | null): number => address?.prefixLength ?? 0;

function conditionsOf(acl: PortAcl, direction: Direction): Conditions {
  const { local, remote, localPorts, remotePorts, protocol } = acl;
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote];
  const [sourcePorts, destinationPorts] =
    direction === 'in' ? [remotePorts, localPorts] : [localPorts, remotePorts];
  const hasPorts = sourcePorts !== null || destinationPorts !== null;
  return {
    // Ports without a protocol are those of TCP and UDP.
    protocols: protocol !== null ? [protocol] : hasPorts ? [6, 17] : null,
    source: setOf(source),
    destination: setOf(destination),
    sourcePorts,
    destinationPorts,
  };
}

function setOf(address: ParsedAddress | null): Conditions['source'] {
  if (address === null) return null;
  return address.family === 4 ? addressSet([address.range], []) : addressSet([], [address.range]);
}

/**
 * Rules that give what an endpoint sends an address of the host, and a port of a pool, from its
 * policies `OutBoundNAT`. Source: hns.md 4.6; vfp.md 10.1; docs/semantics/actions.md 6 (N30).
 */
import type { WrittenOutboundNat } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { describe, type SourceNode } from '../source/source-node.js';
import { addressSet, intersectionOf, outside } from './address-set.js';
import { parseIpAddress } from './address.js';
import type {
  AddressRange,
  AddressSet,
  IpAddressValue,
  NormalisedEndpoint,
  TranslationRule,
} from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import { TCP, UDP } from './protocols.js';
import { writtenAddresses } from './written-addresses.js';

/** The dynamic ports of Windows. Assumption: N30. */
const POOL = { from: 49152, to: 65535 } as const;
/** ICMP is not translated. Source: hns.md 4.6. */
const PROTOCOLS = { TCP, UDP } as const;

/** By name of the endpoint, in the order in which they are asked. */
export function planOutboundNat(
  endpoints: readonly NormalisedEndpoint[],
  planned: readonly PlannedEndpoint[],
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): ReadonlyMap<string, readonly TranslationRule[]> {
  const written = new Map(
    planned.map(({ name, policies }) => [name, policies.flatMap((each) => each.outboundNats)]),
  );
  return new Map(
    endpoints.map(({ name, addresses }) => [
      name,
      (written.get(name) ?? []).flatMap((nat) => rulesOf(nat, addresses, hostAddresses, reporter)),
    ]),
  );
}

function rulesOf(
  nat: WrittenOutboundNat,
  own: readonly IpAddressValue[],
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): TranslationRule[] {
  const vip = readVip(nat, reporter);
  const excepted = readSet(nat, nat.exceptions, 'An exception', reporter);
  const wanted = readSet(nat, nat.destinations, 'A destination', reporter);
  const destination = intersectionOf(
    nat.destinations.length === 0 ? null : wanted,
    nat.exceptions.length === 0 ? null : outside(excepted),
  );
  return ([4, 6] as const).flatMap((family) => {
    const address = [...(vip === null ? [] : [vip]), ...hostAddresses].find(
      (each) => each.family === family,
    );
    const from = own.filter((each) => each.family === family).map(({ value }) => value);
    const ranges = destination === null ? null : familyOf(destination, family);
    // Without an address to send from nothing is known of what leaves.
    if (address === undefined || from.length === 0 || ranges?.length === 0) return [];
    return Object.entries(PROTOCOLS).map(([protocol, number]): TranslationRule => ({
      ...{ name: `SNAT_${protocol}_OUTBOUNDNAT`, direction: 'out', family },
      conditions: {
        protocols: [number],
        source: setOf(
          family,
          from.map((value) => ({ from: value, to: value })),
        ),
        destination: ranges === null ? null : setOf(family, ranges),
        ...{ sourcePorts: null, destinationPorts: null },
      },
      ...{ action: 'dynnat', source: null, destinations: [] },
      pool: [{ address, ...POOL }],
      distribution: 'five_tuple',
    }));
  });
}

const familyOf = (set: AddressSet, family: 4 | 6): readonly AddressRange[] =>
  family === 4 ? set.ipv4 : set.ipv6;
const setOf = (family: 4 | 6, ranges: readonly AddressRange[]): AddressSet =>
  family === 4 ? addressSet(ranges, []) : addressSet([], ranges);

function readVip(nat: WrittenOutboundNat, reporter: Reporter): IpAddressValue | null {
  const text = textOf(nat.vip ?? undefined) ?? '';
  if (nat.vip === null || text === '') return null;
  const read = parseIpAddress(text);
  if (read === null) refuse(nat, nat.vip, 'The virtual address', 'an address', reporter);
  return read;
}

function readSet(
  nat: WrittenOutboundNat,
  items: readonly SourceNode[],
  what: string,
  reporter: Reporter,
): AddressSet {
  const { set, refused } = writtenAddresses(items);
  for (const node of refused) refuse(nat, node, what, 'an address or prefix', reporter);
  return set;
}

function refuse(
  { document }: WrittenOutboundNat,
  node: SourceNode,
  what: string,
  expected: string,
  reporter: Reporter,
): void {
  const message = `${what} of an OutBoundNAT is ${describe(node)}; it is ${expected}.`;
  reporter.error('bad-address', { document, node }, message, { expected });
}

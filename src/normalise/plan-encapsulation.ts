/**
 * The layer of overlay networks that puts their outer headers on packets and takes them off, from the
 * policies `RemoteSubnetRoute` of networks and `ProviderAddress` of endpoints. Source:
 * docs/semantics/actions.md 8; vfp.md 10.1.
 */
import type { WrittenRemoteRoute } from '../policy/document.js';
import { numberOf, textOf } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { describe, type SourceNode } from '../source/source-node.js';
import { formatAddress, parseAddress, parseIpAddress, parseMac } from './address.js';
import type {
  AddressRange,
  Conditions,
  EncapsulationLayer,
  EncapsulationRule,
  IpAddressValue,
  NormalisedEndpoint,
} from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import type { PlannedNetwork } from './plan-networks.js';
import { UDP } from './protocols.js';

/** Source: vfp.md 10.1. */
const VNET_ENCAP = {
  ...{ name: 'VNET_ENCAP_LAYER', priority: 40, group: 'VNET_GROUP_ENCAP' },
} as const;
const NETWORK_MAX = 0xffffff;

/** A prefix on another host, and how its packets travel there. */
interface RemoteRoute {
  readonly family: 4 | 6;
  readonly range: AddressRange;
  readonly prefixLength: number;
  readonly provider: IpAddressValue;
  readonly network: number;
  readonly mac: bigint | null;
  readonly text: string;
}

/** By endpoint; null where there is none. A dump has all layers of its port. */
export function planEncapsulation(
  endpoints: readonly NormalisedEndpoint[],
  planned: readonly PlannedEndpoint[],
  networks: readonly PlannedNetwork[],
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): readonly (EncapsulationLayer | null)[] {
  const routes = networks.map(({ remoteRoutes, vni }) =>
    remoteRoutes
      .map((route) => readRoute(route, vni, reporter))
      .filter((route) => route !== null)
      // The longest prefix decides. Source: vfp.md 10.1.
      .sort((a, b) => b.prefixLength - a.prefixLength),
  );
  const providersOf = new Map(
    planned.map((each) => [each.name, readProviders(each, reporter)] as const),
  );
  return endpoints.map((endpoint): EncapsulationLayer | null => {
    const { driver, vni } = networks[endpoint.network]!;
    const isOpen = endpoint.switchStage.kind !== 'vfp' && endpoint.isolation !== 'host';
    if (driver !== 'overlay' || !isOpen) return null;
    const own = [...(providersOf.get(endpoint.name) ?? []), ...hostAddresses];
    const puts = routes[endpoint.network]!.flatMap((route) => encapRule(route, own));
    return { ...VNET_ENCAP, rules: [...puts, decapRule(4, vni), decapRule(6, vni)] };
  });
}

/** Without an address of the host of the other end's family there is nothing to send from (N28). */
function encapRule(route: RemoteRoute, own: readonly IpAddressValue[]): EncapsulationRule[] {
  const source = own.find(({ family }) => family === route.provider.family);
  if (source === undefined) return [];
  const { family, range, provider, network, mac, text } = route;
  return [
    {
      ...{ name: `VNET_ENCAP_${text}`, direction: 'out', family },
      conditions: {
        ...NO_CONDITIONS,
        destination: { ipv4: family === 4 ? [range] : [], ipv6: family === 6 ? [range] : [] },
      },
      puts: {
        ...{ format: 'vxlan', source, destination: provider, network },
        ...{ sourceMac: null, destinationMac: null, innerMac: mac },
      },
    },
  ];
}

/** VXLAN of the network; of a network without a number, all (D9). */
function decapRule(family: 4 | 6, vni: number | null): EncapsulationRule {
  const ranges = [vni === null ? { from: 0, to: NETWORK_MAX } : { from: vni, to: vni }];
  return {
    ...{ name: 'VNET_DECAP', direction: 'in', family, puts: null },
    conditions: { ...NO_CONDITIONS, protocols: [UDP], further: [{ field: 'tni', ranges }] },
  };
}

const NO_CONDITIONS: Conditions = {
  ...{ protocols: null, source: null, destination: null },
  ...{ sourcePorts: null, destinationPorts: null },
};

/** Null, with an error, for a route that leads nowhere. */
function readRoute(
  { document, node, prefix, network, provider, mac }: WrittenRemoteRoute,
  vni: number | null,
  reporter: Reporter,
): RemoteRoute | null {
  const refuse = (field: SourceNode | null, name: string, expected: string): null => {
    const found = field === null ? 'absent' : describe(field);
    const message = `${name} of a RemoteSubnetRoute is ${found}; it is ${expected}.`;
    reporter.error('bad-address', { document, node: field ?? node }, message, { expected });
    return null;
  };
  const to = parseAddress(textOf(prefix ?? undefined) ?? '');
  if ('problem' in to) return refuse(prefix, 'DestinationPrefix', 'an address prefix');
  const at = parseIpAddress(textOf(provider ?? undefined) ?? '');
  if (at === null) return refuse(provider, 'ProviderAddress', 'an address');
  const number = network === null ? vni : numberOf(network);
  if (number === null || !Number.isInteger(number) || number < 0 || number > NETWORK_MAX) {
    return refuse(network, 'IsolationId', `a number from 0 to ${NETWORK_MAX}`);
  }
  const router = mac === null ? null : parseMac(textOf(mac) ?? '');
  if (mac !== null && router === null) {
    return refuse(mac, 'DistributedRouterMacAddress', 'a MAC address');
  }
  return {
    ...{ family: to.family, range: to.range, prefixLength: to.prefixLength },
    ...{ provider: at, network: number, mac: router },
    text: `${formatAddress({ family: to.family, value: to.range.from })}/${to.prefixLength}`,
  };
}

function readProviders({ policies }: PlannedEndpoint, reporter: Reporter): IpAddressValue[] {
  return policies
    .flatMap(({ providers }) => providers)
    .flatMap(({ document, node, address }) => {
      const read = parseIpAddress(textOf(address ?? undefined) ?? '');
      if (read !== null) return [read];
      const expected = 'an address';
      const found = address === null ? 'absent' : describe(address);
      const message = `The provider address is ${found}; it is ${expected}.`;
      reporter.error('bad-address', { document, node: address ?? node }, message, { expected });
      return [];
    });
}

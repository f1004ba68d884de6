/**
 * The endpoints of a host and the policies that belong to each: those of the host description,
 * those of endpoint documents, and the home of lists that stand in no endpoint.
 */
import type { SourceLocation } from '../errors.js';
import type { DescribedEndpoint } from '../host-description/host-description.js';
import { ISOLATION_DEFAULT, type Isolation } from '../platform/platform.js';
import type { PolicyDocument, WrittenEndpoint, WrittenPolicies } from '../policy/document.js';
import { boundedName, textOf } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean, shownNames } from '../source/nearest.js';
import { locate, quote } from '../source/source-node.js';
import { formatAddress, parseIpAddress, parseMac } from './address.js';
import { joinAdapters } from '../hyperv/adapters.js';
import type { HostInput } from './host-input.js';
import { readMapping, refuseSharedPorts, type PublishedPort } from './mappings.js';
import type { IpAddressValue } from './normalised-host.js';
import { flagLocation } from './plan-platform.js';
import { planPods } from './plan-pods.js';
import type { PlannedEndpoint, Planning } from './planned-endpoint.js';

/** Source: hns.md 9, for addresses of endpoints. */
const HNS_INVALID_IP = '0x803b001e';
const NAME_DEFAULT = 'endpoint';

/** The endpoint flag, read. */
interface EndpointFlag {
  readonly name: string;
  /** Given with the flag; an endpoint of its own. */
  readonly addresses: readonly IpAddressValue[] | null;
}

export function planEndpoints(planning: Planning): readonly PlannedEndpoint[] {
  const { input, reporter } = planning;
  const described = (input.description?.endpoints ?? []).map((e) => planDescribed(planning, e));
  const documented = joinAdapters([
    ...input.documents.flatMap((document) => document.endpoints),
    ...networkDocuments(input).flatMap(({ document }) => document.endpoints),
  ]).map((e) => planDocumented(planning, e));
  const withPods = planPods(planning, [...described, ...documented]);
  const endpoints = uniquelyNamed(withPods, described.length, reporter);
  const flag = readFlag(input.platform?.endpoint, reporter);
  const selected =
    flag !== null
      ? select(flag, endpoints, reporter)
      : endpoints.length > 0
        ? endpoints
        : uniquelyNamed(onePerNetwork(planning), 0, reporter);
  const homed = giveHome(planning, flag, selected);
  refuseSharedAddresses(homed, reporter);
  return homed.map((endpoint) => withNetworkPolicies(planning, endpoint));
}

/** Where no endpoint is said, each network that gives policies to its endpoints stands for one. */
function onePerNetwork(planning: Planning): readonly PlannedEndpoint[] {
  return planning.networks.networks.flatMap(({ name, endpointPolicies }, network) =>
    endpointPolicies.length === 0 ? [] : [bareEndpoint(planning, name, network)],
  );
}

/** Adds what every endpoint of the network is given, as CNI configurations say. */
function withNetworkPolicies(planning: Planning, endpoint: PlannedEndpoint): PlannedEndpoint {
  const { endpointPolicies } = planning.networks.networks[endpoint.network]!;
  if (endpointPolicies.length === 0 || endpoint.remote) return endpoint;
  return {
    ...endpoint,
    policies: [...endpoint.policies, ...endpointPolicies],
    ports: [...endpoint.ports, ...portsOf(endpointPolicies, planning.reporter)],
  };
}

function networkDocuments(input: HostInput): readonly { readonly document: PolicyDocument }[] {
  return (input.description?.networks ?? []).flatMap((network) =>
    network.documents.map((document) => ({ document })),
  );
}

function planDescribed(planning: Planning, endpoint: DescribedEndpoint): PlannedEndpoint {
  const { name, owner, compartment, addresses, mac, ports, containers, location } = endpoint;
  refuseSharedPorts(containers, planning.reporter);
  const policies = endpoint.documents.flatMap((document) => [
    document.policies,
    ...document.endpoints.map((written) => written.policies),
  ]);
  return {
    name,
    network: describedNetwork(planning, endpoint),
    isolation: isolationOf(planning, name, endpoint.isolation),
    owner,
    compartment,
    addresses,
    mac,
    remote: false,
    policies,
    acls: [],
    ports: [
      ...ports,
      ...containers.flatMap((container) => container.ports),
      ...portsOf(policies, planning.reporter),
    ],
    containers: containers.map((container) => container.name),
    interface: endpoint.interface,
    firewall: endpoint.firewall,
    location,
  };
}

function describedNetwork(planning: Planning, endpoint: DescribedEndpoint): number {
  const { networks, reporter } = planning;
  const names = networks.networks.map((n) => n.name);
  if (endpoint.network === null) {
    if (names.length <= 1) return networks.only();
    const message = `The endpoint ${quote(endpoint.name)} names no network, and there are ${names.length}: ${shownNames(names)}.`;
    reporter.error('unknown-network', endpoint.location, message, { expected: shownNames(names) });
    return 0;
  }
  const index = networks.indexOfName(endpoint.network);
  if (index >= 0) return index;
  const message = `The endpoint ${quote(endpoint.name)} is on the network ${quote(endpoint.network)}, which is not described.${didYouMean(endpoint.network, names)}`;
  reporter.error('unknown-network', endpoint.location, message, {
    found: quote(endpoint.network),
    expected: shownNames(names),
  });
  return networks.only();
}

function planDocumented(planning: Planning, endpoint: WrittenEndpoint): PlannedEndpoint {
  const { reporter, networks } = planning;
  const { document, node, name } = endpoint;
  return {
    name,
    network: networks.indexOf(endpoint),
    isolation: isolationOf(planning, name, endpoint.isolation ?? null),
    owner: null,
    compartment: null,
    addresses: endpoint.addresses.flatMap(({ text, node: at }) => {
      const address = parseIpAddress(text);
      if (address !== null) return [address];
      const message = `The endpoint ${quote(name)} has the address ${quote(text)}, which is neither IPv4 nor IPv6.`;
      const details = { found: quote(text), expected: 'an address', hns: HNS_INVALID_IP };
      reporter.error('bad-address', { document, node: at }, message, details);
      return [];
    }),
    mac: macOf(endpoint, reporter),
    remote: endpoint.remote,
    policies: [endpoint.policies],
    acls: [],
    ports: portsOf([endpoint.policies], reporter),
    containers: [],
    location: locate(document, node),
  };
}

function macOf({ document, mac, name }: WrittenEndpoint, reporter: Reporter): bigint | null {
  const text = textOf(mac ?? undefined);
  if (mac === null || text === null) return null;
  const value = parseMac(text);
  if (value === null) {
    const message = `The endpoint ${quote(name)} has the MAC address ${quote(text)}; it is six bytes such as 00-15-5D-01-02-03.`;
    const details = { found: quote(text), expected: 'six bytes' };
    reporter.warning('bad-address', { document, node: mac }, message, details);
  }
  return value;
}

function portsOf(policies: readonly WrittenPolicies[], reporter: Reporter): PublishedPort[] {
  return policies
    .flatMap(({ mappings }) => mappings)
    .map((mapping) => readMapping(mapping, reporter))
    .filter((port) => port !== null);
}

/** No document of the service tells the isolation, a Compose file may. Source: hns.md 4.7. */
function isolationOf(planning: Planning, name: string, given: Isolation | null): Isolation {
  const isolation = planning.platform.isolation ?? given;
  if (isolation !== null) return isolation;
  // A wrong flag has been reported; it is no assumption.
  if (planning.input.platform?.isolation === undefined) {
    const what = `isolation of endpoint ${name}`;
    planning.assumptions.push({ what, assumed: ISOLATION_DEFAULT });
  }
  return ISOLATION_DEFAULT;
}

/**
 * Names are how results are told apart. Windows calls many endpoints of documents `Ethernet`, so
 * those are numbered; in a host description two equal names are a mistake.
 */
function uniquelyNamed(
  endpoints: readonly PlannedEndpoint[],
  describedCount: number,
  reporter: Reporter,
): readonly PlannedEndpoint[] {
  const taken = new Map<string, number>();
  return endpoints.map((endpoint, i) => {
    const count = (taken.get(endpoint.name) ?? 0) + 1;
    taken.set(endpoint.name, count);
    if (count === 1) return endpoint;
    if (i < describedCount) {
      const message = `Two endpoints are named ${quote(endpoint.name)}; names are given once.`;
      reporter.error('unknown-endpoint', endpoint.location, message, {
        found: quote(endpoint.name),
      });
    }
    return { ...endpoint, name: `${endpoint.name} (${count})` };
  });
}

/** `NAME`, `ADDR`, or `NAME=ADDR[,ADDR...]`. */
function readFlag(text: string | undefined, reporter: Reporter): EndpointFlag | null {
  if (text === undefined) return null;
  const equals = text.indexOf('=');
  if (equals < 0) {
    const address = parseIpAddress(text);
    return { name: flagName(text, reporter), addresses: address === null ? null : [address] };
  }
  const addresses = text
    .slice(equals + 1)
    .split(',')
    .map((item) => ({ item, address: parseIpAddress(item.trim()) }));
  const wrong = addresses.find(({ address }) => address === null);
  if (wrong !== undefined) {
    const message = `${quote(wrong.item)} is no address; an endpoint is given as NAME=ADDR[,ADDR...].`;
    const details = { found: quote(wrong.item), expected: 'NAME=ADDR[,ADDR...]' };
    reporter.error('bad-address', flagLocation('endpoint'), message, details);
  }
  return {
    name: flagName(text.slice(0, equals), reporter),
    addresses: addresses.map(({ address }) => address).filter((address) => address !== null),
  };
}

function flagName(name: string, reporter: Reporter): string {
  return boundedName(reporter, flagLocation('endpoint'), 'The endpoint', name);
}

/** The endpoints the flag leaves: the one it names, or all when it makes one of its own. */
function select(
  flag: EndpointFlag,
  endpoints: readonly PlannedEndpoint[],
  reporter: Reporter,
): readonly PlannedEndpoint[] {
  if (endpoints.length === 0) return endpoints;
  const byName = endpoints.filter((endpoint) => endpoint.name === flag.name);
  if (byName.length > 0) return byName;
  const byContainer = endpoints.filter(({ containers }) => containers.includes(flag.name));
  if (byContainer.length > 0) return byContainer;
  const address = flag.addresses?.length === 1 ? flag.addresses[0]! : null;
  const byAddress = endpoints.filter(
    (endpoint) => address !== null && endpoint.addresses.some((own) => sameAddress(own, address)),
  );
  if (byAddress.length > 0 && parseIpAddress(flag.name) !== null) return byAddress;
  if (flag.addresses !== null && parseIpAddress(flag.name) === null) return endpoints;
  const names = endpoints.map((endpoint) => endpoint.name);
  const message = `No endpoint is named ${quote(flag.name)} or has that address; there are ${shownNames(names)}.${didYouMean(flag.name, names)}`;
  reporter.error('unknown-endpoint', flagLocation('endpoint'), message, {
    found: quote(flag.name),
    expected: shownNames(names),
  });
  return endpoints;
}

function sameAddress(a: IpAddressValue, b: IpAddressValue): boolean {
  return a.family === b.family && a.value === b.value;
}

/** Adds the lists that stand in no endpoint to the one endpoint they can belong to. */
function giveHome(
  planning: Planning,
  flag: EndpointFlag | null,
  endpoints: readonly PlannedEndpoint[],
): readonly PlannedEndpoint[] {
  const { input, reporter } = planning;
  const lists = input.documents.filter((document) => document.hasPolicies);
  const policies = lists.map((document) => document.policies);
  const ports = portsOf(policies, reporter);
  const isNew = Array.isArray(flag?.addresses) && !endpoints.some((e) => matchesFlag(e, flag));
  if (endpoints.length === 0 || isNew) {
    return [...endpoints, flagEndpoint(planning, flag, policies, ports)];
  }
  const bindsNothing = policies.every(
    ({ rules, tiers, mappings, layers }) =>
      rules.length + tiers.length + mappings.length + layers.length === 0,
  );
  if (bindsNothing) return endpoints;
  const [home] = endpoints;
  if (home !== undefined && endpoints.length === 1) {
    return [
      { ...home, policies: [...home.policies, ...policies], ports: [...home.ports, ...ports] },
    ];
  }
  const names = shownNames(endpoints.map((endpoint) => endpoint.name));
  const first = lists.flatMap(({ policies: list }): SourceLocation[] => [
    ...[...list.rules, ...list.tiers, ...list.mappings].map(({ document, node }) =>
      locate(document, node),
    ),
    ...list.layers.map(({ place }) => place),
  ])[0]!;
  const message = `The policies of ${first.file} belong to no endpoint, and there are ${endpoints.length}: ${names}. Choose one with --endpoint NAME, or put them into a host description.`;
  reporter.error('endpoint-needed', first, message, {
    expected: names,
  });
  return endpoints;
}

function matchesFlag(endpoint: PlannedEndpoint, flag: EndpointFlag): boolean {
  if (endpoint.name === flag.name) return true;
  return (flag.addresses ?? []).some((address) =>
    endpoint.addresses.some((own) => sameAddress(own, address)),
  );
}

/** The endpoint of lists when no document describes one. */
function flagEndpoint(
  planning: Planning,
  flag: EndpointFlag | null,
  policies: readonly WrittenPolicies[],
  ports: readonly PublishedPort[],
): PlannedEndpoint {
  const name = flag?.name ?? NAME_DEFAULT;
  const network = flagNetwork(planning, name);
  return {
    ...bareEndpoint(planning, name, network),
    addresses: flag?.addresses ?? [],
    policies,
    ports,
  };
}

/** The network of an endpoint that only a flag names: that of its name, or the only one. */
function flagNetwork({ networks, reporter }: Planning, name: string): number {
  const names = networks.networks
    .filter(({ endpointPolicies }) => endpointPolicies.length > 0)
    .map((network) => network.name);
  if (names.length < 2) return networks.only();
  const index = networks.indexOfName(name);
  if (index >= 0) return index;
  const message = `The endpoint ${quote(name)} names no network, and there are ${names.length}: ${shownNames(names)}. Give the documents of one, or put them into a host description.`;
  reporter.error('unknown-network', flagLocation('endpoint'), message, {
    found: quote(name),
    expected: shownNames(names),
  });
  return networks.only();
}

function bareEndpoint(planning: Planning, name: string, network: number): PlannedEndpoint {
  return {
    name,
    network,
    isolation: isolationOf(planning, name, null),
    owner: null,
    compartment: null,
    addresses: [],
    mac: null,
    remote: false,
    policies: [],
    acls: [],
    ports: [],
    containers: [],
    location: flagLocation('endpoint'),
  };
}

/** Source: hns.md 9. Remote endpoints have no port here. */
function refuseSharedAddresses(endpoints: readonly PlannedEndpoint[], reporter: Reporter): void {
  const owners = new Map<string, PlannedEndpoint>();
  for (const endpoint of endpoints) {
    for (const address of endpoint.addresses) {
      const key = `${endpoint.network} ${formatAddress(address)}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, endpoint);
      else if (owner !== endpoint) {
        const text = formatAddress(address);
        const message = `The endpoints ${quote(owner.name)} and ${quote(endpoint.name)} both have the address ${text} on one network; an address belongs to one endpoint.`;
        reporter.error('unknown-endpoint', endpoint.location, message, { found: text });
      }
    }
  }
}

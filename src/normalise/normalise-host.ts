/**
 * Documents, host description and platform flags to one meaning: the whole order of the steps
 * stands here. Source: hns.md 6.1.
 */
import type { PlatformAssumption } from '../platform/platform.js';
import { stageCell, VFP_DRIVERS } from '../platform/stage-table.js';
import { createReporter, type Diagnostic, type Reporter } from '../source/diagnostic.js';
import { locate, quote } from '../source/source-node.js';
import { parseAddress } from './address.js';
import { addressSet } from './address-set.js';
import type {
  AddressRange,
  AddressSet,
  NormalisedEndpoint,
  NormalisedHost,
} from './normalised-host.js';
import { normaliseEndpoint } from './endpoint.js';
import { firewallOfHost } from './firewall.js';
import { tellFirewallFindings } from './firewall-findings.js';
import type { HostInput } from './host-input.js';
import { refuseCollisions } from './mappings.js';
import type { NormalisedRule, SemanticOptions } from './normalised-host.js';
import { semanticOptions } from './options.js';
import { planBalancers } from './plan-balancers.js';
import { planEncapsulation } from './plan-encapsulation.js';
import { planOutboundNat } from './plan-outbound-nat.js';
import { planEndpoints } from './plan-endpoints.js';
import { planNetworks, type PlannedNetwork } from './plan-networks.js';
import { planPlatform, type PlannedPlatform } from './plan-platform.js';
import { clusterOf } from './plan-pods.js';
import { planServices } from './plan-services.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import { afterRequests } from './requests.js';
import { resolveSets } from './sets.js';
import { planTranslations } from './translations.js';

export type { HostInput, PlatformFlags } from './host-input.js';

export interface NormaliseResult {
  /** Null when a diagnostic is an error. */
  readonly host: NormalisedHost | null;
  /** Those of the documents and the description first. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The host compartment is 1 (R2); endpoints have their own (R1). */
const COMPARTMENT_HOST = 1;
const COMPARTMENT_FIRST = 2;

export function normaliseHost(given: HostInput): NormaliseResult {
  const reporter = createReporter(given.strict);
  addDocumentDiagnostics(given, reporter);
  const input = { ...given, documents: afterRequests(given.documents, reporter) };
  const assumptions: PlatformAssumption[] = [];
  const options = semanticOptions(input.description?.options ?? {}, input.options ?? {});
  const platform = planPlatform(input, assumptions, reporter);
  const networks = planNetworks(input, platform, reporter);
  const cluster = clusterOf(input, reporter);
  const planned = planEndpoints({ input, platform, networks, cluster, assumptions, reporter });
  addDriverAssumptions(input, networks.networks, assumptions);
  refuseCollisions(
    planned.flatMap((endpoint) => endpoint.ports),
    reporter,
  );
  const rules: NormalisedRule[] = [];
  const endpoints = normaliseEndpoints(
    input,
    planned,
    networks.networks,
    platform,
    options,
    rules,
    reporter,
  );
  const portsByName = new Map(planned.map(({ name, ports }) => [name, ports]));
  const addresses = input.description?.addresses ?? [];
  const { layers, fronts } = planTranslations(
    endpoints,
    networks.networks,
    ({ name }) => portsByName.get(name) ?? [],
    addresses,
    [
      ...planBalancers(input, planned, endpoints, addresses, reporter),
      ...planServices(cluster, endpoints, addresses, reporter),
    ],
    options.outboundNat === 'on'
      ? planOutboundNat(endpoints, planned, addresses, reporter)
      : new Map(),
  );
  const encapsulation =
    options.encapsulation === 'on'
      ? planEncapsulation(endpoints, planned, networks.networks, addresses, reporter)
      : [];
  const host: NormalisedHost = {
    assumptions,
    windows: platform.windows,
    addresses,
    options,
    networks: networks.networks.map(({ name, driver, vni }) => ({ name, driver, vni })),
    endpoints: endpoints.map((endpoint, i) => ({
      ...endpoint,
      ...(layers[i]!.length > 0 && { translations: layers[i]! }),
      ...(encapsulation[i] && { encapsulation: encapsulation[i] }),
    })),
    rules,
    ...(fronts.length > 0 && { fronts }),
  };
  return { host: reporter.hasErrors() ? null : host, diagnostics: reporter.result() };
}

function addDocumentDiagnostics(input: HostInput, reporter: Reporter): void {
  const { description } = input;
  if (description !== undefined) reporter.add(description.diagnostics);
  const attached = [...(description?.networks ?? []), ...(description?.endpoints ?? [])];
  for (const { documents } of attached) for (const d of documents) reporter.add(d.diagnostics);
  for (const document of input.documents) reporter.add(document.diagnostics);
  const firewalls = [
    ...(description?.firewall ?? []),
    ...(description?.endpoints ?? []).flatMap((endpoint) => endpoint.firewall),
    ...(input.firewall ?? []),
  ];
  for (const document of firewalls) reporter.add(document.diagnostics);
}

function addDriverAssumptions(
  input: HostInput,
  networks: readonly PlannedNetwork[],
  assumptions: PlatformAssumption[],
): void {
  if (input.platform?.driver !== undefined) return;
  for (const network of networks.filter((n) => n.assumed)) {
    assumptions.push({ what: `driver of network ${network.name}`, assumed: network.driver });
  }
}

/** Source: hns.md 6.6, Q8. */
function tellUnaskedNetworkAcls(networks: readonly PlannedNetwork[], reporter: Reporter): void {
  const [first] = networks.flatMap(({ networkAcls }) => networkAcls);
  if (first === undefined) return;
  const message =
    'Network ACLs are not evaluated, since no source says where they stand; the option networkAcl chooses merge or before.';
  const place = { document: first.document, node: first.node };
  reporter.info('policy-not-evaluated', place, message, { rule: first.name });
}

/** Those that the description gives; a prefix that is none is of no use here. */
function subnetsOf({ description }: HostInput, { name }: PlannedNetwork): AddressSet {
  const described = description?.networks.find((network) => network.name === name);
  const parsed = (described?.subnets ?? []).map(parseAddress).filter((item) => 'range' in item);
  const ranges = (family: 4 | 6): AddressRange[] =>
    parsed.filter((item) => item.family === family).map((item) => item.range);
  return addressSet(ranges(4), ranges(6));
}

function normaliseEndpoints(
  input: HostInput,
  planned: readonly PlannedEndpoint[],
  networks: readonly PlannedNetwork[],
  platform: PlannedPlatform,
  options: SemanticOptions,
  rules: NormalisedRule[],
  reporter: Reporter,
): readonly NormalisedEndpoint[] {
  const { windows } = platform;
  // What a list means, and what there is to say about it, depends on the network.
  const firewall = firewallOfHost(input, options);
  const tables = networks.map((network) => ({
    sets: resolveSets(network.sets, windows, options, reporter),
    addressCache: new Map<string, AddressSet>(),
    subnets: subnetsOf(input, network),
    networkAcls: network.networkAcls,
  }));
  if (options.networkAcl === 'off') tellUnaskedNetworkAcls(networks, reporter);
  const taken = new Set(planned.map((endpoint) => endpoint.compartment));
  let nextCompartment = COMPARTMENT_FIRST;
  const freeCompartment = (): number => {
    while (taken.has(nextCompartment)) nextCompartment++;
    return nextCompartment++;
  };

  const endpoints: NormalisedEndpoint[] = [];
  for (const endpoint of planned) {
    if (endpoint.remote) {
      refuseRemoteRules(endpoint, reporter);
      continue;
    }
    const { name, network, isolation, owner, containers, addresses, mac } = endpoint;
    const { driver } = networks[network]!;
    const cell = stageCell(driver, isolation);
    if (cell === null) {
      refuseDriver(endpoint, networks[network]!, reporter);
      continue;
    }
    const { setNameDirection } = options;
    const platformOf = { windows, driver, isolation, cell, firewall };
    const context = { reporter, ...platformOf, setNameDirection, ...tables[network]! };
    const compartment =
      endpoint.compartment ?? (isolation === 'host' ? COMPARTMENT_HOST : freeCompartment());
    const stages = normaliseEndpoint(context, endpoint, compartment, options, rules);
    endpoints.push({
      name,
      network,
      isolation,
      owner,
      containers,
      compartment,
      addresses,
      mac,
      ...stages,
    });
  }
  tellFirewallFindings(firewall, planned, endpoints, options, reporter);
  return endpoints;
}

/** Source: hns.md 4.7, 9. */
function refuseRemoteRules(endpoint: PlannedEndpoint, reporter: Reporter): void {
  for (const { rules, tiers } of endpoint.policies) {
    for (const { document, node, name } of [...rules, ...tiers]) {
      const message = `The endpoint ${quote(endpoint.name)} stands for a peer on another host and has no port here; it takes no ACL.`;
      reporter.error('remote-endpoint', locate(document, node), message, { rule: name });
    }
  }
}

/** Source: hns.md 5.1, last rows. */
function refuseDriver(
  endpoint: PlannedEndpoint,
  network: PlannedNetwork,
  reporter: Reporter,
): void {
  const expected = ['nat', 'ics', 'transparent', ...VFP_DRIVERS].join(', ');
  const message = `The endpoint ${quote(endpoint.name)} is on the network ${quote(network.name)} with driver ${network.driver}, for which no source says which stages exist; drivers that are modelled are ${expected}, and --driver nat reads all networks as NAT.`;
  reporter.error('driver-not-modelled', endpoint.location, message, {
    found: network.driver,
    expected,
  });
}

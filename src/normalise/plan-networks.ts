/** The networks of a host: described, documented, or only named by an endpoint. */
import { DRIVER_DEFAULT, parseDriver, type Driver } from '../platform/platform.js';
import type {
  WrittenEndpoint,
  WrittenNetwork,
  WrittenPolicies,
  WrittenRemoteRoute,
  WrittenRule,
  WrittenSet,
} from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import { locate, quote } from '../source/source-node.js';
import type { Reporter } from '../source/diagnostic.js';
import type { HostInput } from './host-input.js';
import { reportUnknownDriver, type PlannedPlatform } from './plan-platform.js';

export interface PlannedNetwork {
  readonly name: string;
  readonly id: string | null;
  readonly driver: Driver;
  /** See NormalisedNetwork. */
  readonly vni: number | null;
  /** Nothing said the driver. */
  readonly assumed: boolean;
  readonly sets: readonly WrittenSet[];
  readonly networkAcls: readonly WrittenRule[];
  readonly remoteRoutes: readonly WrittenRemoteRoute[];
  /** What every endpoint on it is given, as CNI configurations say. */
  readonly endpointPolicies: readonly WrittenPolicies[];
}

export interface NetworkPlan {
  readonly networks: PlannedNetwork[];
  /** Index of the network an endpoint of a document is on; made when it is not known yet. */
  indexOf(endpoint: WrittenEndpoint): number;
  /** Index of the network of that name, -1 when there is none. */
  indexOfName(name: string): number;
  /** Index of the network for endpoints that name none. */
  only(): number;
}

const NAME_DEFAULT = 'network';

export function planNetworks(
  input: HostInput,
  platform: PlannedPlatform,
  reporter: Reporter,
): NetworkPlan {
  // Sets in lists that stand in no network hold for all networks.
  const looseSets = input.documents.flatMap((document) => document.policies.sets);
  const looseAcls = input.documents.flatMap((document) => document.policies.networkAcls);
  const networks: PlannedNetwork[] = [
    ...(input.description?.networks ?? []).map((network) => ({
      name: network.name,
      id: null,
      driver: platform.driver ?? network.driver,
      vni:
        network.vni ??
        network.documents.flatMap((document) =>
          document.networks.map(({ vni }) => vni ?? null),
        )[0] ??
        null,
      assumed: false,
      sets: [
        ...looseSets,
        ...network.documents.flatMap((document) => [
          ...document.policies.sets,
          ...document.networks.flatMap((written) => written.policies.sets),
        ]),
      ],
      networkAcls: [
        ...looseAcls,
        ...network.documents.flatMap((document) => [
          ...document.policies.networkAcls,
          ...document.networks.flatMap((written) => written.policies.networkAcls),
        ]),
      ],
      remoteRoutes: network.documents.flatMap((document) => [
        ...document.policies.remoteRoutes,
        ...document.networks.flatMap((written) => written.policies.remoteRoutes),
      ]),
      endpointPolicies: network.documents.flatMap(({ networks: written }) =>
        written.flatMap(endpointPolicies),
      ),
    })),
    ...input.documents
      .flatMap((document) => document.networks)
      .map((network) =>
        documented(network, platform, { sets: looseSets, networkAcls: looseAcls }, reporter),
      ),
  ];

  const add = (name: string, id: string | null): number =>
    networks.push({
      name,
      id,
      driver: platform.driver ?? DRIVER_DEFAULT,
      vni: null,
      assumed: platform.driver === null,
      sets: looseSets,
      networkAcls: looseAcls,
      remoteRoutes: [],
      endpointPolicies: [],
    }) - 1;
  const indexOfName = (name: string): number =>
    networks.findIndex((network) => network.name.toLowerCase() === name.toLowerCase());
  const only = (): number => (networks.length > 0 ? 0 : add(NAME_DEFAULT, null));

  return {
    networks,
    indexOfName,
    only,
    indexOf: ({ networkId, networkName }) => {
      if (networkId === null && networkName === null) return only();
      const known = networks.findIndex(
        (network) =>
          (networkId !== null && sameId(network.id, networkId)) ||
          network.name.toLowerCase() === (networkName ?? networkId)?.toLowerCase(),
      );
      return known >= 0 ? known : add(networkName ?? networkId ?? NAME_DEFAULT, networkId);
    },
  };
}

function sameId(a: string | null, b: string): boolean {
  const plain = (id: string): string => id.toLowerCase().replaceAll(/[{}]/g, '');
  return a !== null && plain(a) === plain(b);
}

function documented(
  network: WrittenNetwork,
  platform: PlannedPlatform,
  loose: Pick<PlannedNetwork, 'sets' | 'networkAcls'>,
  reporter: Reporter,
): PlannedNetwork {
  return {
    name: network.name,
    id: network.id,
    driver: platform.driver ?? driverOf(network, reporter),
    vni: network.vni ?? null,
    assumed: false,
    sets: [...loose.sets, ...network.policies.sets],
    networkAcls: [...loose.networkAcls, ...network.policies.networkAcls],
    remoteRoutes: network.policies.remoteRoutes,
    endpointPolicies: endpointPolicies(network),
  };
}

function endpointPolicies(network: WrittenNetwork): readonly WrittenPolicies[] {
  return network.endpointPolicies === null ? [] : [network.endpointPolicies];
}

/** A network printed without a type is NAT. Source: hns.md 4.7. */
function driverOf(network: WrittenNetwork, reporter: Reporter): Driver {
  if (network.driver === 'by-caller') return refuseSilentPlugin(network, reporter);
  if (network.driver !== 'by-type') return network.driver;
  const text = textOf(network.type ?? undefined);
  if (network.type === null || text === null) return 'nat';
  const driver = parseDriver(text);
  if (driver === null) {
    reportUnknownDriver(text, locate(network.document, network.type), reporter);
  }
  return driver ?? DRIVER_DEFAULT;
}

/** Source: hns.md 7.1: what no plug-in tells must be given by the caller. */
function refuseSilentPlugin(network: WrittenNetwork, reporter: Reporter): Driver {
  const plugin = quote(textOf(network.type ?? undefined) ?? '');
  const expected = 'a plug-in that tells its network driver, or --driver';
  const hint = plugin.includes('{{') ? ' It looks like a template that was not filled in.' : '';
  const message = `The plug-in ${plugin} tells no network driver; give it with --driver.${hint}`;
  const place = { document: network.document, node: network.type ?? network.node };
  reporter.error('unknown-driver', place, message, { found: plugin, expected });
  return DRIVER_DEFAULT;
}

/**
 * Layers that rewrite, and the fronts of the host, from published ports and load balancers.
 * Source: docs/semantics/actions.md 6; hns.md 4.6, 6.3; vfp.md 10.1.
 */
import { VFP_DRIVERS } from '../platform/stage-table.js';
import { formatAddress, parseIpAddress } from './address.js';
import type { PublishedPort } from './mappings.js';
import type { PlannedBalancer } from './plan-balancers.js';
import type {
  Conditions,
  Front,
  IpAddressValue,
  NormalisedEndpoint,
  NormalisedNetwork,
  TranslatedEnd,
  TranslationLayer,
  TranslationRule,
} from './normalised-host.js';
import { TCP } from './protocols.js';

/** Source: vfp.md 10.1. */
const LB_DSR = { name: 'LB_DSR', priority: 7, group: 'LB_DSR' } as const;
/** Source: vfp.md 10.1. */
const SLB_NAT = { name: 'SLB_NAT_LAYER', priority: 50, group: 'SLB_GROUP_NAT' } as const;
/** Of networks without VFP, where WinNAT translates before the packet reaches the endpoint. */
const WINNAT = { name: 'WINNAT', priority: 50, group: 'WINNAT' } as const;

interface PlannedRule {
  readonly layer: Omit<TranslationLayer, 'rules'>;
  readonly rule: TranslationRule;
}

export interface Translations {
  /** By endpoint, ascending priority. */
  readonly layers: readonly (readonly TranslationLayer[])[];
  readonly fronts: readonly Front[];
}

export function planTranslations(
  endpoints: readonly NormalisedEndpoint[],
  networks: readonly NormalisedNetwork[],
  portsOf: (endpoint: NormalisedEndpoint) => readonly PublishedPort[],
  hostAddresses: readonly IpAddressValue[],
  balancers: readonly PlannedBalancer[],
  outbound: ReadonlyMap<string, readonly TranslationRule[]>,
): Translations {
  const rules = endpoints.map((): PlannedRule[] => []);
  const balanced: TranslationRule[] = [];
  const fronts = new Map<string, Front>();
  // The first that has an address, protocol and port holds; documents that give two are refused.
  const addFront = (front: Front): boolean => {
    const key = `${front.protocol} ${formatAddress(front.address)} ${front.port}`;
    if (fronts.has(key)) return false;
    fronts.set(key, front);
    return true;
  };
  const hasVfp = (endpoint: NormalisedEndpoint): boolean =>
    VFP_DRIVERS.some((driver) => driver === networks[endpoint.network]!.driver);
  // A dump has all layers of its port.
  const isOpen = ({ switchStage }: NormalisedEndpoint): boolean => switchStage.kind !== 'vfp';
  const addNat = (front: Front, target: TranslatedEnd, endpoint: number): void => {
    const layer = hasVfp(endpoints[endpoint]!) ? SLB_NAT : WINNAT;
    rules[endpoint]!.push({ layer, rule: natRule(front, target) });
  };

  endpoints.forEach((endpoint, index) => {
    if (!isOpen(endpoint)) return;
    for (const port of portsOf(endpoint)) {
      for (const front of frontsOf(port, endpoint, index, hostAddresses)) {
        if (!addFront(front)) continue;
        addNat(front, front.targets[0]!, index);
      }
    }
  });
  for (const { address, protocol, externalPort, targets, distribution } of balancers) {
    const front: Front = { address, protocol, port: externalPort, targets, distribution };
    if (!addFront(front)) continue;
    for (const target of targets) {
      const { endpoint } = target;
      if (endpoint !== null && isOpen(endpoints[endpoint]!)) addNat(front, target, endpoint);
    }
    balanced.push(balanceRule(front));
  }
  endpoints.forEach((endpoint, index) => {
    if (!isOpen(endpoint)) return;
    const layer = hasVfp(endpoint) ? SLB_NAT : WINNAT;
    for (const rule of outbound.get(endpoint.name) ?? []) rules[index]!.push({ layer, rule });
  });
  // One layer for all: of many endpoints and services there are as many rules as of services.
  const balancing: TranslationLayer | null =
    balanced.length === 0 ? null : { ...LB_DSR, rules: balanced };
  const isClient = (endpoint: NormalisedEndpoint): boolean =>
    isOpen(endpoint) && hasVfp(endpoint) && endpoint.isolation !== 'host';
  return {
    layers: endpoints.map((endpoint, i) => [
      ...(balancing !== null && isClient(endpoint) ? [balancing] : []),
      ...layersOf(rules[i]!),
    ]),
    fronts: [...fronts.values()],
  };
}

function layersOf(own: readonly PlannedRule[]): TranslationLayer[] {
  return [SLB_NAT, WINNAT]
    .map((layer) => ({
      ...layer,
      rules: own.filter((each) => each.layer === layer).map(({ rule }) => rule),
    }))
    .filter((layer) => layer.rules.length > 0);
}

/** Published on one address, or on each of the host's. */
function frontsOf(
  { vip, ipv6, protocol, internalPort, externalPort }: PublishedPort,
  { addresses }: NormalisedEndpoint,
  endpoint: number,
  hostAddresses: readonly IpAddressValue[],
): Front[] {
  if (externalPort === null) return [];
  const given = vip === '' ? null : parseIpAddress(vip);
  const family = ipv6 ? 6 : 4;
  const on = given === null ? hostAddresses.filter((each) => each.family === family) : [given];
  return on.flatMap((address): Front[] => {
    const own = addresses.find((each) => each.family === address.family);
    if (own === undefined) return [];
    const targets = [{ address: own, port: internalPort, endpoint }];
    return [{ address, protocol, port: externalPort, targets, distribution: 'five_tuple' }];
  });
}

/** A request from outside, at the endpoint that it is for. */
function natRule(front: Front, target: TranslatedEnd): TranslationRule {
  return {
    name: ruleName('NAT', front, target.port),
    ...{ direction: 'in', family: front.address.family, action: 'nat' },
    conditions: conditionsOf(front),
    ...{ source: null, destinations: [target], distribution: front.distribution },
  };
}

/** A request of an endpoint, as it leaves it; its reply comes back by the same flow. */
function balanceRule(front: Front): TranslationRule {
  return {
    name: ruleName('LB_DSR', front, front.targets[0]!.port),
    ...{ direction: 'out', family: front.address.family, action: 'lbnat' },
    conditions: conditionsOf(front),
    ...{ source: null, destinations: front.targets, distribution: front.distribution },
  };
}

/** HNS writes `NAT_…` and `LB_DSR_…`; what follows is after the latter. Source: vfp.md 10.1. */
function ruleName(
  word: 'NAT' | 'LB_DSR',
  { address, port, protocol }: Front,
  to: number | null,
): string {
  const end = protocol === TCP ? 'TCP' : 'UDP';
  return [word, formatAddress(address), port, to ?? port, end].join('_');
}

function conditionsOf({ address, protocol, port }: Front): Conditions {
  const { family, value } = address;
  const one = [{ from: value, to: value }];
  return {
    protocols: [protocol],
    source: null,
    destination: { ipv4: family === 4 ? one : [], ipv6: family === 6 ? one : [] },
    sourcePorts: null,
    destinationPorts: [{ from: port, to: port }],
  };
}

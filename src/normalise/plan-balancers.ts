/**
 * Load balancers of documents as services: the address, protocol and port clients use, and the
 * ends behind it. Source: docs/semantics/actions.md 6; hns.md 6.3, 7.1.
 */
import type { SourceLocation } from '../errors.js';
import type { PolicyDocument, WrittenBalancer, WrittenBalancerPort } from '../policy/document.js';
import { numberOf, textOf, missing } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  locate,
  member,
  quote,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { formatAddress, parseIpAddress } from './address.js';
import type { HostInput } from './host-input.js';
import { readMapping, refusePort, type PublishedPort } from './mappings.js';
import type {
  Distribution,
  IpAddressValue,
  NormalisedEndpoint,
  TranslatedEnd,
} from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';

/** What clients send to, and who answers. */
export interface PlannedBalancer {
  readonly address: IpAddressValue;
  readonly protocol: number;
  readonly externalPort: number;
  /** At least one, all of the family of the address. */
  readonly targets: readonly TranslatedEnd[];
  readonly distribution: Distribution;
}

/** As the service numbers them: none, SourceIPProtocol, SourceIP. Assumption: N1. */
const DISTRIBUTIONS: readonly Distribution[] = [
  'five_tuple',
  'addresses_and_protocol',
  'addresses',
];

/** Source: hns.md 9. */
const HNS_INVALID_POLICY = '0x803b000d';
const HNS_ENDPOINT_NOT_FOUND = '0x803b0002';
const HNS_INVALID_IP = '0x803b001e';
const HNS_PORT_EXISTS = '0x803b0013';

/** What a load balancer may name. */
interface Backend {
  readonly addresses: readonly IpAddressValue[];
  /** Of the endpoint in the model; null where it is not there, as peers on other hosts. */
  readonly name: string | null;
}

/** `hostAddresses`: those of a service that names none, as published ports have them. */
export function planBalancers(
  input: HostInput,
  planned: readonly PlannedEndpoint[],
  endpoints: readonly NormalisedEndpoint[],
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): readonly PlannedBalancer[] {
  const documents = allDocuments(input);
  const balancers = documents.flatMap((document) => document.balancers ?? []);
  if (balancers.length === 0) return [];
  const known = knownEndpoints(input, documents, planned);
  const owners = ownersByAddress(endpoints);
  const indexOf = new Map(endpoints.map(({ name }, i) => [name, i]));
  const ownerOf = (address: IpAddressValue, name: string | null): number | null => {
    const own = owners.get(formatAddress(address)) ?? [];
    if (own.length === 1) return own[0]!;
    // Networks may use the same addresses.
    return own.find((index) => name !== null && index === indexOf.get(name)) ?? null;
  };
  const taken = new Map<string, WrittenBalancerPort>();
  return balancers.flatMap((balancer) => {
    const { document } = balancer;
    const backends = balancer.endpoints.flatMap((node) => {
      const { addresses, name } = findBackend(document, node, known, reporter) ?? NOBODY;
      return addresses.map((address) => ({ address, endpoint: ownerOf(address, name) }));
    });
    const vips = vipsOf(balancer, hostAddresses, reporter);
    return balancer.ports.flatMap((written) => {
      const port = readPort(written, reporter);
      const distribution = readDistribution(written, reporter);
      if (port === null || distribution === null) return [];
      const { protocol, internalPort, externalPort } = port;
      return vips.flatMap((address): PlannedBalancer[] => {
        const targets = backends
          .filter((end) => end.address.family === address.family)
          .map((end): TranslatedEnd => ({ ...end, port: internalPort }));
        if (targets.length === 0) {
          // Of a port of the host it is natural that backends have one of the families.
          if (balancer.vips.length > 0) tellNoBackend(written, balancer, address, reporter);
          return [];
        }
        const key = `${protocol} ${formatAddress(address)} ${externalPort}`;
        const first = taken.get(key);
        if (first !== undefined) refuseTaken(written, first, key, reporter);
        else taken.set(key, written);
        return [{ address, protocol, externalPort, targets, distribution }];
      });
    });
  });
}

function allDocuments({ documents, description }: HostInput): readonly PolicyDocument[] {
  const attached = [...(description?.networks ?? []), ...(description?.endpoints ?? [])];
  return [...documents, ...attached.flatMap((each) => each.documents)];
}

const NOBODY: Backend = { addresses: [], name: null };

/** Endpoints by what refers to them: identifier and name, in small letters. */
function knownEndpoints(
  { description }: HostInput,
  documents: readonly PolicyDocument[],
  planned: readonly PlannedEndpoint[],
): ReadonlyMap<string, Backend> {
  const known = new Map<string, Backend>();
  const add = (word: string | null, backend: Backend): void => {
    if (word !== null && !known.has(word.toLowerCase())) known.set(word.toLowerCase(), backend);
  };
  const placeOf = ({ file, path, line, column }: SourceLocation): string =>
    [file, path, line, column].join('\n');
  const names = new Map(planned.map(({ name, location }) => [placeOf(location), name]));
  const written = documents.flatMap((document) => document.endpoints);
  const backends = written.map(({ addresses, document, node }) => ({
    addresses: addresses
      .map(({ text }) => parseIpAddress(text))
      .filter((address) => address !== null),
    name: names.get(placeOf(locate(document, node))) ?? null,
  }));
  // Identifiers first: a name that is another's identifier does not stand for it.
  written.forEach(({ node }, i) => add(textOf(member(node, 'ID') ?? undefined), backends[i]!));
  for (const { name, addresses } of description?.endpoints ?? []) add(name, { name, addresses });
  written.forEach(({ name }, i) => add(name, backends[i]!));
  return known;
}

/** Indices of the endpoints that have an address; networks may use the same ones. */
export function ownersByAddress(
  endpoints: readonly NormalisedEndpoint[],
): ReadonlyMap<string, readonly number[]> {
  const owners = new Map<string, number[]>();
  endpoints.forEach(({ addresses }, i) => {
    for (const address of addresses) {
      const key = formatAddress(address);
      owners.set(key, [...(owners.get(key) ?? []), i]);
    }
  });
  return owners;
}

/** `ID`, `/endpoints/ID`, or a name. */
function findBackend(
  document: SourceDocument,
  node: SourceNode,
  known: ReadonlyMap<string, Backend>,
  reporter: Reporter,
): Backend | null {
  const text = (textOf(node) ?? '').replace(/^\/?endpoints\//i, '');
  const found = known.get(text.toLowerCase());
  if (found !== undefined) return found;
  const message = `The load balancer names the endpoint ${quote(text)}, which no document describes.${didYouMean(text, [...known.keys()])}`;
  const details = { found: quote(text), expected: 'an endpoint', hns: HNS_ENDPOINT_NOT_FOUND };
  reporter.error('unknown-endpoint', { document, node }, message, details);
  return null;
}

/** Without one the service is a port of the host, on each of its addresses. Assumption: N9. */
function vipsOf(
  { document, vips }: WrittenBalancer,
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): readonly IpAddressValue[] {
  if (vips.length === 0) return hostAddresses;
  return vips.flatMap((node) => {
    const text = textOf(node) ?? '';
    const address = parseIpAddress(text);
    if (address !== null) return [address];
    const message = `The load balancer has the address ${quote(text)}, which is neither IPv4 nor IPv6.`;
    const details = { found: quote(text), expected: 'an address', hns: HNS_INVALID_IP };
    reporter.error('bad-address', { document, node }, message, details);
    return [];
  });
}

type BalancedPort = PublishedPort & { readonly externalPort: number };

function readPort(written: WrittenBalancerPort, reporter: Reporter): BalancedPort | null {
  const { document, node, externalPort: outer } = written;
  if (outer === null) {
    missing({ document, reporter }, node, 'The load balancer', 'ExternalPort', 'a port');
  }
  const port = readMapping(written, reporter);
  if (port === null || outer === null) return null;
  const { externalPort } = port;
  if (externalPort !== null) return { ...port, externalPort };
  // Of a published port 0 is one that the service chooses.
  refusePort(written, outer, reporter);
  return null;
}

function readDistribution(
  { document, distribution }: WrittenBalancerPort,
  reporter: Reporter,
): Distribution | null {
  const number = numberOf(distribution ?? undefined) ?? 0;
  const known = DISTRIBUTIONS[number];
  if (known !== undefined || distribution === null) return known ?? null;
  const found = describe(distribution);
  const expected = '0 (each connection), 1 (client and protocol) or 2 (client)';
  const message = `DistributionType is ${found}; it is ${expected}.`;
  const details = { found, expected, hns: HNS_INVALID_POLICY };
  reporter.error('unknown-value', { document, node: distribution }, message, details);
  return null;
}

/** What is sent there then leads nowhere. */
function tellNoBackend(
  { document, node }: WrittenBalancerPort,
  { name }: WrittenBalancer,
  address: IpAddressValue,
  reporter: Reporter,
): void {
  const message = `The load balancer ${quote(name)} has no backend with an address of the family of ${formatAddress(address)}, so nothing that is sent there is translated.`;
  reporter.warning('never-matches', { document, node }, message);
}

function refuseTaken(
  { document, node }: WrittenBalancerPort,
  first: WrittenBalancerPort,
  key: string,
  reporter: Reporter,
): void {
  const { file, line } = locate(first.document, first.node);
  const message = `Two load balancers have one address, protocol and port (${key}), the first at ${file}:${line}.`;
  const details = { found: key, expected: 'a port that is free', hns: HNS_PORT_EXISTS };
  reporter.error('port-collision', { document, node }, message, details);
}

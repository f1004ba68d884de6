/**
 * Compose files: a service is an endpoint on each of its networks, with the ports it publishes.
 * Docker on Windows makes no ACL of them. Source: hns.md F10, 7.2; the Compose specification;
 * docs/semantics/documents.md, Compose files.
 */
import { ISOLATIONS, parseIsolation, type Isolation } from '../platform/platform.js';
import { madeObject } from '../source/made-node.js';
import {
  describe,
  member,
  quote,
  type ObjectNode,
  type SourceNode,
} from '../source/source-node.js';
import type { WrittenEndpoint, WrittenNetwork } from './document.js';
import {
  PUBLISHED_PORTS_MAX,
  parsePortString,
  publishedPorts,
  type PortString,
} from './port-string.js';
import { asObject, nameOf, textOf, wrongType, type ReadContext } from './read-fields.js';
import { emptyPolicyList, NO_POLICIES, readPolicy, type PolicyCounts } from './read-policies.js';

/** Networks that a message lists. */
const NAMES_SHOWN = 10;
const DEFAULT_NETWORK = 'default';
/** The network the daemon makes on Windows. Source: hns.md 7.2. */
const DAEMON_NETWORK = 'nat';

export interface ComposeDocument {
  readonly endpoints: readonly WrittenEndpoint[];
  readonly networks: readonly WrittenNetwork[];
}

/** What the readers of one file share. */
interface Reading {
  readonly context: ReadContext;
  readonly counts: PolicyCounts;
  /** Name of the network on the host, by its key in the file. */
  readonly networks: Map<string, string>;
  published: number;
}

export function isCompose(item: ObjectNode): boolean {
  return member(item, 'services') !== null;
}

export function readCompose(
  context: ReadContext,
  item: ObjectNode,
  counts: PolicyCounts,
): ComposeDocument {
  const reading: Reading = { context, counts, networks: new Map(), published: 0 };
  const include = member(item, 'include');
  if (include !== null) refuseUnresolved(context, include, 'include');
  const networks = readNetworks(reading, item);
  const services = membersOf(context, member(item, 'services'));
  const endpoints = services.flatMap((service) => readService(reading, service));
  const needsDefault = endpoints.some(({ networkName }) => networkName === DEFAULT_NETWORK);
  if (needsDefault && !reading.networks.has(DEFAULT_NETWORK)) {
    networks.push(networkOf(context, item, DEFAULT_NETWORK, null));
  }
  return { endpoints, networks };
}

/** Networks the file makes; those that are there already are known by their names only. */
function readNetworks(reading: Reading, item: ObjectNode): WrittenNetwork[] {
  const { context } = reading;
  return membersOf(context, member(item, 'networks')).flatMap((node) => {
    if (node.kind !== 'object' && node.kind !== 'null') {
      wrongType(context, node, 'an object');
      return [];
    }
    const field = (name: string): SourceNode | undefined =>
      (node.kind === 'object' ? member(node, name) : null) ?? undefined;
    const external = field('external');
    const name = plainName(context, field('name')) ?? externalName(context, external) ?? node.key;
    reading.networks.set(node.key, name);
    const isExternal = external !== undefined && external.value !== false;
    if (isExternal && name !== DAEMON_NETWORK) return [];
    const owner = node.kind === 'object' ? node : item;
    return [networkOf(context, owner, name, isExternal ? null : (field('driver') ?? null))];
  });
}

/** The older form `external: {name: …}`. */
function externalName(context: ReadContext, external: SourceNode | undefined): string | null {
  return external?.kind === 'object'
    ? plainName(context, member(external, 'name') ?? undefined)
    : null;
}

/** Without a driver it is NAT: the default of the daemon on Windows. */
function networkOf(
  { document }: ReadContext,
  node: ObjectNode,
  name: string,
  type: SourceNode | null,
): WrittenNetwork {
  const none = { policies: NO_POLICIES, endpointPolicies: null };
  return { document, node, id: null, name, type, driver: 'by-type', ...none };
}

/** The endpoints of a service, its ports on the first of them. */
function readService(reading: Reading, item: SourceNode): WrittenEndpoint[] {
  const { context, counts } = reading;
  const service = asObject(context, item);
  if (service === null) return [];
  const field = (name: string): SourceNode | undefined => member(service, name) ?? undefined;
  const inherited = field('extends');
  if (inherited !== undefined) refuseUnresolved(context, inherited, 'extends');
  const name = plainName(context, field('container_name')) ?? service.key;
  const isolation = isolationOf(context, field('isolation'));
  const attachments = attachmentsOf(reading, service);
  return attachments.map(({ network, node }, i) => {
    const own = (key: string): SourceNode | undefined =>
      (node?.kind === 'object' ? member(node, key) : null) ?? undefined;
    const policies = emptyPolicyList();
    if (i === 0) {
      for (const { port, at } of portsOf(reading, field('ports'))) {
        const { protocol, internalPort: InternalPort, externalPort } = port;
        const nat = { Type: 'NAT', Protocol: protocol.toUpperCase(), InternalPort };
        const ExternalPort = externalPort ?? undefined;
        readPolicy(context, madeObject({ ...nat, ExternalPort }, at), 'port', policies, counts);
      }
    }
    return {
      document: context.document,
      node: service,
      name: i === 0 ? name : `${name} (${network})`,
      networkId: null,
      networkName: network,
      addresses: [own('ipv4_address'), own('ipv6_address')].flatMap((address) => {
        const text = plainText(context, address);
        return text === null ? [] : [{ text, node: address! }];
      }),
      mac: own('mac_address') ?? (i === 0 ? field('mac_address') : undefined) ?? null,
      remote: false,
      isolation,
      policies,
    };
  });
}

interface Attachment {
  readonly network: string;
  /** What the service says of itself there; null when nothing. */
  readonly node: SourceNode | null;
}

function attachmentsOf(reading: Reading, service: ObjectNode): Attachment[] {
  const { context } = reading;
  const mode = member(service, 'network_mode');
  const text = plainText(context, mode ?? undefined);
  // No adapter of its own: none at all, or that of another container.
  if (text === 'none' || text?.startsWith('service:') || text?.startsWith('container:')) return [];
  if (mode !== null && text !== null && text !== 'default') {
    return [{ network: reading.networks.get(text) ?? text, node: null }];
  }
  const networks = member(service, 'networks');
  const items = itemsOf(networks);
  if (items.length === 0) {
    const network = reading.networks.get(DEFAULT_NETWORK) ?? DEFAULT_NETWORK;
    return [{ network, node: null }];
  }
  return items.flatMap((item) => {
    const key = networks?.kind === 'object' ? item.key : plainText(context, item);
    if (key === null) return [];
    const network = reading.networks.get(key) ?? (key === DEFAULT_NETWORK ? key : null);
    if (network !== null) return [{ network, node: item }];
    const known = [...reading.networks.keys()].slice(0, NAMES_SHOWN).join(', ') || 'none';
    const message = `The service ${quote(service.key)} is on the network ${quote(key)}, which the file does not declare.`;
    const place = { document: context.document, node: item };
    context.reporter.error('unknown-network', place, message, { found: key, expected: known });
    return [];
  });
}

/** What is written in a list, or under names. */
function itemsOf(node: SourceNode | null): readonly SourceNode[] {
  return node?.kind === 'array' || node?.kind === 'object' ? node.value : [];
}

interface ReadPort {
  readonly port: PortString;
  readonly at: SourceNode;
}

function portsOf(reading: Reading, list: SourceNode | undefined): readonly ReadPort[] {
  if (list === undefined || list.kind === 'null') return [];
  if (list.kind !== 'array') {
    wrongType(reading.context, list, 'a list');
    return [];
  }
  return list.value.flatMap((at) => {
    const ports =
      at.kind === 'object' ? longForm(reading.context, at) : shortForm(reading.context, at);
    reading.published += ports.length;
    if (reading.published <= PUBLISHED_PORTS_MAX) return ports.map((port) => ({ port, at }));
    const expected = `at most ${PUBLISHED_PORTS_MAX}`;
    const message = `Up to here the file publishes ${reading.published} ports; a document publishes ${expected}.`;
    const place = { document: reading.context.document, node: at };
    reading.context.reporter.error('document-limit', place, message, { expected });
    return [];
  });
}

function shortForm(context: ReadContext, at: SourceNode): readonly PortString[] {
  const text = plainText(context, at);
  return text === null ? [] : accepted(context, at, parsePortString(text));
}

/** `{target, published, host_ip, protocol, mode, …}`: `published` may be a range, `target` not. */
function longForm(context: ReadContext, at: ObjectNode): readonly PortString[] {
  const text = (name: string): string | null => plainText(context, member(at, name) ?? undefined);
  return accepted(
    context,
    at,
    publishedPorts({
      hostAddress: text('host_ip'),
      host: text('published'),
      container: text('target') ?? '',
      protocol: text('protocol'),
    }),
  );
}

function accepted(
  context: ReadContext,
  node: SourceNode,
  ports: readonly PortString[] | string,
): readonly PortString[] {
  if (typeof ports !== 'string') return ports;
  const found = describe(node);
  const message = `${found} cannot be published: ${ports}.`;
  const details = { found, expected: '[host:]container[/tcp|udp]', hns: HNS_INVALID_PORT };
  context.reporter.error('bad-port', { document: context.document, node }, message, details);
  return [];
}

/** Source: hns.md 9. */
const HNS_INVALID_PORT = '0x803b002d';

/** `default` leaves it to the daemon. */
function isolationOf(context: ReadContext, node: SourceNode | undefined): Isolation | null {
  const text = plainText(context, node);
  if (node === undefined || text === null || text === 'default') return null;
  const isolation = parseIsolation(text);
  if (isolation !== null && isolation !== 'host') return isolation;
  const expected = ['default', ...ISOLATIONS.filter((each) => each !== 'host')].join(', ');
  const message = `isolation is ${quote(text)}; it is one of ${expected}.`;
  const place = { document: context.document, node };
  context.reporter.error('unknown-isolation', place, message, { found: quote(text), expected });
  return null;
}

/** A text in which nothing is left to fill in; null when absent or refused. */
function plainText(context: ReadContext, node: SourceNode | undefined): string | null {
  if (node === undefined || node.kind === 'null') return null;
  if (node.kind !== 'string' && node.kind !== 'number') {
    wrongType(context, node, 'a text or a number');
    return null;
  }
  const text = textOf(node);
  if (text === null || !/(?:^|[^$])(?:\$\$)*\$(?:\{|[A-Za-z_])/.test(text)) return text;
  const message = `${quote(text)} has a variable that is not filled in; give what docker compose config prints.`;
  const details = { found: quote(text), expected: 'a text without variables' };
  context.reporter.error('unknown-value', { document: context.document, node }, message, details);
  return null;
}

function plainName(context: ReadContext, node: SourceNode | undefined): string | null {
  // Two dollars stand for one.
  return plainText(context, node) === null
    ? null
    : (nameOf(context, node)?.replaceAll('$$', '$') ?? null);
}

/** What stands in other files is not known from this one. */
function refuseUnresolved(context: ReadContext, node: SourceNode, what: string): void {
  const message = `${what} takes services from elsewhere; give what docker compose config prints, which has them in place.`;
  const place = { document: context.document, node, part: 'key' } as const;
  context.reporter.error('unknown-value', place, message, { found: what });
}

function membersOf(context: ReadContext, node: SourceNode | null): readonly SourceNode[] {
  if (node === null || node.kind === 'null') return [];
  const object = asObject(context, node);
  return object?.value ?? [];
}

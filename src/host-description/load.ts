/**
 * Host descriptions from files, texts and plain values: the form first, then the words in it.
 * Importing this file loads the packages `yaml` and `zod`; import it where a description is read.
 * Source: interfaces.md 7.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { PortaclError, type SourceLocation } from '../errors.js';
import { NO_MACHINE_FACTS } from '../firewall/facts.js';
import type { FirewallDocument } from '../firewall/firewall-document.js';
import { hnsRules, interfaceOf } from '../firewall/hns-rules.js';
import { loadFirewallFiles } from '../firewall/load.js';
import { parseIpAddress, parseMac } from '../normalise/address.js';
import type { PublishedPort } from '../normalise/mappings.js';
import { TCP, UDP } from '../normalise/protocols.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { SemanticOptionsInput } from '../normalise/options.js';
import { reportUnknownDriver, reportUnknownWindows } from '../normalise/plan-platform.js';
import {
  DRIVER_DEFAULT,
  HOST_DRIVER,
  ISOLATIONS,
  parseDriver,
  parseIsolation,
  type Isolation,
} from '../platform/platform.js';
import { parseWindows, type WindowsRelease } from '../platform/windows-releases.js';
import type { PolicyDocument } from '../policy/document.js';
import { loadPolicyFiles, type LoadOptions } from '../policy/load.js';
import { parsePortString, PUBLISHED_PORTS_MAX } from '../policy/port-string.js';
import { readNodes } from '../policy/read-document.js';
import { boundedName } from '../policy/read-fields.js';
import { createReporter, PolicyError, type Reporter } from '../source/diagnostic.js';
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { didYouMean } from '../source/nearest.js';
import { readSourceFile } from '../source/read-file.js';
import {
  locate,
  member,
  quote,
  toValue,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { readYaml, readYamlDocuments } from '../source/yaml.js';
import type {
  DescribedContainer,
  DescribedEndpoint,
  DescribedNetwork,
  HostDescription,
} from './host-description.js';
import { readInterface, readMachine, readProcesses } from './read-firewall.js';
import { checkForm, FORM_FIELDS, type FormIssue, type HostForm } from './schema.js';

/**
 * Reads a host description from a file: JSON when its name ends in `.json`, YAML otherwise. What
 * is wrong inside is in its diagnostics.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 */
export function loadHostDescription(path: string, options: LoadOptions): HostDescription {
  return readable(path, () => readText(readSourceFile(path), options));
}

/** Reads a host description given as a text; file names in it are relative to `name`. */
export function hostDescriptionFromText(
  text: string,
  name: string,
  options: LoadOptions,
): HostDescription {
  return readable(name, () => readText({ name, text }, options));
}

/** Reads a host description given as a plain value; file names in it are relative to `name`. */
export function hostDescriptionFromValue(
  value: unknown,
  name: string,
  options: LoadOptions,
): HostDescription {
  return readable(name, () => readDescription(fromValue(value, name), options));
}

function readText(source: SourceText, options: LoadOptions): HostDescription {
  const isJson = source.name.toLowerCase().endsWith('.json');
  return readDescription(isJson ? readJson(source) : readYaml(source), options);
}

function readable(name: string, read: () => HostDescription): HostDescription {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return emptyDescription(name, error.diagnostics);
  }
}

function emptyDescription(
  name: string,
  diagnostics: HostDescription['diagnostics'],
): HostDescription {
  return {
    name,
    windows: null,
    addresses: [],
    networks: [],
    endpoints: [],
    firewall: [],
    machine: NO_MACHINE_FACTS,
    options: {},
    diagnostics,
  };
}

/** What the readers below are given. */
interface Reading {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
  readonly options: LoadOptions;
}

type EndpointForm = NonNullable<HostForm['endpoints']>[number];
type HostInterfaceForm = NonNullable<HostForm['host']>['interfaces'][number];
type NetworkForm = NonNullable<HostForm['networks']>[number];
type Path = readonly (string | number)[];

function readDescription(document: SourceDocument, options: LoadOptions): HostDescription {
  const reporter = createReporter(options.strict);
  const reading: Reading = { document, reporter, options };
  const checked = checkForm(toValue(document.root));
  if ('issues' in checked) {
    checked.issues.forEach((issue) => reportIssue(reading, issue));
    return emptyDescription(document.source.name, reporter.result());
  }
  const { form } = checked;
  const windows = readWindows(reading, form.windows);
  const addresses = (form.addresses ?? []).flatMap((text, i) =>
    readAddress(reading, text, locationOf(reading, ['addresses', i])),
  );
  const networks = [
    ...(form.networks ?? []).map((network, i) => readNetwork(reading, network, i)),
    ...hostNetwork(reading, form),
  ];
  const endpoints = (form.endpoints ?? []).map((item, i) => readEndpoint(reading, item, i));
  return {
    name: document.source.name,
    windows,
    addresses,
    networks,
    endpoints: [...endpoints, ...readHostInterfaces(reading, form)],
    firewall: [
      ...readFirewallFiles(reading, form.firewall?.policies, ['firewall', 'policies']),
      ...(form.firewall?.hnsRules === true ? [hnsRules(networks)] : []),
    ],
    machine: readMachine(form.firewall ?? {}, ['firewall'], reporter, (path) =>
      locationOf(reading, path),
    ),
    // The form has no member that is undefined: documents cannot write one.
    options: (form.options ?? {}) as SemanticOptionsInput,
    diagnostics: reporter.result(),
  };
}

function reportIssue(reading: Reading, issue: FormIssue): void {
  const { document, reporter } = reading;
  const node = nodeAt(document.root, issue.path);
  if (issue.unknownKeys.length === 0) {
    const path = issue.path.join('.');
    const message = `The host description${path === '' ? '' : ` at ${path}`} is not as it should be: ${issue.message}.`;
    reporter.error('bad-host-description', { document, node }, message, {
      expected: issue.message,
    });
  }
  for (const unknown of issue.unknownKeys) {
    const field = node.kind === 'object' ? member(node, unknown) : null;
    const message = `The host description has no field ${quote(unknown)} there.${didYouMean(unknown, FORM_FIELDS)}`;
    const place = { document, node: field ?? node, part: 'key' } as const;
    reporter.error('bad-host-description', place, message, { found: quote(unknown) });
  }
}

/** The node at a path, or the last one on the way. */
function nodeAt(root: SourceNode, path: Path): SourceNode {
  let node = root;
  for (const step of path) {
    const next =
      node.kind === 'object'
        ? member(node, String(step))
        : node.kind === 'array'
          ? (node.value[Number(step)] ?? null)
          : null;
    if (next === null) break;
    node = next;
  }
  return node;
}

function locationOf(reading: Reading, path: Path): SourceLocation {
  return locate(reading.document, nodeAt(reading.document.root, path));
}

function readWindows(reading: Reading, value: string | number | undefined): WindowsRelease | null {
  if (value === undefined) return null;
  const windows = parseWindows(String(value));
  if (windows === null) {
    reportUnknownWindows(String(value), locationOf(reading, ['windows']), reading.reporter);
  }
  return windows;
}

function readNetwork(reading: Reading, network: NetworkForm, index: number): DescribedNetwork {
  const path = ['networks', index];
  const driver = parseDriver(network.driver);
  if (driver === null) {
    reportUnknownDriver(network.driver, locationOf(reading, [...path, 'driver']), reading.reporter);
  }
  return {
    name: readName(reading, network.name, [...path, 'name']),
    driver: driver ?? DRIVER_DEFAULT,
    subnets: network.subnets ?? [],
    vni: network.vni ?? null,
    documents: (network.documents ?? []).flatMap((file, i) =>
      readFile(reading, file, [...path, 'documents', i]),
    ),
    location: locationOf(reading, path),
  };
}

function readEndpoint(reading: Reading, endpoint: EndpointForm, index: number): DescribedEndpoint {
  const path = ['endpoints', index];
  const at = (...steps: Path): SourceLocation => locationOf(reading, [...path, ...steps]);
  return {
    name: readName(reading, endpoint.name, [...path, 'name']),
    network: endpoint.network ?? null,
    isolation: readIsolation(reading, endpoint.isolation, at('isolation')),
    owner:
      endpoint.owner === undefined ? null : readName(reading, endpoint.owner, [...path, 'owner']),
    addresses: (endpoint.addresses ?? []).flatMap((text, i) =>
      readAddress(reading, text, at('addresses', i)),
    ),
    mac: readMac(reading, endpoint.mac, at('mac')),
    compartment: endpoint.compartment ?? null,
    documents: readPolicies(reading, [...path, 'policies']),
    ports: readPorts(reading, endpoint.ports, [...path, 'ports']),
    containers: readContainers(reading, endpoint.containers ?? [], [...path, 'containers']),
    interface: readInterface(endpoint, path, reading.reporter, (of) => locationOf(reading, of)),
    firewall: readFirewallFiles(reading, endpoint.firewall, [...path, 'firewall']),
    location: at(),
  };
}

/** The host's own stack, compartment 1: each of its interfaces is an endpoint (R2). */
function readHostInterfaces(reading: Reading, form: HostForm): DescribedEndpoint[] {
  const path = ['host', 'processes'];
  const locate = (of: Path): SourceLocation => locationOf(reading, of);
  const processes = readProcesses(form.host?.processes ?? [], path, reading.reporter, locate);
  return (form.host?.interfaces ?? []).map((item, i) => {
    const described = readHostInterface(reading, item, ['host', 'interfaces', i]);
    const own = described.interface;
    return { ...described, interface: { ...own, processes: [...own.processes, ...processes] } };
  });
}

function readHostInterface(
  reading: Reading,
  item: HostInterfaceForm,
  path: Path,
): DescribedEndpoint {
  const at = (...steps: Path): SourceLocation => locationOf(reading, [...path, ...steps]);
  const described = readInterface(item, path, reading.reporter, (of) => locationOf(reading, of));
  const alias = item.network === undefined ? [] : [interfaceOf(item.network)];
  return {
    name: readName(reading, item.name, [...path, 'name']),
    network: item.network ?? HOST_NETWORK,
    isolation: 'host',
    owner: 'host',
    addresses: item.addresses.flatMap((text, i) => readAddress(reading, text, at('addresses', i))),
    mac: readMac(reading, item.mac, at('mac')),
    compartment: HOST_COMPARTMENT,
    documents: [],
    ports: [],
    containers: [],
    // Assumption: W13.
    interface: { ...described, names: described.names.length > 0 ? described.names : alias },
    firewall: [],
    location: at(),
  };
}

/** Where the interfaces of the host are that name no network. */
const HOST_NETWORK = 'host';
const HOST_COMPARTMENT = 1;

function hostNetwork(reading: Reading, form: HostForm): DescribedNetwork[] {
  const needed = (form.host?.interfaces ?? []).some(({ network }) => network === undefined);
  if (!needed) return [];
  const location = locationOf(reading, ['host']);
  const nothing = { subnets: [], vni: null, documents: [] };
  return [{ name: HOST_NETWORK, driver: HOST_DRIVER, ...nothing, location }];
}

/** Files beside the description; one that cannot be opened is reported where it is named. */
function readFirewallFiles(
  reading: Reading,
  files: readonly string[] = [],
  path: Path,
): readonly FirewallDocument[] {
  return files.flatMap((file, i) => {
    const name = besideDescription(reading, file);
    return opened(reading, name, [...path, i], () => loadFirewallFiles([name], reading.options));
  });
}

function readName(reading: Reading, name: string, path: Path): string {
  return boundedName(reading.reporter, locationOf(reading, path), String(path.at(-1)), name);
}

function readIsolation(
  { reporter }: Reading,
  text: string | undefined,
  location: SourceLocation,
): Isolation | null {
  const isolation = text === undefined ? null : parseIsolation(text);
  if (text !== undefined && isolation === null) {
    const expected = ISOLATIONS.join(' or ');
    const message = `${quote(text)} is no isolation; it is ${expected}.`;
    reporter.error('unknown-isolation', location, message, { found: quote(text), expected });
  }
  return isolation;
}

function readAddress(
  { reporter }: Reading,
  text: string,
  location: SourceLocation,
): IpAddressValue[] {
  const address = parseIpAddress(text);
  if (address !== null) return [address];
  const message = `${quote(text)} is no address of an endpoint or host; it is IPv4 or IPv6 without a prefix length.`;
  const details = { found: quote(text), expected: 'an address', hns: '0x803b001e' };
  reporter.error('bad-address', location, message, details);
  return [];
}

function readMac(
  { reporter }: Reading,
  text: string | undefined,
  location: SourceLocation,
): bigint | null {
  const mac = text === undefined ? null : parseMac(text);
  if (text !== undefined && mac === null) {
    const message = `${quote(text)} is no MAC address; it is six bytes such as 00-15-5D-01-02-03.`;
    reporter.error('bad-address', location, message, { found: quote(text), expected: 'six bytes' });
  }
  return mac;
}

/** Containers of one pod are told apart by their names. */
function readContainers(
  reading: Reading,
  containers: NonNullable<EndpointForm['containers']>,
  path: Path,
): DescribedContainer[] {
  const taken = new Set<string>();
  return containers.map((container, i) => {
    const name = readName(reading, container.name, [...path, i, 'name']);
    if (taken.has(name)) {
      const message = `Two containers of the endpoint are named ${quote(name)}; names are given once.`;
      const location = locationOf(reading, [...path, i, 'name']);
      reading.reporter.error('bad-host-description', location, message, { found: quote(name) });
    }
    taken.add(name);
    return { name, ports: readPorts(reading, container.ports, [...path, i, 'ports']) };
  });
}

function readPorts(
  reading: Reading,
  ports: EndpointForm['ports'] = [],
  path: Path,
): PublishedPort[] {
  const published: PublishedPort[] = [];
  for (const [i, text] of ports.entries()) {
    const location = locationOf(reading, [...path, i]);
    published.push(...readPort(reading, String(text), location));
    if (published.length > PUBLISHED_PORTS_MAX) {
      const expected = `at most ${PUBLISHED_PORTS_MAX}`;
      const message = `Up to here ${published.length} ports are published; a list publishes ${expected}.`;
      reading.reporter.error('document-limit', location, message, { expected });
      return [];
    }
  }
  return published;
}

function readPort({ reporter }: Reading, text: string, location: SourceLocation): PublishedPort[] {
  const ports = parsePortString(text);
  if (typeof ports !== 'string') {
    return ports.map(({ protocol, internalPort, externalPort }) => ({
      ...{ protocol: protocol === 'tcp' ? TCP : UDP, internalPort, externalPort },
      ...{ vip: '', ipv6: false, location },
    }));
  }
  const message = `${quote(text)} cannot be published: ${ports}; it is written 8080:80/tcp.`;
  const details = { found: quote(text), expected: '[host:]container[/tcp|udp]', hns: '0x803b002d' };
  reporter.error('bad-port', location, message, details);
  return [];
}

/** Policies written in place, `{file: name}`, or names of files; one of them or a list. */
function readPolicies(reading: Reading, path: Path): readonly PolicyDocument[] {
  const { document, options } = reading;
  const node = nodeAt(document.root, path);
  if (node.key !== 'policies') return [];
  const items = node.kind === 'array' ? node.value : [node];
  const documents: PolicyDocument[] = [];
  let inPlace: SourceNode[] = [];
  const flush = (): void => {
    if (inPlace.length > 0) documents.push(readNodes(document, inPlace, options.strict));
    inPlace = [];
  };
  items.forEach((item, i) => {
    const file = fileOf(item);
    if (file === null) {
      inPlace.push(item);
      return;
    }
    flush();
    documents.push(...readFile(reading, file, node.kind === 'array' ? [...path, i] : path));
  });
  flush();
  return documents;
}

function fileOf(item: SourceNode): string | null {
  if (item.kind === 'string') return item.value;
  const file = item.kind === 'object' && item.value.length === 1 ? member(item, 'file') : null;
  return file?.kind === 'string' ? file.value : null;
}

/** A document beside the description; one that cannot be opened is reported where it is named. */
function readFile(reading: Reading, file: string, path: Path): readonly PolicyDocument[] {
  const name = besideDescription(reading, file);
  return opened(reading, name, path, () =>
    loadPolicyFiles([name], { ...reading.options, yaml: readYamlDocuments }),
  );
}

function besideDescription(reading: Reading, file: string): string {
  return isAbsolute(file) ? file : join(dirname(reading.document.source.name), file);
}

function opened<T>(
  reading: Reading,
  name: string,
  path: Path,
  load: () => readonly T[],
): readonly T[] {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof PortaclError)) throw error;
    const message = `${name}: ${error.message}`;
    reading.reporter.error(error.code, locationOf(reading, path), message, { found: quote(name) });
    return [];
  }
}

/**
 * Host descriptions from files, texts and plain values: the form first, then the words in it.
 * Importing this file loads the packages `yaml` and `zod`; import it where a description is read.
 * Source: interfaces.md 7.
 */
import type { SourceLocation } from '../errors.js';
import { NO_MACHINE_FACTS } from '../firewall/facts.js';
import { hnsRules, interfaceOf } from '../firewall/hns-rules.js';
import type { SemanticOptionsInput } from '../normalise/options.js';
import { reportUnknownDriver, reportUnknownWindows } from '../normalise/plan-platform.js';
import { DRIVER_DEFAULT, HOST_DRIVER, parseDriver } from '../platform/platform.js';
import { parseWindows, type WindowsRelease } from '../platform/windows-releases.js';
import type { LoadOptions } from '../policy/load.js';
import { createReporter, PolicyError } from '../source/diagnostic.js';
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { didYouMean } from '../source/nearest.js';
import { readSourceFile } from '../source/read-file.js';
import { member, quote, toValue, type SourceDocument } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { readYaml } from '../source/yaml.js';
import type {
  DescribedContainer,
  DescribedEndpoint,
  DescribedNetwork,
  HostDescription,
} from './host-description.js';
import { locationOf, nodeAt, type Path, type Reading } from './place.js';
import { readFile, readFirewallFiles, readPolicies } from './read-files.js';
import { readInterface, readMachine, readProcesses } from './read-firewall.js';
import { readAddress, readIsolation, readMac, readName, readPorts } from './read-words.js';
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

type EndpointForm = NonNullable<HostForm['endpoints']>[number];
type HostInterfaceForm = NonNullable<HostForm['host']>['interfaces'][number];
type NetworkForm = NonNullable<HostForm['networks']>[number];

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
    const state = form.host?.bootTime ? 'boot-time' : item.quarantine ? 'quarantine' : 'ready';
    const all = [...own.processes, ...processes];
    return { ...described, interface: { ...own, state, processes: all } };
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

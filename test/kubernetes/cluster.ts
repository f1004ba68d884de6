/** Clusters for tests: objects in one line each. */
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import type { FrontEnd } from '../../src/kubernetes/compilers.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { readPolicyDocuments } from '../../src/policy/load.js';
import type { Diagnostic } from '../../src/source/diagnostic.js';
import { readYamlDocuments } from '../../src/source/yaml.js';

export type Json = Record<string, unknown>;

export function pod(
  id: string,
  ip: string | readonly string[],
  labels: Json = {},
  more: { spec?: Json; status?: Json } = {},
): Json {
  const [namespace, name] = id.split('/');
  const ips = typeof ip === 'string' ? [ip] : ip;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'main' }], ...more.spec },
    status: { podIP: ips[0], podIPs: ips.map((each) => ({ ip: each })), ...more.status },
  };
}

export function namespace(name: string, labels: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function policy(id: string, spec: Json): Json {
  const [space, name] = id.split('/');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: space },
    spec: { podSelector: {}, ...spec },
  };
}

export function labelled(labels: Json): Json {
  return { matchLabels: labels };
}

export interface Reading {
  readonly host: NormalisedHost | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a text as a file of policies would be read. */
export function readText(
  text: string,
  options: {
    strict?: boolean;
    isolation?: string;
    driver?: string;
    name?: string;
    frontEnd?: FrontEnd;
  } = {},
): Reading {
  const {
    strict = true,
    isolation = 'hyperv',
    driver = 'l2bridge',
    name = 'objects.yaml',
    frontEnd,
  } = options;
  const documents = readPolicyDocuments([{ source: { name, text } }], {
    strict,
    yaml: readYamlDocuments,
  });
  const platform = { windows: 'ws2022', driver, isolation };
  return normaliseHost({ documents, platform, strict, frontEnd });
}

/** The host of a cluster. */
export function hostOf(
  objects: readonly Json[],
  options: Parameters<typeof readText>[1] = {},
): NormalisedHost {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const { host, diagnostics } = readText(text, { name: 'objects.json', ...options });
  if (host === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return host;
}

/** `severity code line:column` of each diagnostic. */
export function briefly({ diagnostics }: Reading): string[] {
  return diagnostics.map(
    ({ severity, code, location }) => `${severity} ${code} ${location.line}:${location.column}`,
  );
}

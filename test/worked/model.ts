/** Documents and platform to a simulator, for tables of verdicts. */
import {
  PolicyError,
  Simulator,
  compileHost,
  decidingRecord,
  hostView,
  lintHost,
  normaliseHost,
  policyFromValue,
  type CompiledHost,
  type Diagnostic,
  type HostInput,
  type HostView,
  type PacketRecord,
  type PlatformFlags,
  type Tuple,
} from '../../src/index.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';

export interface Model {
  readonly simulator: Simulator;
  readonly view: HostView;
  readonly warnings: readonly Diagnostic[];
  /** The record that decided, for each packet in turn. */
  readonly judge: (...tuples: Tuple[]) => PacketRecord[];
}

/** Strict reading. @throws {PolicyError} */
export function modelOf(platform: PlatformFlags, ...documents: unknown[]): Model {
  return modelOfInput(inputOf(platform, documents));
}

/** As {@link modelOf}, from a host description. @throws {PolicyError} */
export function modelOfHost(description: unknown, platform: PlatformFlags = {}): Model {
  return modelOfInput({
    documents: [],
    description: hostDescriptionFromValue(description, 'host.json', { strict: true }),
    platform,
    strict: true,
  });
}

function inputOf(platform: PlatformFlags, documents: readonly unknown[]): HostInput {
  return {
    documents: documents.map((d, i) => policyFromValue(d, `policy${i}.json`, { strict: true })),
    platform,
    strict: true,
  };
}

/** What {@link modelOf} simulates. @throws {PolicyError} */
export function compiledOf(platform: PlatformFlags, ...documents: unknown[]): CompiledHost {
  return compiledOfInput(inputOf(platform, documents));
}

/** The same with options of the semantics. @throws {PolicyError} */
export function compiledWith(
  options: SemanticOptionsInput,
  platform: PlatformFlags,
  ...documents: unknown[]
): CompiledHost {
  return compiledOfInput({ ...inputOf(platform, documents), options });
}

/** What {@link modelOfHost} simulates. @throws {PolicyError} */
export function compiledOfHost(description: unknown, platform: PlatformFlags = {}): CompiledHost {
  const host = hostDescriptionFromValue(description, 'host.json', { strict: true });
  return compiledOfInput({ documents: [], description: host, platform, strict: true });
}

function compiledOfInput(input: HostInput): CompiledHost {
  const { host, diagnostics } = normaliseHost(input);
  if (host === null) throw new PolicyError(diagnostics);
  return compileHost(host);
}

function modelOfInput(input: HostInput): Model {
  const { host, diagnostics } = normaliseHost(input);
  if (host === null) throw new PolicyError(diagnostics);
  const simulator = new Simulator(compileHost(host));
  return {
    simulator,
    view: hostView(host),
    warnings: [...diagnostics, ...lintHost(host)].filter((d) => d.severity === 'warning'),
    judge: (...tuples) => simulator.judge(tuples).map((records) => decidingRecord(records)),
  };
}

/** The first error that the documents get on the platform. */
export function errorOf(platform: PlatformFlags, ...documents: unknown[]): Diagnostic {
  const { diagnostics } = normaliseHost({
    documents: documents.map((d, i) => policyFromValue(d, `policy${i}.json`, { strict: true })),
    platform,
    strict: true,
  });
  const error = diagnostics.find((d) => d.severity === 'error');
  if (error === undefined) throw new Error('the documents were accepted');
  return error;
}

/** A v2 ACL. */
export function acl(
  action: 'Allow' | 'Block',
  direction: 'In' | 'Out',
  settings: Readonly<Record<string, unknown>> = {},
): object {
  return { Type: 'ACL', Settings: { Action: action, Direction: direction, ...settings } };
}

export const tcp = (
  dir: 'in' | 'out',
  from: string,
  to: string,
  rest: Partial<Tuple> = {},
): Tuple => ports(dir, 6, from, to, rest);
export const udp = (
  dir: 'in' | 'out',
  from: string,
  to: string,
  rest: Partial<Tuple> = {},
): Tuple => ports(dir, 17, from, to, rest);

/** `10.0.0.1:80`; IPv6 in brackets. */
function ports(
  dir: 'in' | 'out',
  proto: number,
  from: string,
  to: string,
  rest: Partial<Tuple>,
): Tuple {
  const [src, sport] = split(from);
  const [dst, dport] = split(to);
  return { dir, proto, src, dst, sport, dport, ...rest };
}

function split(text: string): [string, number] {
  const colon = text.lastIndexOf(':');
  return [text.slice(0, colon).replace(/^\[|\]$/g, ''), Number(text.slice(colon + 1))];
}

export const raw = (dir: 'in' | 'out', proto: number, src: string, dst: string): Tuple => ({
  dir,
  proto,
  src,
  dst,
});

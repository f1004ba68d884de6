/** Published ports: v1 `NAT`, v2 `PortMapping`, port strings. Source: hns.md 4.6, 6.5, 7.2. */
import type { SourceLocation } from '../errors.js';
import type { WrittenMapping } from '../policy/document.js';
import { missing, numberOf, textOf } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { describe, locate, quote, type SourceNode } from '../source/source-node.js';
import type { PortMappingAllow } from './normalised-host.js';
import { PORT_MAX } from './ports.js';
import { TCP, UDP } from './protocols.js';

export interface PublishedPort {
  readonly protocol: number;
  readonly internalPort: number;
  /** Null when the service chooses it. */
  readonly externalPort: number | null;
  /** Address of the host it is published on; empty for all. */
  readonly vip: string;
  readonly ipv6: boolean;
  readonly location: SourceLocation;
}

/** Flag of a v2 mapping for IPv6; the same port is then no collision with IPv4. */
const FLAG_IPV6 = 2;
const HNS_INTERNAL_PORT = '0x803b002d';
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', TCP],
  ['udp', UDP],
  ['6', TCP],
  ['17', UDP],
]);

/** A mapping as HNS documents write it; null when refused. */
export function readMapping(mapping: WrittenMapping, reporter: Reporter): PublishedPort | null {
  const { document, node } = mapping;
  const protocol = readProtocol(mapping, reporter);
  const internalPort = readPort(mapping, mapping.internalPort, reporter);
  const externalPort = readPort(mapping, mapping.externalPort, reporter);
  if (mapping.internalPort === null) {
    const expected = `a port from 1 to ${PORT_MAX}`;
    missing({ document, reporter }, node, 'The mapping', 'InternalPort', expected);
    return null;
  }
  if (internalPort === 0) {
    refusePort(mapping, mapping.internalPort, reporter);
    return null;
  }
  if (protocol === null || internalPort === null || externalPort === null) return null;
  return {
    protocol,
    internalPort,
    externalPort: externalPort === 0 ? null : externalPort,
    vip: mapping.vip,
    ipv6: (mapping.flags & FLAG_IPV6) !== 0,
    location: locate(document, node),
  };
}

function readProtocol(mapping: WrittenMapping, reporter: Reporter): number | null {
  const { document, node, protocol } = mapping;
  const expected = 'TCP (6) or UDP (17)';
  const text = textOf(protocol ?? undefined);
  if (protocol === null || text === null) {
    missing({ document, reporter }, node, 'The mapping', 'Protocol', expected);
    return null;
  }
  const number = PROTOCOLS.get(text.toLowerCase());
  if (number !== undefined) return number;
  const message = `Protocol of the mapping is ${describe(protocol)}; ports are published for ${expected}.`;
  const details = { found: describe(protocol), expected };
  reporter.error('bad-protocol', { document, node: protocol }, message, details);
  return null;
}

/** 0 when absent; null when refused. */
function readPort(
  mapping: WrittenMapping,
  node: SourceNode | null,
  reporter: Reporter,
): number | null {
  const port = numberOf(node ?? undefined);
  if (node === null || port === null) return 0;
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  refusePort(mapping, node, reporter);
  return null;
}

/** Reports a number that is no port. */
export function refusePort(mapping: WrittenMapping, node: SourceNode, reporter: Reporter): void {
  const message = `${node.key} is ${describe(node)}; it is a port from 1 to ${PORT_MAX}.`;
  reporter.error('bad-port', { document: mapping.document, node }, message, {
    found: describe(node),
    expected: `1 to ${PORT_MAX}`,
    hns: HNS_INTERNAL_PORT,
  });
}

/** Reports mappings that publish one port of the host twice. */
export function refuseCollisions(ports: readonly PublishedPort[], reporter: Reporter): void {
  const taken = new Map<string, PublishedPort>();
  for (const port of ports) {
    if (port.externalPort === null) continue;
    const key = `${port.protocol} ${port.externalPort} ${port.vip} ${port.ipv6}`;
    const first = taken.get(key);
    if (first === undefined) {
      taken.set(key, port);
      continue;
    }
    const { file, line } = first.location;
    const message = `Port ${port.externalPort} of the host is published twice, first at ${file}:${line}; each external port and protocol is published once.`;
    reporter.error('port-collision', port.location, message, {
      found: String(port.externalPort),
      expected: 'a port that is free',
    });
  }
}

/**
 * Reports ports that two containers of one pod open: they share one address and so one port space
 * (R15). Two that publish one port of the host as well are reported by {@link refuseCollisions}.
 */
export function refuseSharedPorts(
  containers: readonly { readonly name: string; readonly ports: readonly PublishedPort[] }[],
  reporter: Reporter,
): void {
  const taken = new Map<string, { readonly name: string; readonly port: PublishedPort }>();
  for (const { name, ports } of containers) {
    for (const port of ports) {
      const key = `${port.protocol} ${port.internalPort}`;
      const first = taken.get(key);
      if (first === undefined) taken.set(key, { name, port });
      else if (first.name !== name && !isSamePublished(first.port, port)) {
        const message = `Port ${port.internalPort} is published by the containers ${quote(first.name)} and ${quote(name)} of one pod, which have one address and so one port space.`;
        reporter.error('port-collision', port.location, message, {
          found: String(port.internalPort),
          expected: 'a port that is free',
        });
      }
    }
  }
}

function isSamePublished(a: PublishedPort, b: PublishedPort): boolean {
  return a.externalPort !== null && a.externalPort === b.externalPort;
}

/** What the mappings open in the firewall, each once. */
export function mappingAllows(ports: readonly PublishedPort[]): readonly PortMappingAllow[] {
  const byKey = new Map(
    ports.map(({ protocol, internalPort }) => [
      `${protocol} ${internalPort}`,
      { protocol, internalPort },
    ]),
  );
  return [...byKey.values()];
}

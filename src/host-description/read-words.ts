/** Words in a host description: names, addresses, isolations, published ports. */
import type { SourceLocation } from '../errors.js';
import { parseIpAddress, parseMac } from '../normalise/address.js';
import type { PublishedPort } from '../normalise/mappings.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import { TCP, UDP } from '../normalise/protocols.js';
import { ISOLATIONS, parseIsolation, type Isolation } from '../platform/platform.js';
import { parsePortString, PUBLISHED_PORTS_MAX } from '../policy/port-string.js';
import { boundedName } from '../policy/read-fields.js';
import { quote } from '../source/source-node.js';
import { locationOf, type Path, type Reading } from './place.js';

/** The name, or its beginning when it is too long, which is reported. */
export function readName(reading: Reading, name: string, path: Path): string {
  return boundedName(reading.reporter, locationOf(reading, path), String(path.at(-1)), name);
}

/** Null when absent or refused. */
export function readIsolation(
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

/** One, or none when it is refused. */
export function readAddress(
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

/** Null when absent or refused. */
export function readMac(
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

/** As `docker run -p` takes them. */
export function readPorts(
  reading: Reading,
  ports: readonly (string | number)[] = [],
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

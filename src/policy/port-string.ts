/**
 * Published ports as `docker run -p` and the short form of Compose write them. Read whole, then what
 * Docker on Windows refuses is refused. Source: hns.md 7.2; docs/semantics/documents.md D3.
 */
import { parseIpAddress } from '../normalise/address.js';
import { PORT_MAX } from '../normalise/ports.js';

/** Ports that one list publishes: each port of both protocols. */
export const PUBLISHED_PORTS_MAX = 131_072;

export interface PortString {
  readonly protocol: 'tcp' | 'udp';
  readonly internalPort: number;
  /** Null when the service chooses it. */
  readonly externalPort: number | null;
}

/** Both bounds are included. */
interface PortSpan {
  readonly from: number;
  readonly to: number;
}

/** A written mapping in its parts; null where a part is absent or empty. */
export interface PortParts {
  readonly hostAddress: string | null;
  readonly host: string | null;
  readonly container: string;
  readonly protocol: string | null;
}

/**
 * `[[address:]host[-host]:]container[-container][/protocol]`: a mapping for each port. A text, when
 * it is refused, says why.
 */
export function parsePortString(text: string): readonly PortString[] | string {
  const [ports = '', protocol = null, ...more] = text.split('/');
  if (more.length > 0) return 'a mapping has one protocol';
  // An address of IPv6 has colons of its own, within brackets.
  const parts =
    /^(?:(?:(?<address>\[[^\]]*\]|[^:[\]]*):)?(?<host>[^:]*):)?(?<container>[^:]*)$/.exec(
      ports,
    )?.groups;
  if (parts === undefined) return 'a mapping is [[address:]host:]container[/protocol]';
  const { address = '', host = '', container = '' } = parts;
  return publishedPorts({
    hostAddress: address === '' ? null : address.replace(/^\[(.*)\]$/, '$1'),
    host: host === '' ? null : host,
    container,
    protocol,
  });
}

/** The mappings of a range or of one port, or why there are none. */
export function publishedPorts(parts: PortParts): readonly PortString[] | string {
  const protocol = parts.protocol?.toLowerCase() ?? 'tcp';
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return protocol === 'sctp'
      ? 'Windows publishes TCP and UDP, not SCTP'
      : 'the protocol is tcp or udp';
  }
  if (parts.hostAddress !== null) {
    return parseIpAddress(parts.hostAddress) === null
      ? `${parts.hostAddress} is no address of the host`
      : 'Windows publishes on every address of the host, so no host address is taken';
  }
  const container = spanOf(parts.container);
  if (container === null || container.from === 0) {
    return `the port of the container is a number from 1 to ${PORT_MAX} or a range of them`;
  }
  const host = parts.host === null ? ANY : spanOf(parts.host);
  if (host === null) return `the port of the host is a number up to ${PORT_MAX} or a range of them`;
  const count = container.to - container.from + 1;
  // Port 0 leaves the choice to the service, as no port does.
  if (host.to === 0) return mappings(protocol, container, null);
  if (host.to - host.from + 1 === count && host.from > 0) {
    return mappings(protocol, container, host.from);
  }
  return count === 1
    ? 'Windows takes no range of host ports to choose one from'
    : 'the two ranges differ in length';
}

const ANY: PortSpan = { from: 0, to: 0 };

function mappings(
  protocol: PortString['protocol'],
  { from, to }: PortSpan,
  external: number | null,
): readonly PortString[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    protocol,
    internalPort: from + i,
    externalPort: external === null ? null : external + i,
  }));
}

/** `N` or `N-M` with N <= M, in decimal digits. */
function spanOf(text: string): PortSpan | null {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const span = { from: from === '' ? NaN : Number(from), to: Number(to) };
  return span.from <= span.to && span.to <= PORT_MAX ? span : null;
}

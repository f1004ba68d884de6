/** Published ports as `docker run -p` writes them. Source: hns.md 7.2. */
import { parseIpAddress } from '../normalise/address.js';
import { PORT_MAX } from '../normalise/ports.js';
import { TCP, UDP } from '../normalise/protocols.js';

export interface PortString {
  readonly protocol: number;
  readonly internalPort: number;
  /** Null when the service chooses it. */
  readonly externalPort: number | null;
}

/** `[host:]container[/proto]`; a text when it is refused, which says why. */
export function parsePortString(text: string): PortString | string {
  const [ports = '', name = 'tcp', more] = text.split('/');
  const protocol = name === 'tcp' ? TCP : name === 'udp' ? UDP : null;
  if (protocol === null || more !== undefined) return 'the protocol is tcp or udp';
  const parts = ports.split(':');
  const container = parts.at(-1) ?? '';
  const host = parts.length > 1 ? parts.at(-2)! : '';
  if (parts.length > 2 || parseIpAddress(host) !== null) {
    return 'Windows publishes on every address of the host, so no host address is taken';
  }
  const internalPort = portOf(container);
  const externalPort = host === '' ? null : portOf(host);
  if (internalPort === undefined || externalPort === undefined) {
    return `ports are single numbers from 1 to ${PORT_MAX}`;
  }
  return { protocol, internalPort, externalPort };
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= PORT_MAX ? port : undefined;
}

/** `docker run -p`, read whole, and what Windows takes of it. */
import { describe, expect, it } from 'vitest';

import { parsePortString } from '../../src/policy/port-string.js';

/** `external:internal/protocol` of each port. */
const briefly = (text: string): readonly string[] | string => {
  const ports = parsePortString(text);
  if (typeof ports === 'string') return ports;
  return ports.map((p) => `${p.externalPort ?? ''}:${p.internalPort}/${p.protocol}`);
};

describe('a port string', () => {
  it.each([
    ['80', [':80/tcp']],
    ['80/udp', [':80/udp']],
    ['8080:80', ['8080:80/tcp']],
    ['8080:80/TCP', ['8080:80/tcp']],
    ['0:80', [':80/tcp']],
    [':80', [':80/tcp']],
    ['80-82', [':80/tcp', ':81/tcp', ':82/tcp']],
    ['9000-9001:80-81/udp', ['9000:80/udp', '9001:81/udp']],
    ['65535:65535', ['65535:65535/tcp']],
    ['80-80:80-80', ['80:80/tcp']],
    ['::80', [':80/tcp']],
  ])('%s is taken', (text, expected) => {
    expect(briefly(text)).toEqual(expected);
  });

  it.each([
    ['127.0.0.1:80:80', 'no host address is taken'],
    ['0.0.0.0:80:80', 'no host address is taken'],
    ['127.0.0.1::80', 'no host address is taken'],
    ['[::1]:80:80', 'no host address is taken'],
    ['300.0.0.1:80:80', 'is no address of the host'],
    ['[::g]:80:80', 'is no address of the host'],
    ['80:80/sctp', 'not SCTP'],
    ['80:80/icmp', 'tcp or udp'],
    ['80:80/', 'tcp or udp'],
    ['80/tcp/udp', 'one protocol'],
    ['9000-9005:80', 'no range of host ports'],
    ['9000-9005:80-81', 'differ in length'],
    ['80:80-81', 'differ in length'],
    ['0-1:80-81', 'differ in length'],
    ['82-80', 'port of the container'],
    ['80:', 'port of the container'],
    ['', 'port of the container'],
    ['0', 'port of the container'],
    ['65536', 'port of the container'],
    ['80x', 'port of the container'],
    ['80-', 'port of the container'],
    ['80-81-82', 'port of the container'],
    [' 80', 'port of the container'],
    ['65536:80', 'port of the host'],
    ['http:80', 'port of the host'],
    ['81-80:80-81', 'port of the host'],
    ['1.2.3.4:1:2:3', '[[address:]host:]container[/protocol]'],
    ['::1:80:80', '[[address:]host:]container[/protocol]'],
  ])('%j is refused', (text, why) => {
    expect(briefly(text)).toContain(why);
  });
});

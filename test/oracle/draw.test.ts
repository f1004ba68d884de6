/** What is drawn must reach what it is meant to test. */
import { expect, it } from 'vitest';
import { drawTuples } from './draw-tuples.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import { Reference } from './reference.js';

it('draws the same from the same seed', () => {
  const once = drawHost(new Random(7));
  expect(drawHost(new Random(7))).toEqual(once);
  expect(drawHost(new Random(8))).not.toEqual(once);
});

it('reaches every reason and every flow event that a tuple can have', () => {
  const reasons = new Map<string, number>();
  const count = (name: string): void => void reasons.set(name, (reasons.get(name) ?? 0) + 1);
  for (let seed = 1; seed <= 600; seed++) {
    const random = new Random(seed);
    const host = drawHost(random);
    const reference = new Reference(host, { stateless: false });
    for (const tuple of drawTuples(random, host, 150)) {
      for (const { reason, flow_event: event } of reference.judge(tuple)) {
        count(reason);
        if (event !== null) count(`event ${event}`);
      }
    }
  }
  // `invalid-packet`, `cut-capture` and `not-ip` need bytes; a tuple is always whole.
  const wanted = [
    ...['rule', 'established', 'related', 'implicit-deny', 'default-allow', 'own-address'],
    ...['default-allow-inbound', 'default-allow-outbound', 'default-deny-other-protocol'],
    ...['default-deny-inbound', 'port-mapping-allow', 'guest-default-allow', 'firewall-off'],
    ...['no-acl-layer', 'neighbor-discovery', 'non-syn-without-state', 'fragment-without-first'],
    ...[
      'flow-limit',
      'invalid-tcp',
      'reply-without-request',
      'no-endpoint',
      'ambiguous-endpoint',
      'loopback',
    ],
    ...['event new', 'event midstream', 'event established', 'event closing', 'event closed'],
    'event reset',
  ];
  expect(wanted.filter((name) => (reasons.get(name) ?? 0) < 20)).toEqual([]);
});

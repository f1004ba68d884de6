/** Draws the options that act in the engine; those that act before it have one value. */
import type { SemanticOptions } from '../../src/normalise/normalised-host.js';
import type { Random } from './random.js';

/** Timers of a few seconds, so that a short sequence reaches all of them. */
export function drawOptions(random: Random): SemanticOptions {
  const seconds = (): number => 1 + random.below(12);
  return {
    tieBreak: random.pick(['block-first', 'document-order', 'last-wins']),
    implicitDeny: random.pick(['both', 'both', 'same-direction', 'off']),
    networkAcl: 'off',
    setNameDirection: 'source-destination',
    emptyNestedSet: 'by-build',
    hostFirewall: 'on',
    hostAclOrder: random.pick(['firewall', 'priority']),
    midstream: random.pick(['adopt', 'adopt', 'strict']),
    neighborDiscovery: random.pick(['exempt', 'filter']),
    icmpErrors: random.pick(['flow', 'flow', 'rules']),
    flowsOfDropped: 'none', // see kept-flows.test.ts
    invalidTcp: random.pick(['drop', 'drop', 'judge']),
    unknownConditions: 'no-match',
    hostRules: 'apply',
    shielded: 'block',
    sameId: 'union',
    plainTraffic: 'no-match',
    localSubnet: 'unicast',
    hardening: 'apply',
    dhcpAnswers: random.pick(['always', 'as-others']),
    flowsWhileOff: random.pick(['none', 'keep']),
    encapsulation: 'off',
    outboundNat: 'off',
    otherProtocolReplies: 'allow',
    legacyInboundExceptions: 'off',
    onPolicyChange: 'keep',
    flowLimit: random.chance(0.2) ? 1 + random.below(4) : 1_048_576,
    flowLimits: {
      halfOpen: random.chance(0.15) ? 1 + random.below(3) : 2 ** 32 - 1,
      tcp: random.chance(0.1) ? 1 + random.below(4) : 2 ** 32 - 1,
      udp: random.chance(0.1) ? 1 + random.below(3) : 2 ** 32 - 1,
      other: random.chance(0.1) ? 1 + random.below(3) : 2 ** 32 - 1,
    },
    timers: {
      switchFlow: seconds(),
      switchHalfOpen: seconds(),
      switchTimeWait: seconds(),
      switchReset: seconds(),
      hostUdp: seconds(),
      hostIcmp: seconds(),
      hostMulticast: seconds(),
      hostHalfOpen: seconds(),
      hostTimeWait: seconds(),
    },
  };
}

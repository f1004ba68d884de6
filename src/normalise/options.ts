/** Defaults of the choices where sources are silent; docs/SEMANTICS.md says why. */
import { PortaclError } from '../errors.js';
import { quote } from '../source/source-node.js';
import type { SemanticOptions } from './normalised-host.js';

/** Seconds a timer may have: native code keeps milliseconds in 32 bits. */
export const TIMER_SECONDS_MIN = 0.001;
export const TIMER_SECONDS_MAX = 4_294_967;
export const FLOW_LIMIT_MAX = 0xffff_ffff;

/** The options that are words, with those they take. */
export const OPTION_WORDS = {
  tieBreak: ['block-first', 'document-order', 'last-wins'],
  implicitDeny: ['both', 'same-direction', 'off'],
  networkAcl: ['off', 'merge', 'before'],
  setNameDirection: ['source-destination', 'local-remote'],
  emptyNestedSet: ['by-build', 'everything', 'nothing'],
  hostFirewall: ['on', 'off'],
  hostAclOrder: ['firewall', 'priority'],
  midstream: ['adopt', 'strict'],
  neighborDiscovery: ['exempt', 'filter'],
  icmpErrors: ['flow', 'rules'],
  flowsOfDropped: ['none', 'keep'],
  invalidTcp: ['drop', 'judge'],
  unknownConditions: ['no-match', 'match', 'report'],
  hostRules: ['apply', 'block-only', 'none'],
  shielded: ['block', 'default-action'],
  sameId: ['union', 'override'],
  plainTraffic: ['no-match', 'block'],
  localSubnet: ['unicast', 'wide'],
  hardening: ['apply', 'off'],
  dhcpAnswers: ['always', 'as-others'],
  flowsWhileOff: ['none', 'keep'],
  encapsulation: ['off', 'on'],
  outboundNat: ['off', 'on'],
  otherProtocolReplies: ['allow', 'drop'],
  legacyInboundExceptions: ['off', 'on'],
  onPolicyChange: ['keep', 'reevaluate', 'reset'],
} as const satisfies {
  readonly [
    Name in keyof SemanticOptions as SemanticOptions[Name] extends string ? Name : never
  ]: readonly SemanticOptions[Name][];
};

export const DEFAULT_OPTIONS: SemanticOptions = {
  tieBreak: 'block-first',
  implicitDeny: 'both',
  networkAcl: 'off',
  setNameDirection: 'source-destination',
  emptyNestedSet: 'by-build',
  hostFirewall: 'on',
  hostAclOrder: 'firewall',
  midstream: 'adopt',
  neighborDiscovery: 'exempt',
  icmpErrors: 'flow',
  flowsOfDropped: 'none',
  invalidTcp: 'drop',
  unknownConditions: 'no-match',
  hostRules: 'apply',
  shielded: 'block',
  sameId: 'union',
  plainTraffic: 'no-match',
  localSubnet: 'unicast',
  hardening: 'apply',
  dhcpAnswers: 'always',
  flowsWhileOff: 'none',
  encapsulation: 'off',
  outboundNat: 'off',
  otherProtocolReplies: 'allow',
  legacyInboundExceptions: 'off',
  onPolicyChange: 'keep',
  flowLimit: 1_048_576,
  flowLimits: {
    halfOpen: FLOW_LIMIT_MAX,
    tcp: FLOW_LIMIT_MAX,
    udp: FLOW_LIMIT_MAX,
    other: FLOW_LIMIT_MAX,
  },
  timers: {
    switchFlow: 240,
    switchHalfOpen: 240,
    switchTimeWait: 240,
    switchReset: 5,
    hostUdp: 60,
    hostIcmp: 60,
    hostMulticast: 4,
    hostHalfOpen: 21,
    hostTimeWait: 120,
  },
};

/** Options as given in one place; timers and limits may be given singly. */
export type SemanticOptionsInput = Partial<Omit<SemanticOptions, 'timers' | 'flowLimits'>> & {
  readonly timers?: Partial<SemanticOptions['timers']>;
  readonly flowLimits?: Partial<SemanticOptions['flowLimits']>;
};

/**
 * The defaults with what is given put over them; what stands later wins.
 * @throws {PortaclError} bad-usage for a number out of its bounds, a word that is none of its list
 */
export function semanticOptions(...given: readonly SemanticOptionsInput[]): SemanticOptions {
  const options = given.reduce<SemanticOptions>(
    (options, input) => ({
      ...options,
      ...input,
      timers: { ...options.timers, ...input.timers },
      flowLimits: { ...options.flowLimits, ...input.flowLimits },
    }),
    DEFAULT_OPTIONS,
  );
  for (const [name, seconds] of Object.entries(options.timers)) {
    checkBounds(`timers.${name}`, seconds, TIMER_SECONDS_MIN, TIMER_SECONDS_MAX);
  }
  checkLimit('flowLimit', options.flowLimit);
  for (const [name, flows] of Object.entries(options.flowLimits)) {
    checkLimit(`flowLimits.${name}`, flows);
  }
  for (const [name, words] of Object.entries(OPTION_WORDS)) {
    const value = options[name as keyof typeof OPTION_WORDS];
    if (!(words as readonly string[]).includes(value)) {
      throw wrong(name, value, `one of ${words.join(', ')}`);
    }
  }
  return options;
}

function checkLimit(name: string, flows: number): void {
  checkBounds(name, flows, 1, FLOW_LIMIT_MAX);
  if (!Number.isInteger(flows)) throw wrong(name, flows, 'whole');
}

function checkBounds(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw wrong(name, value, `a number from ${min} to ${max}`);
}

function wrong(name: string, value: unknown, accepted: string): PortaclError {
  const found = typeof value === 'string' ? quote(value) : String(value);
  return new PortaclError('bad-usage', `The option ${name} is ${found}; it is ${accepted}.`);
}

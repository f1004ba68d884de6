/** Defaults of the choices where sources are silent; docs/SEMANTICS.md says why. */
import { PortaclError } from '../errors.js';
import type { SemanticOptions } from './normalised-host.js';

/** Seconds a timer may have: native code keeps milliseconds in 32 bits. */
export const TIMER_SECONDS_MIN = 0.001;
export const TIMER_SECONDS_MAX = 4_294_967;
export const FLOW_LIMIT_MAX = 0xffff_ffff;

export const DEFAULT_OPTIONS: SemanticOptions = {
  tieBreak: 'block-first',
  implicitDeny: 'both',
  hostFirewall: 'on',
  hostAclOrder: 'firewall',
  midstream: 'adopt',
  neighborDiscovery: 'exempt',
  icmpErrors: 'flow',
  flowLimit: 1_048_576,
  timers: {
    switchFlow: 240,
    switchHalfOpen: 240,
    switchTimeWait: 240,
    switchReset: 5,
    hostUdp: 60,
    hostIcmp: 60,
    hostHalfOpen: 21,
    hostTimeWait: 120,
  },
};

/** Options as given in one place; timers may be given singly. */
export type SemanticOptionsInput = Partial<Omit<SemanticOptions, 'timers'>> & {
  readonly timers?: Partial<SemanticOptions['timers']>;
};

/**
 * The defaults with what is given put over them; what stands later wins.
 * @throws {PortaclError} bad-usage for a number out of its bounds
 */
export function semanticOptions(...given: readonly SemanticOptionsInput[]): SemanticOptions {
  const options = given.reduce<SemanticOptions>(
    (options, input) => ({
      ...options,
      ...input,
      timers: { ...options.timers, ...input.timers },
    }),
    DEFAULT_OPTIONS,
  );
  for (const [name, seconds] of Object.entries(options.timers)) {
    checkBounds(`timers.${name}`, seconds, TIMER_SECONDS_MIN, TIMER_SECONDS_MAX);
  }
  checkBounds('flowLimit', options.flowLimit, 1, FLOW_LIMIT_MAX);
  return options;
}

function checkBounds(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new PortaclError(
    'bad-usage',
    `The option ${name} is ${value}; it is from ${min} to ${max}.`,
  );
}

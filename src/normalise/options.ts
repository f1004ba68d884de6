/** Defaults of the choices where sources are silent; docs/SEMANTICS.md says why. */
import type { SemanticOptions } from './normalised-host.js';

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

/** The defaults with what is given put over them; what stands later wins. */
export function semanticOptions(...given: readonly SemanticOptionsInput[]): SemanticOptions {
  return given.reduce<SemanticOptions>(
    (options, input) => ({
      ...options,
      ...input,
      timers: { ...options.timers, ...input.timers },
    }),
    DEFAULT_OPTIONS,
  );
}

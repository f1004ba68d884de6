/** Windows releases, network drivers and isolation: what decides which stages exist (R7 to R18). */

/** HNS network types. Source: hns.md 4.7. */
export const DRIVERS = [
  'nat',
  'ics',
  'transparent',
  'l2bridge',
  'l2tunnel',
  'overlay',
  'private',
  'internal',
  'mirrored',
  'constrained-ics',
] as const;
export type Driver = (typeof DRIVERS)[number];

export const ISOLATIONS = ['process', 'hyperv'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** A fact of the platform that no document gave. */
export interface PlatformAssumption {
  /** E.g. `windows`, `isolation of endpoint web`. */
  readonly what: string;
  readonly assumed: string;
}

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

/** `host`: the host's own stack, compartment 1, which is no container (R2). */
export const ISOLATIONS = ['process', 'hyperv', 'host'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** A fact of the platform that no document gave. */
export interface PlatformAssumption {
  /** E.g. `windows`, `isolation of endpoint web`. */
  readonly what: string;
  readonly assumed: string;
}

/** What is assumed when nothing says it; each use is reported as `assumed-platform`. */
export const DRIVER_DEFAULT: Driver = 'l2bridge';
/** The adapters of the host itself hang on the physical network. */
export const HOST_DRIVER: Driver = 'transparent';
/** Source: hns.md 4.7. */
export const ISOLATION_DEFAULT: Isolation = 'process';

/** A driver by its name in any case: `L2Bridge`, `ConstrainedICS`; null when it is none. */
export function parseDriver(text: string): Driver | null {
  const name = letters(text);
  return DRIVERS.find((driver) => letters(driver) === name) ?? null;
}

/** An isolation by its name: `process`, `hyperv`, `Hyper-V`; null when it is neither. */
export function parseIsolation(text: string): Isolation | null {
  const name = letters(text);
  return ISOLATIONS.find((isolation) => isolation === name) ?? null;
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/g, '');
}

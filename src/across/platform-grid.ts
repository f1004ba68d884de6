/** The platforms that documents are tried on. Source: hns.md 5.1, 5.3. */
import type { Driver, Isolation } from '../platform/platform.js';
import { STAGE_TABLE } from '../platform/stage-table.js';
import { windowsNames, type WindowsRelease } from '../platform/windows-releases.js';

/** The builds at which something changed, by hns.md 5.3. */
const BUILDS: readonly number[] = [14393, 15063, 16299, 17134, 17763, 20348, 26100];

export const AXES = ['windows', 'driver', 'isolation'] as const;
/** What may differ between two platforms. */
export type Axis = (typeof AXES)[number];

/** One platform; null where the documents decide. */
export interface Platform {
  readonly windows: WindowsRelease;
  readonly driver: Driver | null;
  readonly isolation: Isolation | null;
}

export const RELEASES: readonly WindowsRelease[] = windowsNames().filter(({ build }) =>
  BUILDS.includes(build),
);

/** A host's own stack is no place for the same documents. */
const CONTAINER_CELLS = STAGE_TABLE.filter(({ isolation }) => isolation !== 'host');

/** All platforms along the axes, each with what the base has on the others. */
export function platformGrid(base: Platform, axes: readonly Axis[]): readonly Platform[] {
  const releases = axes.includes('windows') ? RELEASES : [base.windows];
  const drivers = axes.includes('driver')
    ? [...new Set(CONTAINER_CELLS.flatMap((cell) => cell.drivers))].filter((d) => d !== 'ics')
    : [base.driver];
  const isolations: readonly (Isolation | null)[] = axes.includes('isolation')
    ? ['process', 'hyperv']
    : [base.isolation];
  return drivers.flatMap((driver) =>
    isolations.flatMap((isolation) => releases.map((windows) => ({ windows, driver, isolation }))),
  );
}

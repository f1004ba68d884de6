/** The platform flags, and what is assumed where nothing says it. Source: hns.md 4.7, 5.3. */
import type { SourceLocation } from '../errors.js';
import {
  DRIVERS,
  ISOLATIONS,
  parseDriver,
  parseIsolation,
  type Driver,
  type Isolation,
  type PlatformAssumption,
} from '../platform/platform.js';
import {
  nearestWindows,
  parseWindows,
  WINDOWS_NEWEST,
  windowsNames,
  windowsText,
  type WindowsRelease,
} from '../platform/windows-releases.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import type { HostInput } from './host-input.js';

export interface PlannedPlatform {
  readonly windows: WindowsRelease;
  /** Null when no flag gives it. */
  readonly driver: Driver | null;
  readonly isolation: Isolation | null;
}

export function planPlatform(
  input: HostInput,
  assumptions: PlatformAssumption[],
  reporter: Reporter,
): PlannedPlatform {
  const flags = input.platform ?? {};
  return {
    windows: planWindows(input, assumptions, reporter),
    driver: flags.driver === undefined ? null : readDriver(flags.driver, reporter),
    isolation: flags.isolation === undefined ? null : readIsolation(flags.isolation, reporter),
  };
}

/** Where a flag of the command line stands. */
export function flagLocation(flag: string): SourceLocation {
  return { file: `--${flag}`, line: 0, column: 0, path: '' };
}

function planWindows(
  input: HostInput,
  assumptions: PlatformAssumption[],
  reporter: Reporter,
): WindowsRelease {
  const flag = input.platform?.windows;
  const given = flag === undefined ? input.description?.windows : readWindows(flag, reporter);
  if (given !== undefined && given !== null) return given;
  if (flag === undefined) {
    assumptions.push({ what: 'windows', assumed: windowsText(WINDOWS_NEWEST) });
  }
  return WINDOWS_NEWEST;
}

function readWindows(text: string, reporter: Reporter): WindowsRelease | null {
  const windows = parseWindows(text);
  if (windows === null) {
    reportUnknownWindows(text, flagLocation('windows'), reporter);
  }
  return windows;
}

/** Errors: unknown-windows, with the nearest name. */
export function reportUnknownWindows(
  text: string,
  location: SourceLocation,
  reporter: Reporter,
): void {
  const nearest = nearestWindows(text);
  const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
  const expected = `a build number or one of ${windowsNames()
    .map((w) => w.name)
    .join(', ')}`;
  const message = `${quote(text)} is no known Windows release or build.${hint}`;
  reporter.error('unknown-windows', location, message, { found: quote(text), expected });
}

function readDriver(text: string, reporter: Reporter): Driver | null {
  const driver = parseDriver(text);
  if (driver === null) reportUnknownDriver(text, flagLocation('driver'), reporter);
  return driver;
}

/** Errors: unknown-driver, with the nearest name. */
export function reportUnknownDriver(
  text: string,
  location: SourceLocation,
  reporter: Reporter,
): void {
  const expected = DRIVERS.join(', ');
  const message = `${quote(text)} is no network driver; drivers are ${expected}.${didYouMean(text, DRIVERS)}`;
  reporter.error('unknown-driver', location, message, { found: quote(text), expected });
}

function readIsolation(text: string, reporter: Reporter): Isolation | null {
  const isolation = parseIsolation(text);
  if (isolation === null) {
    const expected = ISOLATIONS.join(' or ');
    const message = `${quote(text)} is no isolation; it is ${expected}.${didYouMean(text, ISOLATIONS)}`;
    reporter.error('unknown-isolation', flagLocation('isolation'), message, {
      found: quote(text),
      expected,
    });
  }
  return isolation;
}

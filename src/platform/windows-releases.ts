/**
 * Windows releases by name and build, and the builds at which port ACLs changed.
 * Source: hns.md 5.3, 4.3.
 */
import { nearestName } from '../source/nearest.js';

export interface WindowsRelease {
  readonly name: string;
  readonly build: number;
}

interface ReleaseRow extends WindowsRelease {
  /** Other names, in the form of {@link plain}. */
  readonly aliases: readonly string[];
}

/** From here on the inbound default of process isolation lets four protocols in (R10, R11, R12). */
export const BUILD_FOUR_PROTOCOLS = 16299;
/** HNS 7.2: lists and ranges in ACLs, Ids, Host rules without priority. */
export const BUILD_ACL_LISTS = 17134;
/** IPv6 ACLs on l2bridge. */
export const BUILD_IPV6_ACLS = 20348;
/**
 * Sets, tiers and network ACLs. Assumption: hns.md names HNS 13.0, 14.0 and 15.0 without builds;
 * Azure NPM uses nested sets on Server 2022, and the schema of tiers (2.10) is below that of
 * Server 2022 (2.11).
 */
export const BUILD_SETS_AND_TIERS = 20348;
/** A nested set without members matches nothing from here on. Source: hns.md 6.4. */
export const BUILD_EMPTY_NESTED_SETS = 26100;
/** The build whose NAT ACLs had no effect before its updates of April 2026. Source: hns.md 10. */
export const BUILD_NAT_ACL_FAULT = 26100;

const RELEASES: readonly ReleaseRow[] = [
  { name: 'Windows Server 2016', build: 14393, aliases: ['ws2016', '2016', '1607', 'ltsc2016'] },
  { name: 'Windows 10 1703', build: 15063, aliases: ['1703'] },
  { name: 'Windows Server 1709', build: 16299, aliases: ['ws1709', '1709'] },
  { name: 'Windows Server 1803', build: 17134, aliases: ['ws1803', '1803'] },
  { name: 'Windows Server 2019', build: 17763, aliases: ['ws2019', '2019', '1809', 'ltsc2019'] },
  { name: 'Windows Server 1903', build: 18362, aliases: ['ws1903', '1903'] },
  { name: 'Windows Server 1909', build: 18363, aliases: ['ws1909', '1909'] },
  { name: 'Windows Server 2004', build: 19041, aliases: ['ws2004', '2004'] },
  { name: 'Windows Server 20H2', build: 19042, aliases: ['ws20h2', '20h2'] },
  { name: 'Windows 10 21H2', build: 19044, aliases: [] },
  { name: 'Windows 10 22H2', build: 19045, aliases: [] },
  { name: 'Windows Server 2022', build: 20348, aliases: ['ws2022', '2022', 'ltsc2022'] },
  { name: 'Windows 11 21H2', build: 22000, aliases: [] },
  { name: 'Windows 11 22H2', build: 22621, aliases: [] },
  { name: 'Windows 11 23H2', build: 22631, aliases: [] },
  { name: 'Windows Server 23H2', build: 25398, aliases: ['ws23h2'] },
  {
    name: 'Windows Server 2025',
    build: 26100,
    aliases: ['ws2025', '2025', 'ltsc2025', '24h2', 'win1124h2'],
  },
];

/** What is assumed when no build is given. Source: hns.md 4.7. */
export const WINDOWS_NEWEST: WindowsRelease = releaseOf(26100);

/** Builds a number is taken for; the first Windows with containers is 14393. */
const BUILD_MIN = 14393;
const BUILD_MAX = 99_999;

/**
 * A release by name (`ws2022`, `Windows Server 2022`, `2022`, `1809`) or build (`20348`,
 * `10.0.20348`, `10.0.20348.169`); null when it is none.
 */
export function parseWindows(text: string): WindowsRelease | null {
  const name = plain(text);
  const row = RELEASES.find((r) => plain(r.name) === name || r.aliases.includes(name));
  if (row !== undefined) return { name: row.name, build: row.build };
  const build = /^(?:10\.0\.)?(\d{5})(?:\.\d+)?$/.exec(text.trim())?.[1];
  if (build === undefined) return null;
  const number = Number(build);
  return number >= BUILD_MIN && number <= BUILD_MAX ? releaseOf(number) : null;
}

/** The name nearest to one that {@link parseWindows} did not know. */
export function nearestWindows(text: string): string | null {
  const names = RELEASES.flatMap((r) => [r.name, ...r.aliases]);
  return nearestName(text, names);
}

/** Names for messages and help. */
export function windowsNames(): readonly WindowsRelease[] {
  return RELEASES.map(({ name, build }) => ({ name, build }));
}

/** `Windows Server 2022 (build 20348)`, as messages say it. */
export function windowsText(windows: WindowsRelease): string {
  return `${windows.name} (build ${windows.build})`;
}

function releaseOf(build: number): WindowsRelease {
  const row = RELEASES.find((r) => r.build === build);
  return { name: row?.name ?? 'Windows', build };
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[-_ ,]/g, '')
    .replace(/^(?:microsoft)?windows(?=server)/, '')
    .replace(/^server(?=\d)/, 'ws')
    .replace(/^windows(?=\d)/, 'win')
    .replace(/^version(?=\d)/, '');
}

/**
 * How `pfirewall.log` is written, and what of it no source settles: options with what is seen or likely
 * as their default. Source: windows-firewall.md 8, questions 9 and 10; docs/semantics/firewall.md, W23
 * and W24.
 */
import { argumentError, type ArgumentContext } from '../arguments.js';
import { PortaclError } from '../errors.js';

export const LOG_TCP_DROPS = ['all', 'syn'] as const;
export const LOG_OTHER_DROPS = ['length', 'zero', 'none'] as const;
/** In the order in which they are written unless an option says otherwise. */
export const LOG_FLAGS = 'FSRAPU';

/** Which lines there are: of use to who writes a log and to who compares one. */
export interface FirewallLogLines {
  /** Drops of TCP that have a line: `all` (default), or those of segments that open a connection. */
  readonly firewallLogTcpDrops?: (typeof LOG_TCP_DROPS)[number];
  /**
   * Inbound drops of ICMP and of protocols that are numbers: with the `length` of the packet (default), with
   * `zero` in its place, or `none` of them.
   */
  readonly firewallLogOtherDrops?: (typeof LOG_OTHER_DROPS)[number];
}

export interface FirewallLogChoices extends FirewallLogLines {
  /** The letters F, S, R, A, P and U in the order in which `tcpflags` has them; `FSRAPU`. */
  readonly firewallLogFlags?: string;
}

/** How the log is written. */
export interface FirewallLogFormat extends FirewallLogChoices {
  /** Of the times in it: `UTC`, `+02:00`, `Europe/Berlin`; UTC when none is given. */
  readonly timeZone?: string;
  /** With the field for a process number that newer systems write. */
  readonly firewallLogPid?: boolean;
  /** Lines end in LF alone; in CR LF, as Windows ends them, without it. */
  readonly firewallLogLf?: boolean;
  /**
   * KB after which the log goes on in a new file, as Windows' setting `LogFileSize` says it: what
   * was written before is in a file of the same name with `.old` behind it, what was before that
   * is gone. Default: one file.
   */
  readonly firewallLogSize?: number;
  /** With what is behind each line, whatever policies say of logging: for who compares. */
  readonly firewallLogTrace?: boolean;
}

/** Source: windows-firewall.md 4, `LogFileSize`. */
export const LOG_SIZE_KB_MAX = 32_767;

/** By option: what it accepts in words, and whether a value is that. */
const CHOICES = {
  firewallLogFlags: {
    accepts: `each letter of ${LOG_FLAGS} once`,
    takes: (value) => typeof value === 'string' && /^(?:([FSRAPU])(?!.*\1)){6}$/.test(value),
  },
  firewallLogTcpDrops: words(LOG_TCP_DROPS),
  firewallLogOtherDrops: words(LOG_OTHER_DROPS),
} as const satisfies Record<keyof FirewallLogChoices, Choice>;

interface Choice {
  readonly accepts: string;
  readonly takes: (value: unknown) => boolean;
}

type ChoiceName = keyof typeof CHOICES;
export const LOG_CHOICES = Object.keys(CHOICES) as readonly ChoiceName[];

function words(accepted: readonly string[]): Choice {
  return {
    accepts: `one of ${accepted.join(', ')}`,
    takes: (value) => accepted.some((word) => word === value),
  };
}

/** @throws {PortaclError} bad-argument */
export function readLogChoices(
  fields: Partial<Record<ChoiceName, unknown>>,
  context: ArgumentContext,
): void {
  for (const name of LOG_CHOICES) {
    const { accepts, takes } = CHOICES[name];
    const value = fields[name];
    if (value !== undefined && !takes(value)) throw argumentError(context, name, value, accepts);
  }
}

/** Reads the value of the option `flag` of the command line. @throws {PortaclError} bad-usage */
export const logChoiceOption =
  (flag: string, name: ChoiceName) =>
  (text: string): string => {
    const { accepts, takes } = CHOICES[name];
    if (takes(text)) return text;
    throw new PortaclError('bad-usage', `${flag} ${text}: ${accepts} is wanted`);
  };

/** What replays are asked for, and how it is read, whatever a caller without types hands over. */
import {
  argumentError,
  readBoolean,
  readFields,
  readInteger,
  readingArguments,
  type ArgumentContext,
} from '../arguments.js';
import { PortaclError } from '../errors.js';
import { readCapturePoint, type CapturePoint } from '../captures/capture-point.js';
import { readChanges, type PolicyChange } from '../update/policy-schedule.js';
import {
  LOG_CHOICES,
  LOG_SIZE_KB_MAX,
  readLogChoices,
  type FirewallLogFormat,
} from './firewall-log-format.js';
import { OUTPUT_NAMES, type OutputPaths } from './replay-outputs.js';

/** Each has an engine with tables of its own. */
export const THREADS_MAX = 64;

export type CaptureOrder = 'given' | 'time';

export interface ReplayOptions extends OutputPaths, FirewallLogFormat {
  /** Judge every packet from an empty state (docs/SEMANTICS.md 5.5). */
  readonly stateless?: boolean;
  /** Where the captures were taken. Default: `container`. */
  readonly capturePoint?: CapturePoint;
  /** Use the unified flow table; off changes nothing but speed. */
  readonly unifiedFlows?: boolean;
  /** Count the values of conditions too, for {@link ReplayResult.coverage}; slower. */
  readonly countValues?: boolean;
  /** Go on with the next capture after a damaged one. */
  readonly lenient?: boolean;
  /**
   * `given` (default): one capture after the other. `time`: all at once, the packet with the
   * earliest time first, for captures that were taken at the same time. Not with `follow`; at most
   * `MERGED_CAPTURES_MAX` captures. docs/semantics/captures.md has the rules.
   */
  readonly order?: CaptureOrder;
  /**
   * Threads that judge, the one that reads among them, from 1 (default) to {@link THREADS_MAX}.
   * They change nothing but speed. One judges where captures are merged or followed.
   */
  readonly threads?: number;
  /**
   * Wait for more at the end of the last capture, until `signal` ends it: then all that was read
   * counts and outputs are kept. The captures before it are read to their ends.
   */
  readonly follow?: boolean;
  /**
   * Hosts that take the place of the one before, each from its mark on, in their order. One thread
   * judges then, without a firewall log and batches. docs/semantics/updates.md has the rules.
   */
  readonly changes?: readonly PolicyChange[];
  /** Cancels; outputs are discarded then, save when following. */
  readonly signal?: AbortSignal;
  /**
   * What `portacl explain` takes to make this host, such as `['--host', 'host.yaml']`: with it the page
   * has commands for its frames.
   */
  readonly explainArguments?: readonly string[];
  /** Called about five times a second with the bytes read of all captures so far. */
  readonly onProgress?: (bytesRead: number) => void;
}

const BOOLEANS = [
  ...(['stateless', 'unifiedFlows', 'countValues', 'lenient', 'follow'] as const),
  ...(['firewallLogPid', 'firewallLogLf', 'firewallLogTrace'] as const),
] as const;
const TEXTS = [...OUTPUT_NAMES, 'timeZone'] as const;
const NAMES = [
  ...BOOLEANS,
  ...TEXTS,
  'order',
  'capturePoint',
  'threads',
  'firewallLogSize',
  ...LOG_CHOICES,
  'signal',
  'onProgress',
  'changes',
  'explainArguments',
] as const;

/**
 * A copy of the options, each field of which was read once and has its type.
 *
 * @throws {PortaclError} bad-argument, in the name of the function `of`
 */
export function readReplayOptions(options: ReplayOptions | undefined, of: string): ReplayOptions {
  const context = { code: 'bad-argument', of } as const;
  const fields = readFields(options, NAMES, context);
  for (const name of BOOLEANS) readBoolean(fields[name], name, false, context);
  for (const name of TEXTS) {
    if (fields[name] !== undefined) readText(fields[name], name, context);
  }
  const { order, threads, firewallLogSize, signal, onProgress } = fields;
  readCapturePoint(fields.capturePoint, context);
  readInteger(threads, 'threads', { min: 1, max: THREADS_MAX, fallback: 1 }, context);
  const sizes = { min: 1, max: LOG_SIZE_KB_MAX, fallback: LOG_SIZE_KB_MAX };
  readLogChoices(fields, context);
  readInteger(firewallLogSize, 'firewallLogSize', sizes, context);
  if (order !== undefined && order !== 'given' && order !== 'time') {
    throw argumentError(context, 'order', order, "'given' or 'time'");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw argumentError(context, 'signal', signal, 'an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw argumentError(context, 'onProgress', onProgress, 'a function');
  }
  const { changes, explainArguments: words } = fields;
  return {
    ...fields,
    ...(changes !== undefined && { changes: readChanges(changes, context) }),
    ...(words !== undefined && { explainArguments: readWords(words, context) }),
  } as ReplayOptions;
}

function readWords(value: unknown, context: ArgumentContext): readonly string[] {
  const words = readingArguments(context, () => [...(value as readonly unknown[])]);
  const wrong = words.find((word) => typeof word !== 'string');
  if (wrong === undefined) return words as string[];
  throw argumentError(context, 'explainArguments', wrong, 'an array of texts');
}

/**
 * A copy of a list of files.
 *
 * @throws {PortaclError} bad-argument, in the name of the function `of`
 */
export function readFileNames(files: readonly string[], of: string): readonly string[] {
  const context = { code: 'bad-argument', of } as const;
  let names: unknown[] | null;
  try {
    names = Array.isArray(files) ? [...(files as readonly unknown[])] : null;
  } catch (error) {
    throw new PortaclError('bad-argument', `${of}: the captures cannot be read`, { cause: error });
  }
  if (names === null) throw argumentError(context, 'captures', files, 'an array of file names');
  names.forEach((name, i) => readText(name, `captures[${i}]`, context));
  return names as readonly string[];
}

/** A name that a system call can be given: text without a zero in it. */
function readText(value: unknown, name: string, context: ArgumentContext): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw argumentError(context, name, value, 'the name of a file');
  }
}

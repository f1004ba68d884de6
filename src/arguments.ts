/**
 * Arguments of public functions, whatever a caller without types hands over: each field is read
 * once, a getter that throws and a name that means nothing here are errors with a code. A field that
 * is passed over would be a condition that is: a wrong verdict.
 */
import { isNativeError } from 'node:util/types';

import { PortaclError, type ErrorCode } from './errors.js';
import { didYouMean } from './source/nearest.js';
import { quote } from './source/source-node.js';

const BIGINT_DIGITS_MAX = 40n;

/** A value as a message shows it: short, and without descending into what may be deep. */
export function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return quote(value);
    case 'bigint':
      return value > 10n ** BIGINT_DIGITS_MAX ? 'a huge bigint' : `${value}n`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    default:
      if (value === null) return 'null';
      return isArray(value) ? 'an array' : 'an object';
  }
}

/** Also of a revoked proxy, which throws when it is asked. */
export function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** As `instanceof`, also for a proxy that throws when it is asked. */
export function isInstance<T extends object>(
  value: unknown,
  type: abstract new (...args: never[]) => T,
): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whose arguments are read and what their errors are called. */
export interface ArgumentContext {
  readonly code: ErrorCode;
  /** The function as its caller knows it, e.g. `tcp`. */
  readonly of: string;
}

/**
 * What `work` gives. An error of it that is none of this package shows that an argument is not what it is
 * said to be, or falls apart while it is read, and becomes the cause of one with a code. For values that
 * are not checked field by field: those that this package makes and takes back, and any that are
 * read in many places.
 *
 * @throws {PortaclError} `context.code`, and what `work` throws of this package's
 */
export function readingArguments<T>(context: ArgumentContext, work: () => T): T {
  const blamed = (cause: unknown): unknown =>
    cause instanceof PortaclError ? cause : unreadable(context, cause);
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw blamed(error);
    }) as T;
  } catch (error) {
    throw blamed(error);
  }
}

function unreadable({ code, of }: ArgumentContext, cause: unknown): PortaclError {
  const why = isNativeError(cause) ? cause.message : shownValue(cause);
  return new PortaclError(code, `${of}: an argument is not what it takes: ${why}`, { cause });
}

/** The error for one value: what was found, and what is accepted. */
export function argumentError(
  { code, of }: ArgumentContext,
  name: string,
  found: unknown,
  accepted: string,
): PortaclError {
  return new PortaclError(code, `${of}: ${name} is ${shownValue(found)}; accepted is ${accepted}`);
}

/**
 * A copy of the fields of an options object, `undefined` left out.
 *
 * @throws {PortaclError} `context.code`: no object, a name not in `names`, or a field that throws
 */
export function readFields<Name extends string>(
  value: unknown,
  names: readonly Name[],
  context: ArgumentContext,
): Partial<Record<Name, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || isArray(value)) {
    throw argumentError(context, 'the options', value, `an object with ${names.join(', ')}`);
  }
  const fields: Partial<Record<Name, unknown>> = {};
  try {
    for (const name of Object.keys(value)) {
      const found = (value as Record<string, unknown>)[name];
      if (found === undefined) continue;
      if (!(names as readonly string[]).includes(name)) throw unknownName(name, names, context);
      fields[name as Name] = found;
    }
  } catch (error) {
    if (error instanceof PortaclError) throw error;
    throw new PortaclError(context.code, `${context.of}: the options cannot be read`, {
      cause: error,
    });
  }
  return fields;
}

function unknownName(
  name: string,
  names: readonly string[],
  { code, of }: ArgumentContext,
): PortaclError {
  return new PortaclError(
    code,
    `${of}: ${quote(name)} is no option here; options are ${names.join(', ')}.${didYouMean(name, names)}`,
  );
}

/** An integer in [min, max], or `fallback` where nothing is given. */
export function readInteger(
  value: unknown,
  name: string,
  range: { readonly min?: number; readonly max: number; readonly fallback?: number },
  context: ArgumentContext,
): number {
  const { min = 0, max, fallback } = range;
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw argumentError(context, name, value, `a number from ${min} to ${max}`);
}

/** A boolean, or `fallback` where nothing is given. */
export function readBoolean(
  value: unknown,
  name: string,
  fallback: boolean,
  context: ArgumentContext,
): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw argumentError(context, name, value, 'true or false');
}

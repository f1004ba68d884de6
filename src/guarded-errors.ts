/**
 * Error classes as callers get them: to be caught, told apart by `instanceof` and, where a test needs
 * one, constructed. What is constructed of something else than the class takes is `bad-argument`.
 */
import { argumentError, isArray, readingArguments } from './arguments.js';
import { ERRORS, type PortaclError } from './errors.js';

type ErrorClass = new (...args: never[]) => PortaclError;

/** The same class, `instanceof` and subclasses included. */
export function guardedError<Class extends ErrorClass>(type: Class): Class {
  const context = { code: 'bad-argument', of: `new ${type.name}` } as const;
  return new Proxy(type, {
    construct: (target, args, newTarget) =>
      readingArguments(context, () => {
        const error = Reflect.construct(target, args, newTarget) as PortaclError;
        for (const [name, value] of Object.entries(error)) {
          const [accepts, accepted] = FIELDS[name] ?? ANYTHING;
          if (!accepts(value)) throw argumentError(context, name, value, accepted);
        }
        return error;
      }),
  });
}

type Field = readonly [accepts: (value: unknown) => boolean, accepted: string];

const ANYTHING: Field = [() => true, ''];
const TEXT: Field = [(value) => typeof value === 'string', 'a text'];
const TEXT_OR_NULL: Field = [(value) => value === null || TEXT[0](value), 'a text or null'];
const COUNT: Field = [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a count'];
const LIST: Field = [isArray, 'an array'];

/** What the errors of this package have beside a message. */
const FIELDS: Readonly<Record<string, Field>> = {
  code: [(value) => typeof value === 'string' && Object.hasOwn(ERRORS, value), 'a code of ERRORS'],
  ...{ file: TEXT, path: TEXT, hns: TEXT, found: TEXT_OR_NULL, expected: TEXT_OR_NULL },
  ...{ line: COUNT, column: COUNT, recordIndex: COUNT, byteOffset: COUNT },
  diagnostics: LIST,
  notes: [(value) => isArray(value) && (value as unknown[]).every(TEXT[0]), 'an array of texts'],
};

/** Whole numbers on the command line. */
import { PortaclError } from '../errors.js';

/** @throws {PortaclError} bad-usage */
export function count(
  name: string,
  text: string | undefined,
  otherwise: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new PortaclError(
    'bad-usage',
    `${name} ${text}: a whole number from ${min} to ${max} is wanted`,
  );
}

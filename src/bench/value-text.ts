/** Numbers of measurements for people. */
import type { MeasurementUnit } from './measurement.js';

/** Three digits that count, and a letter for thousands: `63.7 M/s`, `15.2 ns`, `1.20 GB`. */
export function valueText(value: number, unit: MeasurementUnit): string {
  if (unit.endsWith('/s')) return `${short(value)}/s`;
  if (unit.startsWith('ns')) return nanosecondsText(value);
  if (unit === 's') return nanosecondsText(value * 1e9);
  return `${short(value)}B`;
}

/** The same with what it is of: `63.7 M packets/s`, `15.2 ns a packet`. */
export function fullText(value: number, unit: MeasurementUnit): string {
  if (unit.endsWith('/s')) return `${short(value).trim()} ${unit}`;
  const [, each] = unit.split('/');
  return `${valueText(value, unit)}${each === undefined ? '' : ` a ${each}`}`;
}

const SIZES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** A count with its letter, which a unit may follow: `63.7 M`; `12 ` for what needs none. */
export function short(value: number): string {
  const [size, letter] = SIZES.find(([each]) => Math.abs(value) >= each) ?? [1, ''];
  return `${digits(value / size)} ${letter}`;
}

export function nanosecondsText(ns: number): string {
  const size = Math.abs(ns);
  if (size >= 1e9) return `${digits(ns / 1e9)} s`;
  if (size >= 1e6) return `${digits(ns / 1e6)} ms`;
  if (size >= 1e4) return `${digits(ns / 1e3)} us`;
  return `${digits(ns)} ns`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** E.g. `+12.3 %`. */
export const percentText = (share: number): string =>
  `${share >= 0 ? '+' : '-'}${(Math.abs(share) * 100).toFixed(1)} %`;

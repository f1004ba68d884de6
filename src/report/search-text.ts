/** How rules are searched, and what was refused before, in words. */
import { grouped } from './text-table.js';
import type { NativeRefusal } from '../native/classifier-types.js';

/** `tables refused at pairs of address classes: 50,926,000 bytes of 16,777,216`. */
export function refusalText(refusal: NativeRefusal): string {
  const { algorithm, stage, bytes, bytesMax, work, workMax } = refusal;
  const limit =
    bytes > bytesMax
      ? `at least ${grouped(bytes)} bytes of ${grouped(bytesMax)}`
      : work > workMax
        ? `at least ${grouped(work)} steps of ${grouped(workMax)}`
        : 'more than its numbers can name';
  return `${algorithm} refused at ${stage}: ${limit}`;
}

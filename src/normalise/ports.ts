/** Port lists: `80`, `80,443`, `8000-8080`. Source: hns.md 4.4. */
import type { PortRange } from './normalised-host.js';

export const PORT_MAX = 65535;

export interface PortProblem {
  readonly item: string;
  readonly problem: 'no-port' | 'above' | 'reversed';
}

export interface PortList {
  readonly ranges: readonly PortRange[];
  readonly items: number;
  /** More than one item, or a range: not known before HNS 7.2. */
  readonly isList: boolean;
  readonly hasSpaces: boolean;
}

/** Sorted, disjoint, merged ranges of a list that is not empty. */
export function parsePortList(text: string): PortList | PortProblem {
  const port = plainPort(text);
  if (port !== null) {
    return { ranges: [{ from: port, to: port }], items: 1, isList: false, hasSpaces: false };
  }
  const items = text.split(',');
  const ranges: PortRange[] = [];
  for (const item of items) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(item);
    if (match === null) return { item, problem: 'no-port' };
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (from > PORT_MAX || to > PORT_MAX) return { item, problem: 'above' };
    if (from > to) return { item, problem: 'reversed' };
    ranges.push({ from, to });
  }
  return {
    ranges: mergePorts(ranges),
    items: items.length,
    isList: items.length > 1 || text.includes('-'),
    hasSpaces: /\s/.test(text),
  };
}

/** One port and nothing else, as nearly every list is; else null. */
function plainPort(text: string): number | null {
  if (text.length === 0 || text.length > 5) return null;
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    port = port * 10 + digit;
  }
  return port <= PORT_MAX ? port : null;
}

export function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  if (ranges.length < 2) return ranges;
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const merged: PortRange[] = [];
  let last = sorted[0]!;
  for (const range of sorted.slice(1)) {
    if (range.from > last.to + 1) {
      merged.push(last);
      last = range;
    } else if (range.to > last.to) {
      last = { from: last.from, to: range.to };
    }
  }
  merged.push(last);
  return merged;
}

/** Whether every port of `inner` is in `outer`; both are merged. Null stands for every packet. */
export function coversPorts(
  outer: readonly PortRange[] | null,
  inner: readonly PortRange[] | null,
): boolean {
  if (outer === null) return true;
  if (inner === null) return false;
  let i = 0;
  for (const range of inner) {
    while (i < outer.length && outer[i]!.to < range.from) i++;
    const cover = outer[i];
    if (cover === undefined || cover.from > range.from || cover.to < range.to) return false;
  }
  return true;
}

/** Whether a port is in both, which are merged. Null stands for every packet. */
export function portsOverlap(
  a: readonly PortRange[] | null,
  b: readonly PortRange[] | null,
): boolean {
  if (a === null || b === null) return true;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i]!;
    const right = b[j]!;
    if (left.to < right.from) i++;
    else if (right.to < left.from) j++;
    else return true;
  }
  return false;
}

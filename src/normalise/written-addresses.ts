/** Lists of nodes that each write one address or prefix. */
import { textOf } from '../policy/read-fields.js';
import type { SourceNode } from '../source/source-node.js';
import { addressSet } from './address-set.js';
import { parseAddress } from './address.js';
import type { AddressRange, AddressSet } from './normalised-host.js';

export interface WrittenAddresses {
  readonly set: AddressSet;
  /** Those that write something else. */
  readonly refused: readonly SourceNode[];
}

export function writtenAddresses(nodes: readonly SourceNode[]): WrittenAddresses {
  const ipv4: AddressRange[] = [];
  const ipv6: AddressRange[] = [];
  const refused: SourceNode[] = [];
  for (const node of nodes) {
    const read = parseAddress(textOf(node) ?? '');
    if ('problem' in read) refused.push(node);
    else (read.family === 4 ? ipv4 : ipv6).push(read.range);
  }
  return { set: addressSet(ipv4, ipv6), refused };
}

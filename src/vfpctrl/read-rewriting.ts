/**
 * What rules of vfpctrl commands rewrite: the words behind the types `nat`, `lbnat` and `dynnat`, and
 * NAT pools. Source: the usage text of vfpctrl; vfp.md 2.3, 3.6, 12.1; docs/semantics/vfpctrl.md.
 */
import { parseIpAddress } from '../normalise/address.js';
import type { PooledPorts, TranslatedEnd } from '../normalise/normalised-host.js';
import { POOL_RANGES_MAX } from '../program/layout.js';
import { quote } from '../source/source-node.js';
import { Refusal, misfit, type Word, type Words } from './command-words.js';
import { readAddresses } from './condition-text.js';
import type { VfpRewriting } from './vfp-layer.js';

/** Ranges of a pool; those that are deposited behind a rule are the rule's too. */
export type NatPools = Map<string, PooledPorts[]>;

/** Rule flags by type; the meaning of one bit differs between types. Source: vfp.md 2.3. */
const NAT_BIT = { source: 256, destination: 512, addressOnly: 1024 } as const;
const DYNNAT_BIT = { source: 256, destination: 512, assassinate: 2048, reuse: 4096 } as const;
/** Of the flag word in an lbnat's own data. Source: vfp.md 12.1. */
const LBNAT_BIT = { address: 65536, port: 131072, createFlow: 524288 } as const;
const U32 = 2 ** 32 - 1;
const PORT_MAX = 65535;
/** Most ends that one lbnat names, and most addresses of a range. */
const ENDS_MAX = 4096;

type RewritingReader = (
  words: Words,
  family: 4 | 6,
  bits: number,
  pools: NatPools,
  rule: Word,
) => VfpRewriting;

/** A rule of one of these types, from the words behind it. */
export const REWRITING_READERS = {
  nat: readNat,
  lbnat: readLbnat,
  dynnat: readDynnat,
} as const satisfies Record<VfpRewriting['action'], RewritingReader>;

/** `[ip] [port] [[mss]/[mss]]` */
function readNat(
  words: Words,
  family: 4 | 6,
  bits: number,
  _pools: NatPools,
  rule: Word,
): VfpRewriting {
  const address = addressOf(words.take('the address'), family);
  const port = words.number('the port', PORT_MAX);
  takeMss(words);
  const isSource = (bits & NAT_BIT.source) !== 0;
  if (isSource && (bits & NAT_BIT.destination) !== 0) {
    throw misfit(rule, 'flags for the source (256) or for the destination (512), not for both');
  }
  const kept = port === 0 || (bits & NAT_BIT.addressOnly) !== 0;
  const end: TranslatedEnd = { address, port: kept ? null : port, endpoint: null };
  return { action: 'nat', source: isSource ? end : null, destinations: isSource ? [] : [end] };
}

/** `[nat_id] [[mss]/[mss]]` */
function readDynnat(
  words: Words,
  family: 4 | 6,
  bits: number,
  pools: NatPools,
  rule: Word,
): VfpRewriting {
  const id = words.take('the NAT pool');
  takeMss(words);
  const { destination, assassinate, reuse } = DYNNAT_BIT;
  if ((bits & (destination | assassinate | reuse)) !== 0) {
    throw misfit(rule, 'a dynnat of the source (256, or neither 512, 2048 nor 4096)');
  }
  const pool = poolOf(pools, id);
  const other = pool.find(({ address }) => address.family !== family);
  if (other !== undefined) throw misfit(id, `a NAT pool of IPv${family} addresses`);
  return { action: 'dynnat', source: null, destinations: [], pool };
}

/** `[[space]] [mss]/[mss] [flags] [[addresses] [port]] …`; the space is of encapsulation alone. */
function readLbnat(words: Words, family: 4 | 6): VfpRewriting {
  if (!takeMss(words)) {
    words.take('the space');
    if (!takeMss(words)) throw misfit(words.take('the MSS deltas'), 'two MSS deltas, as 0/0');
  }
  const flagged = words.take('the flags of the lbnat');
  const flags = Number(flagged.text);
  const { address, port: withPort, createFlow } = LBNAT_BIT;
  const isKnown = /^\d{1,10}$/.test(flagged.text) && flags <= U32;
  const known = address | withPort | createFlow;
  if (!isKnown || (flags & address) === 0 || (flags & createFlow) === 0 || (flags & ~known) !== 0) {
    const wanted = 'the sum of 65536 (destination), 524288 (create flow) and perhaps 131072 (port)';
    throw misfit(flagged, wanted);
  }
  const destinations: TranslatedEnd[] = [];
  do {
    const ends = words.take('the addresses of a backend');
    const port = words.left > 0 ? words.number('the port of the backend', PORT_MAX) : 0;
    const kept = port === 0 || (flags & withPort) === 0;
    for (const each of addressesOf(ends, family)) {
      if (destinations.length === ENDS_MAX) throw misfit(ends, `at most ${ENDS_MAX} backends`);
      destinations.push({ address: each, port: kept ? null : port, endpoint: null });
    }
  } while (words.left > 0);
  return { action: 'lbnat', source: null, destinations };
}

/** MSS deltas change no verdict. Whether there were some. */
function takeMss(words: Words): boolean {
  return words.takeIf(/^(?:\d+|\*)(?:,\d+)?\/(?:\d+|\*)(?:,\d+)?$/);
}

function addressOf(word: Word, family: 4 | 6): TranslatedEnd['address'] {
  const address = parseIpAddress(word.text);
  if (address?.family !== family) throw misfit(word, `an IPv${family} address`);
  return address;
}

/** An address, a prefix, or the first and last of some. */
function addressesOf(word: Word, family: 4 | 6): TranslatedEnd['address'][] {
  const set = readAddresses(word.text, family);
  const ranges = set === null ? [] : family === 4 ? set.ipv4 : set.ipv6;
  const count = ranges.reduce((sum, { from, to }) => sum + (to - from + 1n), 0n);
  if (count === 0n) throw misfit(word, `an IPv${family} address, a prefix or a range`);
  if (count > BigInt(ENDS_MAX)) throw misfit(word, `at most ${ENDS_MAX} backends`);
  return ranges.flatMap(({ from, to }) =>
    Array.from({ length: Number(to - from) + 1 }, (_, i) => ({ family, value: from + BigInt(i) })),
  );
}

function poolOf(pools: NatPools, { text, place }: Word): PooledPorts[] {
  const pool = pools.get(text);
  if (pool !== undefined) return pool;
  const message = `The NAT pool ${quote(text)} is not there; /add-nat-pool makes it.`;
  throw new Refusal('dump-incomplete', place, message);
}

/** `/add-nat-pool "[id] [name] [[flag]]"` */
export function addNatPool(words: Words, pools: NatPools): void {
  const id = words.take('the id');
  words.take('the name');
  const flag = words.takeIf(/^0$/) || words.left === 0;
  if (!flag) throw misfit(words.take('the flags'), 'a pool without flags: 0, or nothing');
  words.end();
  if (pools.has(id.text)) throw misfit(id, 'the id of a NAT pool that is not there yet');
  pools.set(id.text, []);
}

/** `/nat-pool P /deposit-nat-range "[ip] [first] [last] [[reuse]]"`; how often a port serves is N29's. */
export function depositNatRange(words: Words, pools: NatPools, id: Word): void {
  const pool = poolOf(pools, id);
  const at = words.take('the address');
  const address = parseIpAddress(at.text);
  const family = pool[0]?.address.family ?? address?.family;
  if (address === null || address.family !== family) {
    throw misfit(
      at,
      `an address${family === undefined ? '' : ` of IPv${family}, as the pool has`}`,
    );
  }
  const first = words.take('the first port');
  const from = Number(first.text);
  const to = words.number('the last port', PORT_MAX);
  if (words.left > 0) words.number('how often a port is used again', U32);
  words.end();
  if (!/^\d{1,5}$/.test(first.text) || from < 1 || from > to) {
    throw misfit(first, `the first port, from 1 to the last, ${to}`);
  }
  if (pool.length === POOL_RANGES_MAX)
    throw misfit(id, `a NAT pool of up to ${POOL_RANGES_MAX} ranges`);
  pool.push({ address, from, to });
}

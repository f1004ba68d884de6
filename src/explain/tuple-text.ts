/**
 * The tuple language: one packet in one line, for the command line and for tests.
 *
 *   [in|out] PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT] [WORD VALUE]...
 *
 *   in tcp 10.9.9.9:4000 > 10.1.0.5:80          an opening SYN
 *   tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA    placed by its addresses
 *   out udp [fd00::5]:5353 > [ff02::fb]:5353
 *   in icmp 10.9.9.9 > 10.1.0.5 type 3/4        an echo request without type
 *
 * Words: `flags` letters of FSRPAU; `type` T or T/CODE; `id` of an ICMP query; `at` seconds;
 * `endpoint` name; `fragment` ID or ID/OFFSET; `smac` and `dmac`; `vlan`; `tni` of VXLAN or NVGRE; `key`
 * of GRE. Without direction the addresses say who judges.
 */
import { PortaclError } from '../errors.js';
import { parseIpAddress, parseMac } from '../normalise/address.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import type { Tuple } from '../simulate/tuple.js';

/** A source port that a client might have, for tuples that leave it out. */
const CLIENT_PORT = 49152;
const ECHO_REQUEST: Readonly<Record<string, number>> = { icmp: 8, '1': 8, icmpv6: 128, '58': 128 };
const PROTOCOLS_WITH_PORTS: readonly string[] = ['tcp', '6', 'udp', '17', 'sctp', '132'];
const PROTOCOLS: readonly string[] = [
  ...['tcp', 'udp', 'icmp', 'icmpv6', 'igmp', 'sctp', 'gre', 'esp'],
];
const WORDS = [
  ...(['flags', 'type', 'id', 'at', 'endpoint', 'fragment'] as const),
  ...(['smac', 'dmac', 'vlan', 'tni', 'key'] as const),
] as const;
type Word = (typeof WORDS)[number];
const TEXT_LENGTH_MAX = 1000;

/** A word of the text and its first character, from 1. */
interface Token {
  readonly text: string;
  readonly column: number;
}

interface Side {
  readonly address: string;
  readonly port: number | null;
}

/**
 * @throws {PortaclError} bad-tuple, with the character at which the text is wrong
 */
export function parseTuple(text: string): Tuple {
  if (text.length > TEXT_LENGTH_MAX) {
    throw new PortaclError('bad-tuple', `a tuple has at most ${TEXT_LENGTH_MAX} characters`);
  }
  return new TupleParser(text).parse();
}

class TupleParser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(/>|[^\s>]+/g)].map(({ 0: word, index }) => ({
      text: word,
      column: index + 1,
    }));
    this.#end = text.length + 1;
  }

  parse(): Tuple {
    const first = this.#next('in, out or a protocol');
    const dir = first.text === 'in' || first.text === 'out' ? first.text : undefined;
    const proto = this.#protocol(dir === undefined ? first : this.#next('a protocol'));
    const src = this.#side(this.#next('the source'));
    const arrow = this.#next('>');
    if (arrow.text !== '>') throw this.#error(arrow, '>');
    const at = this.#next('the destination');
    const dst = this.#side(at);
    return {
      ...(dir && { dir }),
      proto: /^\d+$/.test(proto) ? Number(proto) : proto,
      src: src.address,
      dst: dst.address,
      ...this.#ports(proto, src, dst, at),
      ...(Object.hasOwn(ECHO_REQUEST, proto) && { type: ECHO_REQUEST[proto]! }),
      ...this.#words(),
    };
  }

  #ports(proto: string, src: Side, dst: Side, at: Token): Pick<Tuple, 'sport' | 'dport'> {
    if (!PROTOCOLS_WITH_PORTS.includes(proto)) {
      if (src.port === null && dst.port === null) return {};
      throw this.#error(at, `addresses without ports, which ${proto} has not`);
    }
    if (dst.port === null) throw this.#error(at, 'ADDRESS:PORT, of IPv6 [ADDRESS]:PORT');
    return { sport: src.port ?? CLIENT_PORT, dport: dst.port };
  }

  #words(): Partial<Tuple> {
    let tuple: Partial<Tuple> = {};
    while (this.#at < this.#tokens.length) {
      const word = this.#next('a word');
      if (!isWord(word.text)) {
        throw this.#error(word, `one of ${WORDS.join(', ')}`, didYouMean(word.text, WORDS));
      }
      tuple = { ...tuple, ...this.#value(word.text, this.#next(`a value of ${word.text}`)) };
    }
    return tuple;
  }

  #value(word: Word, token: Token): Partial<Tuple> {
    const { text } = token;
    switch (word) {
      case 'flags':
        if (!/^[FSRPAU]+$/i.test(text)) throw this.#error(token, 'letters of FSRPAU');
        return { flags: text.toUpperCase() };
      case 'type': {
        const [type, code] = this.#pair(token, 255, 255, 'T or T/CODE, each up to 255');
        return { type, ...(code !== null && { code }) };
      }
      case 'id':
        return { id: this.#number(token, text, 65535) };
      case 'at': {
        const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
        if (!(seconds <= 9e9)) throw this.#error(token, 'seconds');
        return { at: seconds };
      }
      case 'endpoint':
        return { endpoint: text };
      case 'fragment': {
        const [id, offset] = this.#pair(token, 0xffffffff, 65535, 'ID or ID/OFFSET');
        return { fragment: { id, offset: offset ?? 0 } };
      }
      case 'smac':
      case 'dmac':
        if (parseMac(text) === null) throw this.#error(token, 'a MAC address');
        return { [word]: text };
      case 'vlan':
        return { vlan: this.#number(token, text, 4095) };
      case 'tni':
        return { tni: this.#number(token, text, 2 ** 24 - 1) };
      case 'key':
        return { key: this.#number(token, text, 0xffffffff) };
    }
  }

  #protocol({ text, column }: Token): string {
    const name = text.toLowerCase();
    if (PROTOCOLS.includes(name) || (/^\d{1,3}$/.test(name) && Number(name) <= 255)) return name;
    const wanted = `a protocol: a number up to 255 or ${PROTOCOLS.join(', ')}`;
    throw this.#error({ text, column }, wanted, didYouMean(name, PROTOCOLS));
  }

  /** `10.1.0.5`, `10.1.0.5:80`, `fd00::5`, `[fd00::5]:80`. */
  #side(token: Token): Side {
    const { text } = token;
    const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
    const dotted = /^(\d+\.[\d.]*):(.*)$/.exec(text);
    const [, address = text, port] = bracketed ?? dotted ?? [];
    if (parseIpAddress(address) === null) {
      throw this.#error(token, 'an address, ADDRESS:PORT or [IPV6]:PORT');
    }
    return { address, port: port === undefined ? null : this.#number(token, port, 65535) };
  }

  #pair(token: Token, max: number, secondMax: number, wanted: string): [number, number | null] {
    const parts = token.text.split('/');
    if (parts.length > 2) throw this.#error(token, wanted);
    const [first, second] = parts as [string, string?];
    return [
      this.#number(token, first, max, wanted),
      second === undefined ? null : this.#number(token, second, secondMax, wanted),
    ];
  }

  #number(token: Token, digits: string, max: number, wanted = `a number up to ${max}`): number {
    if (/^\d{1,10}$/.test(digits) && Number(digits) <= max) return Number(digits);
    throw this.#error(token, wanted);
  }

  #next(wanted: string): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) {
      throw new PortaclError('bad-tuple', `the tuple ends where ${wanted} is wanted`);
    }
    this.#at++;
    return token;
  }

  #error(token: Token, wanted: string, hint = ''): PortaclError {
    const where = token.column === this.#end ? 'at the end' : `at character ${token.column}`;
    return new PortaclError(
      'bad-tuple',
      `the tuple has ${quote(token.text)} ${where}; wanted is ${wanted}.${hint}`,
    );
  }
}

const isWord = (text: string): text is Word => (WORDS as readonly string[]).includes(text);

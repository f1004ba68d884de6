/**
 * Port ACLs of Hyper-V virtual switches, as `Get-VMNetworkAdapterAcl` and
 * `Get-VMNetworkAdapterExtendedAcl` print them through `ConvertTo-Json`.
 * Source: docs/semantics/hyperv.md, with the pages and classes it names.
 */
import { parseAddress, parseMac, type ParsedAddress } from '../normalise/address.js';
import type { Direction, PortRange } from '../normalise/normalised-host.js';
import { parsePortList } from '../normalise/ports.js';
import { numberOf, textOf, type ReadContext } from '../policy/read-fields.js';
import {
  describe,
  member,
  quote,
  type ObjectNode,
  type SourceNode,
} from '../source/source-node.js';

/** An ACL for its directions; null conditions hold for every packet. */
export interface PortAcl {
  /**
   * `basic`: the longest prefix decides. `mac`: the same of MAC addresses, a list of their own.
   * `extended`: the greatest weight decides.
   */
  readonly kind: 'basic' | 'mac' | 'extended';
  readonly node: ObjectNode;
  readonly name: string;
  readonly action: 'allow' | 'block';
  readonly directions: readonly Direction[];
  readonly local: ParsedAddress | null;
  readonly remote: ParsedAddress | null;
  /** Of an ACL for MAC addresses; null for every address. */
  readonly localMac: bigint | null;
  readonly remoteMac: bigint | null;
  readonly protocol: number | null;
  readonly localPorts: readonly PortRange[] | null;
  readonly remotePorts: readonly PortRange[] | null;
  /** 0 but for an extended one. */
  readonly weight: number;
  readonly stateful: boolean;
  /** Seconds; 0: the default. */
  readonly idleSeconds: number;
}

export const WEIGHT_MAX = 65_535;

/** The cmdlet that printed it. */
export type WrittenKind = 'basic' | 'extended';

/** By their members: an ACL of the Host Networking Service has `LocalAddresses`, in the plural. */
export function portAclKind(item: ObjectNode): WrittenKind | null {
  const has = (name: string): boolean => member(item, name) !== null;
  if (!has('Action') || !has('Direction') || has('Type')) return null;
  if (has('Weight') && (has('LocalIPAddress') || has('RemoteIPAddress'))) return 'extended';
  return has('LocalAddress') || has('RemoteAddress') ? 'basic' : null;
}

/** Numbers as `ConvertTo-Json` writes words of a list. */
const ACTIONS = ['Allow', 'Deny', 'Meter'] as const;
const DIRECTIONS = ['Inbound', 'Outbound', 'Both'] as const;
const DIRECTIONS_OF: Readonly<Record<(typeof DIRECTIONS)[number], readonly Direction[]>> = {
  Inbound: ['in'],
  Outbound: ['out'],
  Both: ['in', 'out'],
};
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['icmpv4', 1],
  ['tcp', 6],
  ['udp', 17],
  ['icmpv6', 58],
]);
const WITH_PORTS = [6, 17];

/** Null when it is refused, or decides nothing: it meters, or in lenient reading was left out. */
export function readPortAcl(
  context: ReadContext,
  node: ObjectNode,
  kind: WrittenKind,
  name: string,
): PortAcl | null {
  const reader = new AclReader(context, node, name);
  const action = reader.word('Action', kind === 'basic' ? ACTIONS : ['Allow', 'Deny']);
  const direction = reader.word(
    'Direction',
    kind === 'basic' ? DIRECTIONS : ['Inbound', 'Outbound'],
  );
  const decided = kind === 'basic' ? readBasic(reader) : readExtended(reader);
  if (action === null || direction === null || decided === null || reader.refused) return null;
  if (action === 'Meter') {
    const message = 'An ACL that meters counts traffic and decides nothing.';
    context.reporter.info('policy-not-evaluated', { document: context.document, node }, message);
    return null;
  }
  return {
    ...{ node, name, action: action === 'Allow' ? 'allow' : 'block' },
    directions: DIRECTIONS_OF[direction],
    ...decided,
  };
}

type Decided = Omit<PortAcl, 'node' | 'name' | 'action' | 'directions'>;

const ANY_MAC = { localMac: null, remoteMac: null } as const;

const BASIC_SIDES = [
  ['LocalAddress', 'LocalAddressType'],
  ['RemoteAddress', 'RemoteAddressType'],
] as const;

/** No ports, no state. */
const ALWAYS = {
  ...{ protocol: null, localPorts: null, remotePorts: null },
  ...{ weight: 0, stateful: false, idleSeconds: 0 },
} as const;

/** One address, of either side; the other side is not there or `ANY`. */
function readBasic(reader: AclReader): Decided | null {
  const isMac = BASIC_SIDES.some(([name, type]) => reader.isMac(name, type));
  if (isMac) {
    const mac = sidesOf(reader, (name) => reader.mac(name));
    if (mac === null) return null;
    const macs = { localMac: mac.local, remoteMac: mac.remote };
    return { kind: 'mac', local: null, remote: null, ...macs, ...ALWAYS };
  }
  const ip = sidesOf(reader, (name) => reader.address(name));
  return ip && { kind: 'basic', ...ip, ...ANY_MAC, ...ALWAYS };
}

/** Null when one is refused, or both sides have one. */
function sidesOf<T>(
  reader: AclReader,
  read: (name: string) => T | null | undefined,
): { local: T | null; remote: T | null } | null {
  const local = read('LocalAddress');
  const remote = read('RemoteAddress');
  if (local === undefined || remote === undefined) return null;
  if (local === null || remote === null) return { local, remote };
  reader.refuse('conflicting-fields', 'RemoteAddress', 'an ACL has an address of one side');
  return null;
}

function readExtended(reader: AclReader): Decided | null {
  const local = reader.address('LocalIPAddress');
  const remote = reader.address('RemoteIPAddress');
  const localPorts = reader.ports('LocalPort');
  const remotePorts = reader.ports('RemotePort');
  const protocol = reader.protocol();
  const weight = reader.number('Weight', WEIGHT_MAX);
  const idleSeconds = reader.number('IdleSessionTimeout', 0xffff_ffff / 1000);
  const hasPorts = (localPorts ?? remotePorts ?? null) !== null;
  if (hasPorts && typeof protocol === 'number' && !WITH_PORTS.includes(protocol)) {
    reader.refuse('ports-need-protocol', 'Protocol', 'an ACL with ports needs TCP or UDP');
  }
  if ((reader.number('IsolationID', 0xffff_ffff) ?? 0) !== 0) {
    reader.leaveOut(
      'IsolationID',
      'the ACL holds for one isolated network only, which is not modelled',
    );
    return null;
  }
  const stateful = reader.flag('Stateful');
  if (local === undefined || remote === undefined || protocol === undefined) return null;
  if (localPorts === undefined || remotePorts === undefined) return null;
  if (weight === null || idleSeconds === null) return null;
  const conditions = { local, remote, ...ANY_MAC, protocol, localPorts, remotePorts };
  return { kind: 'extended', ...conditions, weight, stateful, idleSeconds };
}

/** PowerShell prints bytes with hyphens, or twelve digits. */
const macOf = (text: string): bigint | null =>
  parseMac(/^[0-9A-Fa-f]{12}$/.test(text) ? text.match(/../g)!.join('-') : text);

/** The members of one ACL. `null`: any. `undefined`: refused. */
class AclReader {
  refused = false;
  constructor(
    private readonly context: ReadContext,
    private readonly node: ObjectNode,
    private readonly name: string,
  ) {}

  /** A word, or the number of its place in the list, from 1. */
  word<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const field = member(this.node, name)!;
    const text = textOf(field)?.toLowerCase() ?? '';
    const word = words.find((each, i) => each.toLowerCase() === text || text === String(i + 1));
    if (word === undefined) this.refuse('unknown-value', name, `it is one of ${words.join(', ')}`);
    return word ?? null;
  }

  /** Whether a side is about MAC addresses: its type says so, or its address. */
  isMac(name: string, type: string): boolean {
    const kind = textOf(member(this.node, type) ?? undefined)?.toLowerCase() ?? '';
    if (['mac', 'wildcardmac', '1', '7'].includes(kind)) return true;
    const text = this.text(member(this.node, name));
    return text !== null && macOf(text) !== null;
  }

  mac(name: string): bigint | null | undefined {
    const text = this.text(member(this.node, name));
    if (text === null) return null;
    const mac = macOf(text);
    if (mac !== null) return mac;
    this.refuse('bad-address', name, 'it is ANY or six bytes such as 00-15-5D-01-02-03');
    return undefined;
  }

  address(name: string): ParsedAddress | null | undefined {
    const text = this.text(member(this.node, name));
    if (text === null) return null;
    const parsed = parseAddress(text);
    if (!('problem' in parsed)) return parsed;
    if (parsed.problem === 'prefix')
      this.refuse('bad-prefix', name, 'its prefix length is out of range');
    else
      this.refuse('bad-address', name, 'it is ANY, an address, or an address with a prefix length');
    return undefined;
  }

  ports(name: string): readonly PortRange[] | null | undefined {
    const text = this.text(member(this.node, name));
    if (text === null) return null;
    const list = parsePortList(text);
    if ('ranges' in list) return list.ranges;
    this.refuse('bad-port', name, 'it is ANY, ports from 0 to 65535, or ranges of them');
    return undefined;
  }

  protocol(): number | null | undefined {
    const text = this.text(member(this.node, 'Protocol'));
    if (text === null) return null;
    const number =
      PROTOCOLS.get(text.toLowerCase()) ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256);
    if (number <= 255) return number;
    this.refuse('bad-protocol', 'Protocol', 'it is ANY, TCP, UDP, ICMP or a number up to 255');
    return undefined;
  }

  /** 0 when absent; null when refused. */
  number(name: string, max: number): number | null {
    const field = member(this.node, name);
    if (field === null || field.kind === 'null') return 0;
    const number = numberOf(field);
    if (number !== null && Number.isInteger(number) && number >= 0 && number <= max) return number;
    const code = name === 'Weight' ? 'bad-priority' : 'unknown-value';
    this.refuse(code, name, `it is a whole number from 0 to ${Math.floor(max)}`);
    return null;
  }

  flag(name: string): boolean {
    const field = member(this.node, name);
    if (field === null || field.kind === 'null' || field.kind === 'boolean') {
      return field?.value === true;
    }
    this.refuse('wrong-type', name, 'it is true or false');
    return false;
  }

  /** The text of a condition; null for any. */
  private text(field: SourceNode | null): string | null {
    const text = textOf(field ?? undefined)?.trim() ?? '';
    return ['', '*', 'any'].includes(text.toLowerCase()) ? null : text;
  }

  refuse(code: Parameters<ReadContext['reporter']['error']>[0], name: string, why: string): void {
    this.refused = true;
    const node = member(this.node, name) ?? this.node;
    const message = `${name} is ${describe(node)}; ${why}.`;
    const details = { found: describe(node), rule: this.name };
    this.context.reporter.error(code, { document: this.context.document, node }, message, details);
  }

  /** Refused in strict reading; in lenient reading the ACL is left out with a warning. */
  leaveOut(name: string, why: string): void {
    this.refused = true;
    const node = member(this.node, name) ?? this.node;
    const { document, reporter } = this.context;
    const rest = reporter.strict ? 'remove the ACL or read leniently' : 'the ACL is left out';
    const message = `${name} is ${quote(textOf(node) ?? '')}: ${why}; ${rest}.`;
    reporter.lax('unsupported-condition', { document, node }, message, { rule: this.name });
  }
}

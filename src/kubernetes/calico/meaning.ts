/** ACLs written as texts to ACLs with a meaning. Lists that occur again are read once. */
import type { SourceLocation } from '../../errors.js';
import { addressSet } from '../../normalise/address-set.js';
import { parseAddress } from '../../normalise/address.js';
import type { AddressRange, AddressSet, Conditions } from '../../normalise/normalised-host.js';
import { parsePortList } from '../../normalise/ports.js';
import type { CompiledAcl } from '../compiled-acl.js';
import { PROTOCOL_ANY, type HnsAcl } from './hns-acl.js';

const ACTIONS = { Allow: 'allow', Block: 'block', Pass: 'pass' } as const;

export class HnsMeanings {
  readonly #sets = new Map<string, AddressSet>();
  readonly #conditions = new Map<string, Conditions>();

  compiled(acl: HnsAcl, name: string, location: SourceLocation): CompiledAcl {
    return {
      name,
      stage: acl.RuleType === 'Host' ? 'host' : 'switch',
      direction: acl.Direction === 'In' ? 'in' : 'out',
      action: ACTIONS[acl.Action],
      priority: acl.Priority,
      conditions: this.#conditionsOf(acl),
      location,
    };
  }

  #conditionsOf(acl: HnsAcl): Conditions {
    const { Direction, Protocol, LocalAddresses, RemoteAddresses, LocalPorts, RemotePorts } = acl;
    const key = [
      Direction,
      Protocol,
      LocalAddresses,
      RemoteAddresses,
      LocalPorts,
      RemotePorts,
    ].join('|');
    const known = this.#conditions.get(key);
    if (known !== undefined) return known;
    const [local, remote] = [this.#set(LocalAddresses), this.#set(RemoteAddresses)];
    const [localPorts, remotePorts] = [portsOf(LocalPorts), portsOf(RemotePorts)];
    const isInbound = Direction === 'In';
    const conditions: Conditions = {
      protocols: Protocol === PROTOCOL_ANY ? null : [Protocol],
      source: isInbound ? remote : local,
      destination: isInbound ? local : remote,
      sourcePorts: isInbound ? remotePorts : localPorts,
      destinationPorts: isInbound ? localPorts : remotePorts,
    };
    this.#conditions.set(key, conditions);
    return conditions;
  }

  /** Null is any. */
  #set(text: string): AddressSet | null {
    if (text === '') return null;
    const known = this.#sets.get(text);
    if (known !== undefined) return known;
    const ranges: Record<4 | 6, AddressRange[]> = { 4: [], 6: [] };
    for (const item of text.split(',')) {
      const parsed = parseAddress(item);
      if (!('problem' in parsed)) ranges[parsed.family].push(parsed.range);
    }
    const set = addressSet(ranges[4], ranges[6]);
    this.#sets.set(text, set);
    return set;
  }
}

function portsOf(text: string): Conditions['sourcePorts'] {
  const list = text === '' ? null : parsePortList(text);
  return list === null || 'problem' in list ? null : list.ranges;
}

/** What the reference says: records of packets, counters, and the records that fragments share. */
import type { Direction, NormalisedEndpoint } from '../../src/normalise/normalised-host.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import { SECOND } from './flows.js';
import { type Packet, addressText } from './packet.js';

export type ReferenceRecord = Pick<
  PacketRecord,
  'endpoint' | 'direction' | 'verdict' | 'stage' | 'rule' | 'reason' | 'flow' | 'flow_event'
>;

/** The fields of a record that the reference gives too. */
export const comparable = (record: ReferenceRecord): ReferenceRecord => ({
  endpoint: record.endpoint,
  direction: record.direction,
  verdict: record.verdict,
  stage: record.stage,
  rule: record.rule,
  reason: record.reason,
  flow: record.flow,
  flow_event: record.flow_event,
});

/** Of a packet that nobody judges. */
export function passRecord(reason: PacketRecord['reason']): ReferenceRecord {
  return {
    ...{ endpoint: null, direction: null, verdict: 'pass', stage: null, rule: null, reason },
    ...{ flow: null, flow_event: null },
  };
}

/** Of a packet that an endpoint opens and finds nothing in that could be judged. */
export const unreadRecord = (
  { name }: NormalisedEndpoint,
  direction: Direction,
): ReferenceRecord => ({ ...passRecord('cut-capture'), endpoint: name, direction });

export interface ReferenceCounter {
  /** Name of the rule, or the reason of a default. */
  readonly name: string;
  packets: number;
  flows: number;
}

export class Counters {
  readonly #counters = new Map<string, ReferenceCounter>();

  credit(name: string, packets: number, flows: number): void {
    const counter = this.#counters.get(name) ?? { name, packets: 0, flows: 0 };
    counter.packets += packets;
    counter.flows += flows;
    this.#counters.set(name, counter);
  }

  all(): ReferenceCounter[] {
    return [...this.#counters.values()];
  }
}

const FRAGMENT_SECONDS = 60;
const FRAGMENT_RECORDS = 16_384;

export interface FragmentRecord {
  readonly record: ReferenceRecord;
  /** Name of what decided in the counters. */
  readonly credit: string;
}

/** 5.3: what was said of first fragments, for the later ones. */
export class FragmentRecords {
  readonly #kept = new Map<string, FragmentRecord & { readonly deadline: number }>();

  /** What was said of the first fragment; null of what is no later fragment of a known one. */
  find(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    now: number,
  ): FragmentRecord | null {
    if (!packet.fragment?.later) return null;
    const known = this.#kept.get(fragmentKey(endpoint, direction, packet));
    return known && known.deadline > now ? known : null;
  }

  /** Of any packet: only first fragments are kept. */
  keep(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    now: number,
    said: FragmentRecord,
  ): void {
    if (!packet.fragment || packet.fragment.later) return;
    const key = fragmentKey(endpoint, direction, packet);
    this.#kept.delete(key);
    this.#kept.set(key, { ...said, deadline: now + FRAGMENT_SECONDS * SECOND });
    if (this.#kept.size > FRAGMENT_RECORDS) this.#kept.delete(this.#kept.keys().next().value!);
  }

  /** Those of endpoints that are no more, or all. */
  forget(isGone: (endpointName: string) => boolean): void {
    for (const [key, { record }] of this.#kept) {
      if (isGone(record.endpoint!)) this.#kept.delete(key);
    }
  }
}

const fragmentKey = (
  { name }: NormalisedEndpoint,
  direction: Direction,
  { protocol, fragment, source, destination }: Packet,
): string =>
  [name, direction, protocol, fragment!.id, addressText(source), addressText(destination)].join(
    ' ',
  );

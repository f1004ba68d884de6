/** The packet of a simulation: what a person writes instead of a capture. */

/** One line of `portacl simulate --tuples FILE.jsonl`. */
export interface Tuple {
  /** As the endpoint sees it. Without it every endpoint that owns an address judges. */
  readonly dir?: 'in' | 'out';
  /** Protocol number, or one of `tcp`, `udp`, `icmp`, `icmpv6`, `igmp`, `sctp`, `gre`, `esp`. */
  readonly proto: number | string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  /** ICMP type and code. */
  readonly type?: number;
  readonly code?: number;
  /** ICMP query identifier. */
  readonly id?: number;
  /** TCP flags as bits or letters of `FSRPAU`; default `S`. */
  readonly flags?: number | string;
  readonly seq?: number;
  readonly ack?: number;
  /** Seconds of virtual time; without it the clock stands. */
  readonly at?: number;
  /** Name of the endpoint or of a container of its pod, when the model has several and `dir` is given. */
  readonly endpoint?: string;
  /** A fragment of datagram `id`; `offset` 0 is the first and has ports. */
  readonly fragment?: { readonly id: number; readonly offset: number };
  /** MAC addresses, as `02-00-00-00-00-01` or with colons. */
  readonly smac?: string;
  readonly dmac?: string;
  /** VLAN of its tag; default 0, no tag. */
  readonly vlan?: number;
  /** Number of the tenant network in its VXLAN or NVGRE header; default: it has none. */
  readonly tni?: number;
  /** GRE key; default: it has none. */
  readonly key?: number;
  /** The packet inside an ICMP error. */
  readonly quoted?: QuotedTuple;
  /** The packet inside a tunnel: UDP with `tni` (VXLAN), GRE, or protocol 4 or 41. */
  readonly carries?: CarriedTuple;
}

/** As {@link Tuple}, of the packet in a tunnel: where and when it is judged the outer one says. */
export type CarriedTuple = Omit<Tuple, 'dir' | 'at' | 'endpoint' | 'quoted'>;

/** As {@link Tuple}, of the packet quoted in an ICMP error. */
export interface QuotedTuple {
  readonly proto: number | string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
}

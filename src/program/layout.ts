/**
 * The rule program, byte by byte: the one source of its format.
 *
 * `native/core/program/layout.h` is generated from this file (`npm run generate`) and a test fails
 * when they drift. docs/RULE_PROGRAM.md explains the format with a worked example. All numbers are
 * little-endian; a program is a header, a directory of tables, and the tables' rows.
 */

export const PROGRAM_MAGIC = 0x4c434150; // "PACL"
/** Raised whenever a row, a list or a meaning changes; the loader accepts exactly this one. */
export const PROGRAM_VERSION = 12;

/** "No row" wherever a field holds an index. */
export const NONE = 0xffffffff;

export type FieldType = 'u8' | 'u16' | 'u32' | 'u64';
export const FIELD_BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly means: string;
}

export interface Table {
  /** Name of the row type in C++; the table is its plural. */
  readonly row: string;
  readonly means: string;
  readonly fields: readonly Field[];
  /** Most rows a program may have. */
  readonly rowsMax: number;
}

const field = <Name extends string, Type extends FieldType>(
  name: Name,
  type: Type,
  means: string,
): Field & { readonly name: Name; readonly type: Type } => ({ name, type, means });

/** In the order of the directory. Fields are ordered so that no row needs padding. */
export const TABLES = {
  text: {
    row: 'TextByte',
    means: 'UTF-8 bytes of all strings, one after another',
    fields: [field('byte', 'u8', 'one byte')],
    rowsMax: 64 << 20,
  },
  strings: {
    row: 'StringRow',
    means: 'a string; row 0 is the empty one and means "no name"',
    fields: [field('text_first', 'u32', 'first byte in text'), field('text_count', 'u32', 'bytes')],
    rowsMax: 4 << 20,
  },
  settings: {
    row: 'SettingsRow',
    means: 'timers, limits and choices; exactly one row',
    fields: [
      field('switch_half_open_ms', 'u32', 'switch: TCP before the handshake is complete'),
      field('switch_time_wait_ms', 'u32', 'switch: TCP after both FINs'),
      field('switch_reset_ms', 'u32', 'switch: TCP after a RST'),
      field('host_udp_ms', 'u32', 'host: UDP and every protocol not TCP or ICMP'),
      field('host_icmp_ms', 'u32', 'host: ICMP and ICMPv6'),
      field('host_multicast_ms', 'u32', 'host: UDP sent to many, and the answers to it'),
      field('host_half_open_ms', 'u32', 'host: TCP before the handshake is complete'),
      field('host_time_wait_ms', 'u32', 'host: TCP after both FINs'),
      field('fragment_ms', 'u32', 'life of a first fragment in the fragment cache'),
      field('fragments_max', 'u32', 'first fragments kept'),
      field('flows_max', 'u32', 'flows of one layer before new ones are dropped'),
      field('half_open_max', 'u32', 'those of them that are TCP without a whole handshake'),
      field('tcp_max', 'u32', 'those of them that are TCP'),
      field('udp_max', 'u32', 'those of them that are UDP'),
      field('other_max', 'u32', 'those of them that are neither'),
      field('midstream', 'u8', 'a value of MIDSTREAM'),
      field('neighbor_discovery_exempt', 'u8', '1: ICMPv6 133 to 137 pass the switch stage'),
      field('icmp_errors_follow_flow', 'u8', '1: an ICMP error that quotes a live flow passes'),
      field('refuse_indeterminate', 'u8', '1: what an unknown condition could turn is dropped'),
      field('refuse_invalid_tcp', 'u8', '1: TCP that no end of a connection sends is dropped'),
      field('dhcp_answers_exempt', 'u8', '1: answers of DHCP pass a layer with group_answers_only'),
      field('dropped_keep_flows', 'u8', '1: layers keep flows of what a later one drops'),
      field('reserved', 'u8', '0'),
    ],
    rowsMax: 1,
  },
  endpoints: {
    row: 'EndpointRow',
    means: 'an endpoint and its switch port',
    fields: [
      field('mac', 'u64', '48 bits; all ones when unknown'),
      field('name', 'u32', 'strings'),
      field(
        'network',
        'u32',
        'number of its network; equal numbers share a network; NONE: gone, it hears nothing',
      ),
      field('address_first', 'u32', 'addresses; its rows are one run'),
      field('address_count', 'u32', ''),
      field('layer_first', 'u32', 'layers: its switch layers, one run, ascending priority'),
      field('layer_count', 'u32', ''),
      field('host_layer', 'u32', 'layers: its host stage'),
      field('no_layer_rule', 'u32', 'rules: stands for a switch stage without layers'),
      field('compartment', 'u32', 'equal numbers share a network stack'),
      field('reserved', 'u32', '0'),
    ],
    rowsMax: 65536,
  },
  addresses: {
    row: 'AddressRow',
    means: 'an address of an endpoint',
    fields: [
      field('hi', 'u64', 'upper half, host order; 0 for IPv4'),
      field('lo', 'u64', 'lower half; IPv4 in its low 32 bits'),
      field('family', 'u32', '4 or 6'),
      field('endpoint', 'u32', 'endpoints'),
    ],
    rowsMax: 1 << 20,
  },
  broadcasts: {
    row: 'BroadcastRow',
    means: 'the directed broadcast address of a subnet of an endpoint',
    fields: [field('address', 'u32', 'IPv4, host order'), field('endpoint', 'u32', 'endpoints')],
    rowsMax: 1 << 20,
  },
  layers: {
    row: 'LayerRow',
    means: 'a layer of a switch port, or the host stage of an endpoint',
    fields: [
      field('name', 'u32', 'strings'),
      field('endpoint', 'u32', 'endpoints'),
      field('priority', 'u32', 'smaller is nearer to the container; unique within an endpoint'),
      field('group_first', 'u32', 'groups; one run'),
      field('group_count', 'u32', ''),
      field('no_match_out', 'u32', 'rules: decides outbound when no group does'),
      field('no_match_in', 'u32', 'rules: the same, inbound'),
      field('stage', 'u8', 'a value of STAGE'),
      field('flags', 'u8', 'LAYER_FLAG bits'),
      field('reserved', 'u16', '0'),
    ],
    rowsMax: 1 << 20,
  },
  groups: {
    row: 'GroupRow',
    means: 'rules of one layer, direction and family; at most one of its rules is taken',
    fields: [
      field('name', 'u32', 'strings'),
      field('layer', 'u32', 'layers'),
      field('priority', 'u32', 'groups of a layer, direction and family are asked in this order'),
      field('rule_first', 'u32', 'rules; one run in order of evaluation'),
      field('rule_count', 'u32', ''),
      field('direction', 'u8', 'a value of DIRECTION'),
      field('family', 'u8', '4 or 6'),
      field('reserved', 'u16', '0'),
    ],
    rowsMax: 4 << 20,
  },
  rules: {
    row: 'RuleRow',
    means: 'a rule, or a default that decides when no rule does',
    fields: [
      field('name', 'u32', 'strings; 0 for a default'),
      field('layer', 'u32', 'layers; NONE for a no_layer_rule'),
      field('group', 'u32', 'groups; NONE for a default'),
      field('priority', 'u32', 'as written, for people; order is the order of rows'),
      field('flow_ms', 'u32', 'idle time of switch flows it makes; 0 with rules of the host stage'),
      field('source', 'u32', 'the author’s rule it came from, opaque here; NONE for a default'),
      field('condition_first', 'u32', 'conditions; one run, all must hold'),
      field('condition_count', 'u32', ''),
      field(
        'translation',
        'u32',
        'in a group: translations, of nat, lbnat and dynnat; encapsulations, of an encap; else NONE',
      ),
      field('action', 'u8', 'a value of ACTION'),
      field('reason', 'u8', 'a value of REASONS: what a verdict by it is called'),
      field('flags', 'u8', 'RULE_FLAG bits'),
      field('reserved', 'u8', '0'),
    ],
    rowsMax: 8 << 20,
  },
  conditions: {
    row: 'ConditionRow',
    means: 'a field and the values of which one must be met',
    fields: [
      field(
        'value_first',
        'u32',
        'ranges16, ranges_ipv4 or ranges_ipv6, by field and family; of further fields ranges64',
      ),
      field('value_count', 'u32', 'at least 1; ascending and disjoint'),
      field('field', 'u32', 'a value of CONDITION_FIELD'),
    ],
    rowsMax: 32 << 20,
  },
  ranges16: {
    row: 'Range16Row',
    means: 'ports, protocols or ICMP types with codes, both ends included',
    fields: [field('from', 'u16', ''), field('to', 'u16', '')],
    rowsMax: 64 << 20,
  },
  ranges_ipv4: {
    row: 'RangeIpv4Row',
    means: 'IPv4 addresses, both ends included, host order',
    fields: [field('from', 'u32', ''), field('to', 'u32', '')],
    rowsMax: 64 << 20,
  },
  ranges_ipv6: {
    row: 'RangeIpv6Row',
    means: 'IPv6 addresses, both ends included, host order',
    fields: [
      field('from_hi', 'u64', ''),
      field('from_lo', 'u64', ''),
      field('to_hi', 'u64', ''),
      field('to_lo', 'u64', ''),
    ],
    rowsMax: 64 << 20,
  },
  ranges64: {
    row: 'Range64Row',
    means: 'numbers of further fields, both ends included',
    fields: [field('from', 'u64', ''), field('to', 'u64', '')],
    rowsMax: 8 << 20,
  },
  translations: {
    row: 'TranslationRow',
    means: 'what a rule rewrites of the packets it takes',
    fields: [
      field('source', 'u32', 'targets: the end that becomes the source; NONE: it is kept'),
      field(
        'destination_first',
        'u32',
        'targets: one run; of several a hash chooses; of a dynnat, a pool',
      ),
      field('destination_count', 'u32', 'at most 1 for a nat, else at least 1'),
      field('family', 'u8', '4 or 6, of the packets and of all targets'),
      field('distribution', 'u8', 'a value of DISTRIBUTION'),
      field('reserved', 'u16', '0'),
    ],
    rowsMax: 1 << 20,
  },
  targets: {
    row: 'TargetRow',
    means: 'an end that packets are given; each row belongs to one translation or front',
    fields: [
      field('hi', 'u64', 'upper half, host order; 0 for IPv4'),
      field('lo', 'u64', 'lower half; IPv4 in its low 32 bits'),
      field('endpoint', 'u32', 'endpoints: who has it; NONE: nobody here'),
      field('port', 'u16', '0: the port is kept; of a pool, the first'),
      field('port_last', 'u16', 'of a pool; else 0'),
    ],
    rowsMax: 8 << 20,
  },
  encapsulations: {
    row: 'EncapsulationRow',
    means: 'the headers that an encap puts around the packets it takes',
    fields: [
      field('source_hi', 'u64', 'upper half, host order; 0 for IPv4'),
      field('source_lo', 'u64', 'lower half; IPv4 in its low 32 bits'),
      field('destination_hi', 'u64', 'the same'),
      field('destination_lo', 'u64', ''),
      field('source_mac', 'u64', '48 bits; all ones: that of the packet is kept'),
      field('destination_mac', 'u64', 'the same'),
      field('inner_mac', 'u64', 'what the packet inside is sent to; the same'),
      field('network', 'u32', 'vxlan and nvgre: number of the tenant network, 24 bits; else 0'),
      field('format', 'u8', 'a value of ENCAPSULATION, not none'),
      field('family', 'u8', '4 or 6, of the addresses here'),
      field('reserved', 'u16', '0'),
    ],
    rowsMax: 1 << 20,
  },
  fronts: {
    row: 'FrontRow',
    means: 'an address and port whose packets belong to other ends; ascending, each once',
    fields: [
      field('hi', 'u64', 'upper half, host order; 0 for IPv4'),
      field('lo', 'u64', 'lower half; IPv4 in its low 32 bits'),
      field('target_first', 'u32', 'targets: one run; of several a hash chooses'),
      field('target_count', 'u32', 'at least 1'),
      field('port', 'u16', ''),
      field('protocol', 'u8', ''),
      field('family', 'u8', '4 or 6'),
      field('distribution', 'u8', 'a value of DISTRIBUTION'),
      field('reserved_0', 'u8', '0'),
      field('reserved_1', 'u16', '0'),
    ],
    rowsMax: 1 << 20,
  },
} as const satisfies Record<string, Table>;

/** Rows that cross the addon beside a program: packets that were never bytes. */
export const TUPLE_FLAG = {
  has_time: 1,
  has_direction: 2,
  first_fragment: 4,
  later_fragment: 8,
  has_tni: 16,
  has_gre_key: 32,
} as const;
/** How a packet may stand in another. Source: vfp.md 3.6. */
export const ENCAPSULATION = { none: 0, vxlan: 1, nvgre: 2, ip_in_gre: 3, ip_in_ip: 4 } as const;
export const TUPLE_TABLE = {
  row: 'TupleRow',
  means: 'a packet of a simulation',
  fields: [
    field('time_ns', 'u64', 'virtual time, with has_time'),
    field('source_mac', 'u64', '48 bits; all ones when unknown'),
    field('destination_mac', 'u64', 'the same'),
    field('source_0', 'u32', 'address, most significant word first; IPv4 in source_3'),
    field('source_1', 'u32', ''),
    field('source_2', 'u32', ''),
    field('source_3', 'u32', ''),
    field('destination_0', 'u32', 'the same'),
    field('destination_1', 'u32', ''),
    field('destination_2', 'u32', ''),
    field('destination_3', 'u32', ''),
    field('tcp_sequence', 'u32', ''),
    field('tcp_acknowledgement', 'u32', ''),
    field('fragment_id', 'u32', ''),
    field('endpoint', 'u32', 'endpoints, with has_direction'),
    field('quoted', 'u32', 'row of the quoted packet in the second array, or NONE'),
    field('tni', 'u32', 'with has_tni'),
    field('gre_key', 'u32', 'with has_gre_key'),
    field('source_port', 'u16', ''),
    field('destination_port', 'u16', ''),
    field('icmp_id', 'u16', ''),
    field('family', 'u8', '4 or 6'),
    field('protocol', 'u8', ''),
    field('tcp_flags', 'u8', ''),
    field('icmp_type', 'u8', ''),
    field('icmp_code', 'u8', ''),
    field('direction', 'u8', 'a value of DIRECTION, with has_direction'),
    field('flags', 'u8', 'TUPLE_FLAG bits'),
    field('reserved_0', 'u8', '0'),
    field('vlan', 'u16', '0: without a tag'),
    field('carried', 'u32', 'row of the packet that this one carries in the second array, or NONE'),
  ],
  rowsMax: 1 << 20,
} as const satisfies Table;

/** What the engine answers: one row per packet and judging endpoint. */
export const RECORD_TABLE = {
  row: 'RecordRow',
  means: 'the verdict of one packet at one endpoint',
  fields: [
    field('flow', 'u64', 'flow id from 1; 0 is none'),
    field('packet', 'u32', 'index of the packet in its batch'),
    field('endpoint', 'u32', 'endpoints, or NONE'),
    field('rule', 'u32', 'rules, or NONE'),
    field('layer', 'u32', 'layers, or NONE'),
    field('direction', 'u8', 'a value of DIRECTION; meaningless without an endpoint'),
    field('outcome', 'u8', 'index into OUTCOMES'),
    field('stage', 'u8', 'index into STAGES'),
    field('reason', 'u8', 'index into REASONS'),
    field('flow_event', 'u8', 'index into FLOW_EVENTS'),
    field('reserved_0', 'u8', '0'),
    field('reserved_1', 'u16', '0'),
  ],
  rowsMax: 1 << 30,
} as const satisfies Table;

/** What an explanation tells of one packet, in order; see TRACE_TABLE. */
export const TRACE_EVENTS = [
  'endpoint',
  'fragment',
  'layer',
  'flow',
  'closing_flow',
  'group',
  'rule',
  'default',
  'assumed',
  'answer',
  'translated',
  'verdict',
] as const;
/** How far the headers of a packet can be read. */
export const PACKET_FORMS = ['whole', 'not-ip', 'malformed', 'cut-link', 'cut-transport'] as const;
/** What one layer knows of a connection. Source: docs/SEMANTICS.md 5.2. */
export const TCP_STATES = [
  'not-tcp',
  'syn', // half-open, SYN of the opener seen
  'syn-ack', // half-open, SYN+ACK of the responder seen
  'established', // handshake complete, or adopted in mid-stream
  'closing-opener', // FIN of the opener seen
  'closing-responder', // FIN of the responder seen
  'time-wait', // both FINs seen
  'reset', // RST seen
] as const;
export const SEEN_FLAG = {
  has_ports: 1,
  fragment: 2,
  later_fragment: 4,
  icmp_query: 8,
  icmp_error: 16,
  has_time: 32,
  has_tni: 64,
  has_gre_key: 128,
} as const;

/** What an explanation is made of: packets (as read, then as layers left them), and its steps. */
export const SEEN_PACKET_TABLE = {
  row: 'SeenPacketRow',
  means: 'a packet as the engine read it, or as a layer left it',
  fields: [
    field('frame', 'u64', 'from 1'),
    field('time_ns', 'u64', 'since 1970 or of the virtual clock, with has_time'),
    field('source_hi', 'u64', 'upper half, host order; 0 for IPv4'),
    field('source_lo', 'u64', ''),
    field('destination_hi', 'u64', 'the same'),
    field('destination_lo', 'u64', ''),
    field('source_mac', 'u64', '48 bits; all ones when unknown'),
    field('destination_mac', 'u64', 'the same'),
    field('fragment_id', 'u32', ''),
    field('tni', 'u32', 'with has_tni'),
    field('gre_key', 'u32', 'with has_gre_key'),
    field('source_port', 'u16', 'with has_ports'),
    field('destination_port', 'u16', 'with has_ports'),
    field('icmp_id', 'u16', 'with icmp_query'),
    field('family', 'u8', '4 or 6; 0 when it is no IP packet'),
    field('protocol', 'u8', ''),
    field('tcp_flags', 'u8', ''),
    field('icmp_type', 'u8', ''),
    field('icmp_code', 'u8', ''),
    field('form', 'u8', 'index into PACKET_FORMS'),
    field('flags', 'u8', 'SEEN_FLAG bits'),
    field('reserved_0', 'u8', '0'),
    field('vlan', 'u16', '0: without a tag'),
    field('reserved_1', 'u32', '0'),
  ],
  rowsMax: 1 << 16,
} as const satisfies Table;
export const TRACE_TABLE = {
  row: 'TraceRow',
  means: 'a step of an explanation; what is not said of a kind is 0 or NONE',
  fields: [
    field('flow', 'u64', 'flow, closing_flow, verdict: its id; 0 is none'),
    field('life_ns', 'u64', 'flow: time until it ends when no packet comes; all ones: never'),
    field(
      'row',
      'u32',
      'endpoint, layer, group or rule; flow: the rule that made it; translated: index of a packet',
    ),
    field(
      'other',
      'u32',
      'rule: CONDITION_FIELD that failed first; group: rule taken; verdict: layer',
    ),
    field('kind', 'u8', 'index into TRACE_EVENTS'),
    field('direction', 'u8', 'endpoint: of the packet; flow: of the packet that made it'),
    field('outcome', 'u8', 'answer, verdict: index into OUTCOMES'),
    field('stage', 'u8', 'layer, answer, verdict: index into STAGES'),
    field('reason', 'u8', 'answer, verdict: index into REASONS'),
    field('flow_event', 'u8', 'verdict: index into FLOW_EVENTS'),
    field('tcp_state', 'u8', 'flow: index into TCP_STATES'),
    field('count', 'u8', 'rule: conditions that failed, up to 255; answer: 1 when it makes a flow'),
  ],
  rowsMax: 1 << 24,
} as const satisfies Table;

/** Rows that a session hands over: packets that are bytes, in one buffer with them. */
export const PACKET_FLAG = { has_direction: 1, raw_ip: 2 } as const;
export const PACKET_TABLE = {
  row: 'PacketRow',
  means: 'a packet of a session',
  fields: [
    field('time_ns', 'u64', 'virtual time'),
    field('first_byte', 'u32', 'place of its bytes in the buffer'),
    field('byte_count', 'u32', ''),
    field('endpoint', 'u32', 'endpoints, with has_direction'),
    field('direction', 'u8', 'a value of DIRECTION, with has_direction'),
    field('flags', 'u8', 'PACKET_FLAG bits; without raw_ip an Ethernet frame'),
    field('reserved', 'u16', '0'),
  ],
  rowsMax: 1 << 20,
} as const satisfies Table;

/** What a session remembers of a connection: one row per stage that let it in. */
export const FLOW_TABLE = {
  row: 'FlowRow',
  means: 'a flow of one layer',
  fields: [
    field('local_hi', 'u64', 'address of the endpoint’s side, upper half; 0 for IPv4'),
    field('local_lo', 'u64', ''),
    field('remote_hi', 'u64', 'the same of its peer'),
    field('remote_lo', 'u64', ''),
    field('deadline_ns', 'u64', 'virtual time of its end; all ones: never'),
    field('id', 'u64', 'from 1'),
    field('layer', 'u32', 'layers'),
    field('rule', 'u32', 'rules: what let it in'),
    field('local_port', 'u16', '0 where the protocol has none'),
    field('remote_port', 'u16', ''),
    field('family', 'u8', '4 or 6'),
    field('protocol', 'u8', ''),
    field('tcp_state', 'u8', 'index into TCP_STATES'),
    field('opener', 'u8', 'a value of DIRECTION'),
  ],
  rowsMax: 1 << 30,
} as const satisfies Table;

/**
 * Verdicts as columns, one after the other in one buffer; `f64` holds whole numbers. Wider columns
 * come first, so that every column is aligned whatever the number of rows.
 */
export const RECORD_COLUMNS = [
  { name: 'time_ns', type: 'i64', means: 'the smallest number: none' },
  { name: 'frame', type: 'f64', means: 'from 1' },
  { name: 'flow', type: 'f64', means: 'flow id from 1; 0 is none' },
  { name: 'endpoint', type: 'u32', means: 'endpoints, or NONE' },
  { name: 'layer', type: 'u32', means: 'layers, or NONE' },
  { name: 'rule', type: 'u32', means: 'rules, or NONE' },
  { name: 'direction', type: 'u8', means: 'a value of DIRECTION; meaningless without an endpoint' },
  { name: 'verdict', type: 'u8', means: 'index into OUTCOMES' },
  { name: 'stage', type: 'u8', means: 'index into STAGES' },
  { name: 'reason', type: 'u8', means: 'index into REASONS' },
  { name: 'flow_event', type: 'u8', means: 'index into FLOW_EVENTS' },
] as const;
export const COLUMN_BYTES = { i64: 8, f64: 8, u32: 4, u8: 1 } as const;
/** Bytes of one row of all columns. */
export const RECORD_COLUMNS_BYTES: number = RECORD_COLUMNS.reduce(
  (sum, { type }) => sum + COLUMN_BYTES[type],
  0,
);

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES: readonly TableName[] = Object.keys(TABLES) as TableName[];

/** Bytes of the fixed header: magic, version, table count, total bytes, reserved. */
export const HEADER_BYTES = 16;
/** A directory entry: offset u32, rows u32, bytes of a row u32, reserved u32. */
export const DIRECTORY_ENTRY_BYTES = 16;
/** Every table begins at a multiple of this. */
export const TABLE_ALIGNMENT = 8;
/** Most bytes of a program. */
export const PROGRAM_BYTES_MAX = 1 << 30;
/** Most switch layers of one endpoint. Source: vfp.md 10.1 lists at most seven. */
export const ENDPOINT_LAYERS_MAX = 64;
/** Most ranges of ports in one pool: each packet that draws from it looks through them. */
export const POOL_RANGES_MAX = 64;

export const rowBytes = (table: Table): number =>
  table.fields.reduce((sum, { type }) => sum + FIELD_BYTES[type], 0);

/** As VFP encodes them. Source: vfp.md 1. */
export const DIRECTION = { out: 0, in: 1 } as const;
export const STAGE = { none: 0, switch: 1, host: 2 } as const;
/**
 * `pass` ends its group without a result: the walk goes on with the next group. `nat`, `lbnat` and
 * `dynnat` allow and rewrite, `encap` and `decap` allow and put headers on or take them off.
 * Source: vfp.md 3.6.
 */
export const ACTION = {
  ...{ block: 0, allow: 1, pass: 2, nat: 3, lbnat: 4 },
  ...{ dynnat: 5, encap: 6, decap: 7 },
} as const;
/** What of a packet chooses among several targets (docs/semantics/actions.md 2). */
export const DISTRIBUTION = { five_tuple: 0, addresses_and_protocol: 1, addresses: 2 } as const;
export const MIDSTREAM = { adopt: 0, strict: 1 } as const;
/**
 * `stateful`: keeps flows. `has_say`: can refuse; only such a layer is named as deciding. `stealth`:
 * hides closed ports, whatever its rules say (docs/semantics/firewall.md 3.2).
 */
export const LAYER_FLAG = {
  stateful: 1,
  has_say: 2,
  stealth: 4,
  /** What was sent to many is answered to many alone. */
  group_answers_only: 8,
  /** Its rules may rewrite: flows are pairs (docs/semantics/actions.md 3). Switch layers only. */
  translates: 16,
  /** Its rules have conditions on further fields, which no flow's key shows. Switch layers only. */
  asks_further: 32,
  /** Lets nothing pass, whatever it is. Switch layers only. */
  blocks_all: 64,
  /** Its rules may put headers on or take them off. Switch layers only. */
  encapsulates: 128,
} as const;
/**
 * The first two: vfp.md 2.3, bits 1 and 2. The others mark rules with a condition that nothing
 * settles: what the answer would be if it held (docs/semantics/firewall.md 4). Such a rule is a
 * `pass`, so it decides nothing; as `allow` or `block` it decides, and its verdict is assumed.
 */
export const RULE_FLAG = {
  terminating: 1,
  stateful: 2,
  assumes_allow: 4,
  assumes_block: 8,
  /** Answers of anybody belong to its flows. */
  any_remote: 16,
} as const;
export const CONDITION_FIELD = {
  protocol: 1,
  source_address: 2,
  destination_address: 3,
  source_port: 4,
  destination_port: 5,
  /** ranges16: ICMP type in the upper byte, code in the lower. */
  icmp_type_code: 6,
  // Further fields: only in layers that ask_further, and asked rule by rule.
  /** 1: TCP that opens a connection; 0: other TCP (docs/semantics/vfpctrl.md N20). */
  tcp_opening: 7,
  source_mac: 8,
  destination_mac: 9,
  /** 0: without a tag. */
  vlan: 10,
  /** Number of the tenant network in a VXLAN or NVGRE header. */
  tni: 11,
  gre_key: 12,
} as const;

/** Why a packet got its verdict; the closed list of docs/SEMANTICS.md 6. The index is the number. */
export const REASONS = [
  'rule',
  'established',
  'related',
  'implicit-deny',
  'default-allow',
  'default-allow-inbound',
  'default-allow-outbound',
  'default-deny-other-protocol',
  'default-deny-inbound',
  'port-mapping-allow',
  'guest-default-allow',
  'firewall-off',
  'no-acl-layer',
  'neighbor-discovery',
  'non-syn-without-state',
  'fragment-without-first',
  'flow-limit',
  'invalid-packet',
  'cut-capture',
  'no-endpoint',
  'ambiguous-endpoint',
  'not-ip',
  'loopback',
  'own-address',
  'shielded',
  'query-user-default',
  'default-inbound-allow',
  'default-outbound-allow',
  'default-outbound-block',
  'stealth',
  'indeterminate',
  'invalid-tcp',
  'reply-without-request',
  'duplicate',
  'translation-conflict',
  'nat-ports-exhausted',
  'port-blocked',
  'port-not-filtered',
  'boot-time-default',
  'quarantine-default',
] as const;
export type Reason = (typeof REASONS)[number];

export const OUTCOMES = ['drop', 'allow', 'pass'] as const;
export const STAGES = [null, 'switch', 'host'] as const;
export const DIRECTIONS = ['out', 'in'] as const;
/** What a packet did to its flow; index 0 is nothing. */
export const FLOW_EVENTS = [
  null,
  'new',
  'midstream',
  'established',
  'closing',
  'closed',
  'reset',
] as const;

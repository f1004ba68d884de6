// Generated from src/program/layout.ts by `npm run generate`; do not edit.
// clang-format off
#pragma once

#include <cstddef>
#include <cstdint>

namespace portacl {

inline constexpr uint32_t kMagicWord = 0x4c434150;
inline constexpr uint32_t kFormatVersion = 12;
inline constexpr uint32_t kNoRow = 0xffffffff;
inline constexpr uint32_t kHeaderBytes = 16;
inline constexpr uint32_t kDirectoryEntryBytes = 16;
inline constexpr uint32_t kTableAlignment = 8;
inline constexpr uint32_t kProgramBytesMax = 1073741824;
inline constexpr uint32_t kEndpointLayersMax = 64;
inline constexpr uint32_t kPoolRangesMax = 64;
inline constexpr uint32_t kTableCount = 18;

enum class TableId : uint8_t {
  kText = 0,
  kStrings = 1,
  kSettings = 2,
  kEndpoints = 3,
  kAddresses = 4,
  kBroadcasts = 5,
  kLayers = 6,
  kGroups = 7,
  kRules = 8,
  kConditions = 9,
  kRanges16 = 10,
  kRangesIpv4 = 11,
  kRangesIpv6 = 12,
  kRanges64 = 13,
  kTranslations = 14,
  kTargets = 15,
  kEncapsulations = 16,
  kFronts = 17,
};

inline constexpr uint32_t kRowBytes[kTableCount] = {
    1, 8, 68, 48, 24, 8, 32, 24, 40, 12, 4, 8, 32, 16, 16, 24, 64, 32};
inline constexpr uint32_t kRowsMax[kTableCount] = {
    67108864,
    4194304,
    1,
    65536,
    1048576,
    1048576,
    1048576,
    4194304,
    8388608,
    33554432,
    67108864,
    67108864,
    67108864,
    8388608,
    1048576,
    8388608,
    1048576,
    1048576,
};

enum class Direction : uint8_t {
  kOut = 0,
  kIn = 1,
};

enum class Stage : uint8_t {
  kNone = 0,
  kSwitch = 1,
  kHost = 2,
};

enum class Action : uint8_t {
  kBlock = 0,
  kAllow = 1,
  kPass = 2,
  kNat = 3,
  kLbnat = 4,
  kDynnat = 5,
  kEncap = 6,
  kDecap = 7,
};

enum class Distribution : uint8_t {
  kFiveTuple = 0,
  kAddressesAndProtocol = 1,
  kAddresses = 2,
};

enum class Encapsulation : uint8_t {
  kNone = 0,
  kVxlan = 1,
  kNvgre = 2,
  kIpInGre = 3,
  kIpInIp = 4,
};

enum class Midstream : uint8_t {
  kAdopt = 0,
  kStrict = 1,
};

enum class ConditionField : uint8_t {
  kProtocol = 1,
  kSourceAddress = 2,
  kDestinationAddress = 3,
  kSourcePort = 4,
  kDestinationPort = 5,
  kIcmpTypeCode = 6,
  kTcpOpening = 7,
  kSourceMac = 8,
  kDestinationMac = 9,
  kVlan = 10,
  kTni = 11,
  kGreKey = 12,
};

inline constexpr uint8_t kLayerStateful = 1;
inline constexpr uint8_t kLayerHasSay = 2;
inline constexpr uint8_t kLayerStealth = 4;
inline constexpr uint8_t kLayerGroupAnswersOnly = 8;
inline constexpr uint8_t kLayerTranslates = 16;
inline constexpr uint8_t kLayerAsksFurther = 32;
inline constexpr uint8_t kLayerBlocksAll = 64;
inline constexpr uint8_t kLayerEncapsulates = 128;

inline constexpr uint8_t kRuleTerminating = 1;
inline constexpr uint8_t kRuleStateful = 2;
inline constexpr uint8_t kRuleAssumesAllow = 4;
inline constexpr uint8_t kRuleAssumesBlock = 8;
inline constexpr uint8_t kRuleAnyRemote = 16;

enum class Reason : uint8_t {
  kRule = 0,
  kEstablished = 1,
  kRelated = 2,
  kImplicitDeny = 3,
  kDefaultAllow = 4,
  kDefaultAllowInbound = 5,
  kDefaultAllowOutbound = 6,
  kDefaultDenyOtherProtocol = 7,
  kDefaultDenyInbound = 8,
  kPortMappingAllow = 9,
  kGuestDefaultAllow = 10,
  kFirewallOff = 11,
  kNoAclLayer = 12,
  kNeighborDiscovery = 13,
  kNonSynWithoutState = 14,
  kFragmentWithoutFirst = 15,
  kFlowLimit = 16,
  kInvalidPacket = 17,
  kCutCapture = 18,
  kNoEndpoint = 19,
  kAmbiguousEndpoint = 20,
  kNotIp = 21,
  kLoopback = 22,
  kOwnAddress = 23,
  kShielded = 24,
  kQueryUserDefault = 25,
  kDefaultInboundAllow = 26,
  kDefaultOutboundAllow = 27,
  kDefaultOutboundBlock = 28,
  kStealth = 29,
  kIndeterminate = 30,
  kInvalidTcp = 31,
  kReplyWithoutRequest = 32,
  kDuplicate = 33,
  kTranslationConflict = 34,
  kNatPortsExhausted = 35,
  kPortBlocked = 36,
  kPortNotFiltered = 37,
  kBootTimeDefault = 38,
  kQuarantineDefault = 39,
};

inline constexpr uint32_t kReasonCount = 40;
inline constexpr const char* reason_name(Reason value) {
  constexpr const char* kNames[] = {
      "rule",
      "established",
      "related",
      "implicit-deny",
      "default-allow",
      "default-allow-inbound",
      "default-allow-outbound",
      "default-deny-other-protocol",
      "default-deny-inbound",
      "port-mapping-allow",
      "guest-default-allow",
      "firewall-off",
      "no-acl-layer",
      "neighbor-discovery",
      "non-syn-without-state",
      "fragment-without-first",
      "flow-limit",
      "invalid-packet",
      "cut-capture",
      "no-endpoint",
      "ambiguous-endpoint",
      "not-ip",
      "loopback",
      "own-address",
      "shielded",
      "query-user-default",
      "default-inbound-allow",
      "default-outbound-allow",
      "default-outbound-block",
      "stealth",
      "indeterminate",
      "invalid-tcp",
      "reply-without-request",
      "duplicate",
      "translation-conflict",
      "nat-ports-exhausted",
      "port-blocked",
      "port-not-filtered",
      "boot-time-default",
      "quarantine-default",
  };
  return kNames[static_cast<uint8_t>(value)];
}

enum class Outcome : uint8_t {
  kDrop = 0,
  kAllow = 1,
  kPass = 2,
};

inline constexpr uint32_t kOutcomeCount = 3;
inline constexpr const char* outcome_name(Outcome value) {
  constexpr const char* kNames[] = {
      "drop",
      "allow",
      "pass",
  };
  return kNames[static_cast<uint8_t>(value)];
}

enum class FlowEvent : uint8_t {
  kNone = 0,
  kNew = 1,
  kMidstream = 2,
  kEstablished = 3,
  kClosing = 4,
  kClosed = 5,
  kReset = 6,
};

inline constexpr uint32_t kFlowEventCount = 7;
inline constexpr const char* flow_event_name(FlowEvent value) {
  constexpr const char* kNames[] = {
      nullptr,
      "new",
      "midstream",
      "established",
      "closing",
      "closed",
      "reset",
  };
  return kNames[static_cast<uint8_t>(value)];
}

// UTF-8 bytes of all strings, one after another.
struct TextByte {
  uint8_t byte;  // one byte
};
static_assert(sizeof(TextByte) == 1);

// A string; row 0 is the empty one and means "no name".
struct StringRow {
  uint32_t text_first;  // first byte in text
  uint32_t text_count;  // bytes
};
static_assert(sizeof(StringRow) == 8);

// Timers, limits and choices; exactly one row.
struct SettingsRow {
  uint32_t switch_half_open_ms;  // switch: TCP before the handshake is complete
  uint32_t switch_time_wait_ms;  // switch: TCP after both FINs
  uint32_t switch_reset_ms;  // switch: TCP after a RST
  uint32_t host_udp_ms;  // host: UDP and every protocol not TCP or ICMP
  uint32_t host_icmp_ms;  // host: ICMP and ICMPv6
  uint32_t host_multicast_ms;  // host: UDP sent to many, and the answers to it
  uint32_t host_half_open_ms;  // host: TCP before the handshake is complete
  uint32_t host_time_wait_ms;  // host: TCP after both FINs
  uint32_t fragment_ms;  // life of a first fragment in the fragment cache
  uint32_t fragments_max;  // first fragments kept
  uint32_t flows_max;  // flows of one layer before new ones are dropped
  uint32_t half_open_max;  // those of them that are TCP without a whole handshake
  uint32_t tcp_max;  // those of them that are TCP
  uint32_t udp_max;  // those of them that are UDP
  uint32_t other_max;  // those of them that are neither
  uint8_t midstream;  // a value of MIDSTREAM
  uint8_t neighbor_discovery_exempt;  // 1: ICMPv6 133 to 137 pass the switch stage
  uint8_t icmp_errors_follow_flow;  // 1: an ICMP error that quotes a live flow passes
  uint8_t refuse_indeterminate;  // 1: what an unknown condition could turn is dropped
  uint8_t refuse_invalid_tcp;  // 1: TCP that no end of a connection sends is dropped
  uint8_t dhcp_answers_exempt;  // 1: answers of DHCP pass a layer with group_answers_only
  uint8_t dropped_keep_flows;  // 1: layers keep flows of what a later one drops
  uint8_t reserved;  // 0
};
static_assert(sizeof(SettingsRow) == 68);

// An endpoint and its switch port.
struct EndpointRow {
  uint64_t mac;  // 48 bits; all ones when unknown
  uint32_t name;  // strings
  uint32_t network;  // number of its network; equal numbers share a network; NONE: gone, it hears nothing
  uint32_t address_first;  // addresses; its rows are one run
  uint32_t address_count;
  uint32_t layer_first;  // layers: its switch layers, one run, ascending priority
  uint32_t layer_count;
  uint32_t host_layer;  // layers: its host stage
  uint32_t no_layer_rule;  // rules: stands for a switch stage without layers
  uint32_t compartment;  // equal numbers share a network stack
  uint32_t reserved;  // 0
};
static_assert(sizeof(EndpointRow) == 48);

// An address of an endpoint.
struct AddressRow {
  uint64_t hi;  // upper half, host order; 0 for IPv4
  uint64_t lo;  // lower half; IPv4 in its low 32 bits
  uint32_t family;  // 4 or 6
  uint32_t endpoint;  // endpoints
};
static_assert(sizeof(AddressRow) == 24);

// The directed broadcast address of a subnet of an endpoint.
struct BroadcastRow {
  uint32_t address;  // IPv4, host order
  uint32_t endpoint;  // endpoints
};
static_assert(sizeof(BroadcastRow) == 8);

// A layer of a switch port, or the host stage of an endpoint.
struct LayerRow {
  uint32_t name;  // strings
  uint32_t endpoint;  // endpoints
  uint32_t priority;  // smaller is nearer to the container; unique within an endpoint
  uint32_t group_first;  // groups; one run
  uint32_t group_count;
  uint32_t no_match_out;  // rules: decides outbound when no group does
  uint32_t no_match_in;  // rules: the same, inbound
  uint8_t stage;  // a value of STAGE
  uint8_t flags;  // LAYER_FLAG bits
  uint16_t reserved;  // 0
};
static_assert(sizeof(LayerRow) == 32);

// Rules of one layer, direction and family; at most one of its rules is taken.
struct GroupRow {
  uint32_t name;  // strings
  uint32_t layer;  // layers
  uint32_t priority;  // groups of a layer, direction and family are asked in this order
  uint32_t rule_first;  // rules; one run in order of evaluation
  uint32_t rule_count;
  uint8_t direction;  // a value of DIRECTION
  uint8_t family;  // 4 or 6
  uint16_t reserved;  // 0
};
static_assert(sizeof(GroupRow) == 24);

// A rule, or a default that decides when no rule does.
struct RuleRow {
  uint32_t name;  // strings; 0 for a default
  uint32_t layer;  // layers; NONE for a no_layer_rule
  uint32_t group;  // groups; NONE for a default
  uint32_t priority;  // as written, for people; order is the order of rows
  uint32_t flow_ms;  // idle time of switch flows it makes; 0 with rules of the host stage
  uint32_t source;  // the author’s rule it came from, opaque here; NONE for a default
  uint32_t condition_first;  // conditions; one run, all must hold
  uint32_t condition_count;
  uint32_t translation;  // in a group: translations, of nat, lbnat and dynnat; encapsulations, of an encap; else NONE
  uint8_t action;  // a value of ACTION
  uint8_t reason;  // a value of REASONS: what a verdict by it is called
  uint8_t flags;  // RULE_FLAG bits
  uint8_t reserved;  // 0
};
static_assert(sizeof(RuleRow) == 40);

// A field and the values of which one must be met.
struct ConditionRow {
  uint32_t value_first;  // ranges16, ranges_ipv4 or ranges_ipv6, by field and family; of further fields ranges64
  uint32_t value_count;  // at least 1; ascending and disjoint
  uint32_t field;  // a value of CONDITION_FIELD
};
static_assert(sizeof(ConditionRow) == 12);

// Ports, protocols or ICMP types with codes, both ends included.
struct Range16Row {
  uint16_t from;
  uint16_t to;
};
static_assert(sizeof(Range16Row) == 4);

// IPv4 addresses, both ends included, host order.
struct RangeIpv4Row {
  uint32_t from;
  uint32_t to;
};
static_assert(sizeof(RangeIpv4Row) == 8);

// IPv6 addresses, both ends included, host order.
struct RangeIpv6Row {
  uint64_t from_hi;
  uint64_t from_lo;
  uint64_t to_hi;
  uint64_t to_lo;
};
static_assert(sizeof(RangeIpv6Row) == 32);

// Numbers of further fields, both ends included.
struct Range64Row {
  uint64_t from;
  uint64_t to;
};
static_assert(sizeof(Range64Row) == 16);

// What a rule rewrites of the packets it takes.
struct TranslationRow {
  uint32_t source;  // targets: the end that becomes the source; NONE: it is kept
  uint32_t destination_first;  // targets: one run; of several a hash chooses; of a dynnat, a pool
  uint32_t destination_count;  // at most 1 for a nat, else at least 1
  uint8_t family;  // 4 or 6, of the packets and of all targets
  uint8_t distribution;  // a value of DISTRIBUTION
  uint16_t reserved;  // 0
};
static_assert(sizeof(TranslationRow) == 16);

// An end that packets are given; each row belongs to one translation or front.
struct TargetRow {
  uint64_t hi;  // upper half, host order; 0 for IPv4
  uint64_t lo;  // lower half; IPv4 in its low 32 bits
  uint32_t endpoint;  // endpoints: who has it; NONE: nobody here
  uint16_t port;  // 0: the port is kept; of a pool, the first
  uint16_t port_last;  // of a pool; else 0
};
static_assert(sizeof(TargetRow) == 24);

// The headers that an encap puts around the packets it takes.
struct EncapsulationRow {
  uint64_t source_hi;  // upper half, host order; 0 for IPv4
  uint64_t source_lo;  // lower half; IPv4 in its low 32 bits
  uint64_t destination_hi;  // the same
  uint64_t destination_lo;
  uint64_t source_mac;  // 48 bits; all ones: that of the packet is kept
  uint64_t destination_mac;  // the same
  uint64_t inner_mac;  // what the packet inside is sent to; the same
  uint32_t network;  // vxlan and nvgre: number of the tenant network, 24 bits; else 0
  uint8_t format;  // a value of ENCAPSULATION, not none
  uint8_t family;  // 4 or 6, of the addresses here
  uint16_t reserved;  // 0
};
static_assert(sizeof(EncapsulationRow) == 64);

// An address and port whose packets belong to other ends; ascending, each once.
struct FrontRow {
  uint64_t hi;  // upper half, host order; 0 for IPv4
  uint64_t lo;  // lower half; IPv4 in its low 32 bits
  uint32_t target_first;  // targets: one run; of several a hash chooses
  uint32_t target_count;  // at least 1
  uint16_t port;
  uint8_t protocol;
  uint8_t family;  // 4 or 6
  uint8_t distribution;  // a value of DISTRIBUTION
  uint8_t reserved_0;  // 0
  uint16_t reserved_1;  // 0
};
static_assert(sizeof(FrontRow) == 32);

// A packet of a simulation.
struct TupleRow {
  uint64_t time_ns;  // virtual time, with has_time
  uint64_t source_mac;  // 48 bits; all ones when unknown
  uint64_t destination_mac;  // the same
  uint32_t source_0;  // address, most significant word first; IPv4 in source_3
  uint32_t source_1;
  uint32_t source_2;
  uint32_t source_3;
  uint32_t destination_0;  // the same
  uint32_t destination_1;
  uint32_t destination_2;
  uint32_t destination_3;
  uint32_t tcp_sequence;
  uint32_t tcp_acknowledgement;
  uint32_t fragment_id;
  uint32_t endpoint;  // endpoints, with has_direction
  uint32_t quoted;  // row of the quoted packet in the second array, or NONE
  uint32_t tni;  // with has_tni
  uint32_t gre_key;  // with has_gre_key
  uint16_t source_port;
  uint16_t destination_port;
  uint16_t icmp_id;
  uint8_t family;  // 4 or 6
  uint8_t protocol;
  uint8_t tcp_flags;
  uint8_t icmp_type;
  uint8_t icmp_code;
  uint8_t direction;  // a value of DIRECTION, with has_direction
  uint8_t flags;  // TUPLE_FLAG bits
  uint8_t reserved_0;  // 0
  uint16_t vlan;  // 0: without a tag
  uint32_t carried;  // row of the packet that this one carries in the second array, or NONE
};
static_assert(sizeof(TupleRow) == 104);

// The verdict of one packet at one endpoint.
struct RecordRow {
  uint64_t flow;  // flow id from 1; 0 is none
  uint32_t packet;  // index of the packet in its batch
  uint32_t endpoint;  // endpoints, or NONE
  uint32_t rule;  // rules, or NONE
  uint32_t layer;  // layers, or NONE
  uint8_t direction;  // a value of DIRECTION; meaningless without an endpoint
  uint8_t outcome;  // index into OUTCOMES
  uint8_t stage;  // index into STAGES
  uint8_t reason;  // index into REASONS
  uint8_t flow_event;  // index into FLOW_EVENTS
  uint8_t reserved_0;  // 0
  uint16_t reserved_1;  // 0
};
static_assert(sizeof(RecordRow) == 32);

inline constexpr uint8_t kTupleHasTime = 1;
inline constexpr uint8_t kTupleHasDirection = 2;
inline constexpr uint8_t kTupleFirstFragment = 4;
inline constexpr uint8_t kTupleLaterFragment = 8;
inline constexpr uint8_t kTupleHasTni = 16;
inline constexpr uint8_t kTupleHasGreKey = 32;

enum class TraceEvent : uint8_t {
  kEndpoint = 0,
  kFragment = 1,
  kLayer = 2,
  kFlow = 3,
  kClosingFlow = 4,
  kGroup = 5,
  kRule = 6,
  kDefault = 7,
  kAssumed = 8,
  kAnswer = 9,
  kTranslated = 10,
  kVerdict = 11,
};

enum class PacketForm : uint8_t {
  kWhole = 0,
  kNotIp = 1,
  kMalformed = 2,
  kCutLink = 3,
  kCutTransport = 4,
};

enum class TcpState : uint8_t {
  kNotTcp = 0,
  kSyn = 1,
  kSynAck = 2,
  kEstablished = 3,
  kClosingOpener = 4,
  kClosingResponder = 5,
  kTimeWait = 6,
  kReset = 7,
};

inline constexpr uint8_t kSeenHasPorts = 1;
inline constexpr uint8_t kSeenFragment = 2;
inline constexpr uint8_t kSeenLaterFragment = 4;
inline constexpr uint8_t kSeenIcmpQuery = 8;
inline constexpr uint8_t kSeenIcmpError = 16;
inline constexpr uint8_t kSeenHasTime = 32;
inline constexpr uint8_t kSeenHasTni = 64;
inline constexpr uint8_t kSeenHasGreKey = 128;

// A packet as the engine read it, or as a layer left it.
struct SeenPacketRow {
  uint64_t frame;  // from 1
  uint64_t time_ns;  // since 1970 or of the virtual clock, with has_time
  uint64_t source_hi;  // upper half, host order; 0 for IPv4
  uint64_t source_lo;
  uint64_t destination_hi;  // the same
  uint64_t destination_lo;
  uint64_t source_mac;  // 48 bits; all ones when unknown
  uint64_t destination_mac;  // the same
  uint32_t fragment_id;
  uint32_t tni;  // with has_tni
  uint32_t gre_key;  // with has_gre_key
  uint16_t source_port;  // with has_ports
  uint16_t destination_port;  // with has_ports
  uint16_t icmp_id;  // with icmp_query
  uint8_t family;  // 4 or 6; 0 when it is no IP packet
  uint8_t protocol;
  uint8_t tcp_flags;
  uint8_t icmp_type;
  uint8_t icmp_code;
  uint8_t form;  // index into PACKET_FORMS
  uint8_t flags;  // SEEN_FLAG bits
  uint8_t reserved_0;  // 0
  uint16_t vlan;  // 0: without a tag
  uint32_t reserved_1;  // 0
};
static_assert(sizeof(SeenPacketRow) == 96);

// A step of an explanation; what is not said of a kind is 0 or NONE.
struct TraceRow {
  uint64_t flow;  // flow, closing_flow, verdict: its id; 0 is none
  uint64_t life_ns;  // flow: time until it ends when no packet comes; all ones: never
  uint32_t row;  // endpoint, layer, group or rule; flow: the rule that made it; translated: index of a packet
  uint32_t other;  // rule: CONDITION_FIELD that failed first; group: rule taken; verdict: layer
  uint8_t kind;  // index into TRACE_EVENTS
  uint8_t direction;  // endpoint: of the packet; flow: of the packet that made it
  uint8_t outcome;  // answer, verdict: index into OUTCOMES
  uint8_t stage;  // layer, answer, verdict: index into STAGES
  uint8_t reason;  // answer, verdict: index into REASONS
  uint8_t flow_event;  // verdict: index into FLOW_EVENTS
  uint8_t tcp_state;  // flow: index into TCP_STATES
  uint8_t count;  // rule: conditions that failed, up to 255; answer: 1 when it makes a flow
};
static_assert(sizeof(TraceRow) == 32);

// A packet of a session.
struct PacketRow {
  uint64_t time_ns;  // virtual time
  uint32_t first_byte;  // place of its bytes in the buffer
  uint32_t byte_count;
  uint32_t endpoint;  // endpoints, with has_direction
  uint8_t direction;  // a value of DIRECTION, with has_direction
  uint8_t flags;  // PACKET_FLAG bits; without raw_ip an Ethernet frame
  uint16_t reserved;  // 0
};
static_assert(sizeof(PacketRow) == 24);

inline constexpr uint8_t kPacketHasDirection = 1;
inline constexpr uint8_t kPacketRawIp = 2;

// A flow of one layer.
struct FlowRow {
  uint64_t local_hi;  // address of the endpoint’s side, upper half; 0 for IPv4
  uint64_t local_lo;
  uint64_t remote_hi;  // the same of its peer
  uint64_t remote_lo;
  uint64_t deadline_ns;  // virtual time of its end; all ones: never
  uint64_t id;  // from 1
  uint32_t layer;  // layers
  uint32_t rule;  // rules: what let it in
  uint16_t local_port;  // 0 where the protocol has none
  uint16_t remote_port;
  uint8_t family;  // 4 or 6
  uint8_t protocol;
  uint8_t tcp_state;  // index into TCP_STATES
  uint8_t opener;  // a value of DIRECTION
};
static_assert(sizeof(FlowRow) == 64);

// Verdicts as columns, one after the other in one buffer.
struct RecordColumns {
  int64_t* time_ns;  // the smallest number: none
  double* frame;  // from 1
  double* flow;  // flow id from 1; 0 is none
  uint32_t* endpoint;  // endpoints, or NONE
  uint32_t* layer;  // layers, or NONE
  uint32_t* rule;  // rules, or NONE
  uint8_t* direction;  // a value of DIRECTION; meaningless without an endpoint
  uint8_t* verdict;  // index into OUTCOMES
  uint8_t* stage;  // index into STAGES
  uint8_t* reason;  // index into REASONS
  uint8_t* flow_event;  // index into FLOW_EVENTS

  static constexpr uint32_t kRowBytes = 41;
  // Requires: `bytes` aligned to 8 and long enough for `rows` of them.
  RecordColumns(uint8_t* bytes, size_t rows) {
    time_ns = reinterpret_cast<int64_t*>(bytes);
    bytes += rows * sizeof *time_ns;
    // cppcheck-suppress invalidPointerCast
    frame = reinterpret_cast<double*>(bytes);
    bytes += rows * sizeof *frame;
    // cppcheck-suppress invalidPointerCast
    flow = reinterpret_cast<double*>(bytes);
    bytes += rows * sizeof *flow;
    endpoint = reinterpret_cast<uint32_t*>(bytes);
    bytes += rows * sizeof *endpoint;
    layer = reinterpret_cast<uint32_t*>(bytes);
    bytes += rows * sizeof *layer;
    rule = reinterpret_cast<uint32_t*>(bytes);
    bytes += rows * sizeof *rule;
    direction = reinterpret_cast<uint8_t*>(bytes);
    bytes += rows * sizeof *direction;
    verdict = reinterpret_cast<uint8_t*>(bytes);
    bytes += rows * sizeof *verdict;
    stage = reinterpret_cast<uint8_t*>(bytes);
    bytes += rows * sizeof *stage;
    reason = reinterpret_cast<uint8_t*>(bytes);
    bytes += rows * sizeof *reason;
    flow_event = reinterpret_cast<uint8_t*>(bytes);
  }
};

}  // namespace portacl

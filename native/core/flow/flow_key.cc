#include "flow/flow_key.h"

#include "packet/protocols.h"

namespace portacl {
namespace {

// The request type of a query and whether this message is the request; 0 when it is no query.
// Source: RFC 792, RFC 950, RFC 4443; docs/SEMANTICS.md 5.1.
struct IcmpQuery {
  uint8_t request_type = 0;
  bool is_request = false;
};

IcmpQuery icmp_query(uint8_t protocol, uint8_t type) {
  if (protocol == ip_protocol::kIcmpv6) {
    if (type == 128 || type == 129) return {128, type == 128};
    return {};
  }
  switch (type) {
    case 8:
    case 0:
      return {8, type == 8};
    case 13:
    case 14:
      return {13, type == 13};
    case 15:
    case 16:
      return {15, type == 15};
    case 17:
    case 18:
      return {17, type == 17};
    default:
      return {};
  }
}

// The reverse of portless().
void set_icmp(PacketHeaders& packet, const FlowKey& key, bool out) {
  const auto request_type = static_cast<uint8_t>(key.remote_port >> 8);
  if (request_type == 0) {
    packet.icmp_type = static_cast<uint8_t>(key.local_port >> 8);
    packet.icmp_code = static_cast<uint8_t>(key.local_port);
    return;
  }
  const bool local_asks = (key.remote_port & 0xFF) == 2;
  const auto answer_type = static_cast<uint8_t>(request_type == 8 ? 0 : request_type + 1);
  packet.flags = kIcmpEcho;
  packet.icmp_id = key.local_port;
  packet.icmp_type = local_asks == out ? request_type : answer_type;
}

}  // namespace

PortStandIn portless(const PacketHeaders& packet, Direction direction) {
  // The same key goes both ways. Source: vfp.md 3.11.
  if (packet.protocol == ip_protocol::kGre && (packet.flags & kHasGreKey)) {
    return {static_cast<uint16_t>(packet.gre_key >> 16), static_cast<uint16_t>(packet.gre_key)};
  }
  if (packet.protocol != ip_protocol::kIcmp && packet.protocol != ip_protocol::kIcmpv6) return {};
  const IcmpQuery query = icmp_query(packet.protocol, packet.icmp_type);
  if (query.request_type == 0) {
    return {static_cast<uint16_t>(packet.icmp_type << 8 | packet.icmp_code), 0};
  }
  // A request of the peer is not the answer to ours: who asks is part of the key.
  const bool local_asks = (direction == Direction::kOut) == query.is_request;
  return {packet.icmp_id, static_cast<uint16_t>(query.request_type << 8 | (local_asks ? 2 : 1))};
}

bool is_icmp_answer(const PacketHeaders& packet) {
  const bool icmp =
      packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6;
  if (!icmp || (packet.flags & kLaterFragment)) return false;
  const IcmpQuery query = icmp_query(packet.protocol, packet.icmp_type);
  return query.request_type != 0 && !query.is_request;
}

PacketHeaders opening_packet(const FlowKey& key, Direction direction) {
  const bool out = direction == Direction::kOut;
  PacketHeaders packet;
  packet.result = ParseResult::kOk;
  packet.family = key.is_ipv6() ? Family::kIpv6 : Family::kIpv4;
  packet.protocol = static_cast<uint8_t>(key.scope);
  packet.source = out ? key.local : key.remote;
  packet.destination = out ? key.remote : key.local;
  if (packet.protocol == ip_protocol::kTcp) packet.tcp_flags = kTcpSyn;
  if (has_ports(packet.protocol)) {
    packet.flags = kHasPorts;
    packet.source_port = out ? key.local_port : key.remote_port;
    packet.destination_port = out ? key.remote_port : key.local_port;
  } else if (packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6) {
    set_icmp(packet, key, out);
  } else if (packet.protocol == ip_protocol::kGre) {
    packet.gre_key = static_cast<uint32_t>(key.local_port) << 16 | key.remote_port;
    if (packet.gre_key != 0) packet.flags = kHasGreKey;
  }
  return packet;
}

}  // namespace portacl

// What a classifier reads of a packet, without the rest: a column of the batch, one line of memory
// for four IPv4 packets.
//
// A packet has ports, or an ICMP type and code, or neither; never both. Type and code stand where
// the source port would, and `shows` says which of them it is: a packet without ports is not one
// with port 0, and never meets a port condition. Source: docs/SEMANTICS.md 4.4.
#pragma once

#include <cstdint>

#include "base/ip.h"
#include "packet/packet_headers.h"
#include "packet/protocols.h"

namespace portacl {

enum class Shows : uint8_t { kNothing = 0, kPorts = 1, kIcmpType = 2 };

// A later fragment has no type. Source: windows-firewall.md 3.3.
inline bool shows_icmp_type(const PacketHeaders& packet) {
  return (packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6) &&
         !(packet.flags & kLaterFragment);
}

inline uint16_t icmp_type_code(const PacketHeaders& packet) {
  return static_cast<uint16_t>(packet.icmp_type << 8 | packet.icmp_code);
}

struct MatchKey4 {
  uint32_t source = 0;  // host order
  uint32_t destination = 0;
  uint16_t source_port = 0;  // or ICMP type << 8 | code; 0 when neither is shown
  uint16_t destination_port = 0;
  uint8_t protocol = 0;
  Shows shows = Shows::kNothing;
  uint16_t reserved = 0;
};
static_assert(sizeof(MatchKey4) == 16);

struct MatchKey6 {
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t protocol = 0;
  Shows shows = Shows::kNothing;
  uint16_t reserved = 0;
};
static_assert(sizeof(MatchKey6) == 40);

template <class Key>
inline void set_transport(Key& key, const PacketHeaders& packet) {
  key.protocol = packet.protocol;
  if (packet.flags & kHasPorts) {
    key.shows = Shows::kPorts;
    key.source_port = packet.source_port;
    key.destination_port = packet.destination_port;
  } else if (shows_icmp_type(packet)) {
    key.shows = Shows::kIcmpType;
    key.source_port = icmp_type_code(packet);
  }
}

inline MatchKey4 match_key4(const PacketHeaders& packet) {
  MatchKey4 key;
  key.source = static_cast<uint32_t>(packet.source.lo);
  key.destination = static_cast<uint32_t>(packet.destination.lo);
  set_transport(key, packet);
  return key;
}

inline MatchKey6 match_key6(const PacketHeaders& packet) {
  MatchKey6 key;
  key.source = packet.source;
  key.destination = packet.destination;
  set_transport(key, packet);
  return key;
}

// The other way: as much of a packet as conditions look at.
template <class Key>
inline PacketHeaders headers_of_transport(const Key& key) {
  PacketHeaders packet;
  packet.result = ParseResult::kOk;
  packet.protocol = key.protocol;
  if (key.shows == Shows::kPorts) {
    packet.flags = kHasPorts;
    packet.source_port = key.source_port;
    packet.destination_port = key.destination_port;
  } else if (key.shows == Shows::kIcmpType) {
    packet.icmp_type = static_cast<uint8_t>(key.source_port >> 8);
    packet.icmp_code = static_cast<uint8_t>(key.source_port);
  } else {
    packet.flags = kLaterFragment;
  }
  return packet;
}

inline PacketHeaders headers_of(const MatchKey4& key) {
  PacketHeaders packet = headers_of_transport(key);
  packet.family = Family::kIpv4;
  packet.source = {0, key.source};
  packet.destination = {0, key.destination};
  return packet;
}

inline PacketHeaders headers_of(const MatchKey6& key) {
  PacketHeaders packet = headers_of_transport(key);
  packet.family = Family::kIpv6;
  packet.source = key.source;
  packet.destination = key.destination;
  return packet;
}

}  // namespace portacl

// The steps of a header walk into tunnels; only for visitors with kTunnels. Part of header_walk.h.
#pragma once

#include "packet/header_walk.h"

namespace portacl {

// Ports decide: either one, the lower one first, as tshark does. Source: ORACLE.md.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::above_udp(uint16_t source_port,
                                                                  uint16_t destination_port) {
  const auto [low, high] = std::minmax({source_port, destination_port});
  for (const uint16_t port : {low, high}) {
    if (port == udp_port::kVxlan || port == udp_port::kOldVxlan) return Next::kVxlan;
    if (port == udp_port::kGeneve) return Next::kGeneve;
  }
  return Next::kEnd;
}

// The length counts words of four bytes, less two. Source: RFC 4302 2.2.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::authentication() {
  if (++extension_count_ > kExtensionHeadersMax) return Next::kMalformed;
  if (!need(12)) return Next::kEnd;
  const uint32_t length = at_[1] * 4u + 8;
  if (length < 12) return Next::kMalformed;
  if (!need(length)) return Next::kEnd;
  visitor_.authentication(at_[0]);
  code_ = at_[0];
  advance(length);
  return Next::kExtension;
}

// Checksum, key and sequence number are there when their bits are; version 1 (PPTP) puts a call in
// the key's place and may add an acknowledgement. Source: RFC 2784, RFC 2890, RFC 2637 4.1.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::gre() {
  constexpr uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000;
  constexpr uint16_t kAcknowledgement = 0x0080, kVersion = 0x0007;
  if (!need(4)) return Next::kEnd;
  const uint16_t bits = load_be16(at_);
  const bool enhanced = (bits & kVersion) == 1;
  const uint32_t key_at = 4 + ((bits & (kChecksum | kRouting)) != 0 ? 4 : 0);
  const uint32_t header_bytes = key_at + ((bits & kKey) != 0 ? 4 : 0) +
                                ((bits & kSequence) != 0 ? 4 : 0) +
                                (enhanced && (bits & kAcknowledgement) != 0 ? 4 : 0);
  if (!need(header_bytes)) return Next::kEnd;
  const bool has_key = (bits & kKey) != 0 && !enhanced;
  code_ = load_be16(at_ + 2);
  visitor_.gre({code_, has_key, has_key ? load_be32(at_ + key_at) : 0});
  advance(header_bytes);
  if ((bits & kRouting) != 0) return Next::kEnd;
  if (actual_ == 0) return Next::kEnd;
  // Without a sequence number it is the first form of ERSPAN, which has no header of its own.
  if (code_ == ether_type::kErspan) {
    return (bits & kSequence) != 0 ? Next::kErspan2 : Next::kErspan;
  }
  if (code_ == ether_type::kErspan3) return Next::kErspan3;
  return Next::kEtherType;
}

// Source: draft-foschiano-erspan 4.1 and 4.2.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::erspan(uint32_t header_bytes) {
  if (!need(header_bytes)) return Next::kEnd;
  visitor_.erspan();
  advance(header_bytes);
  return Next::kEthernet;
}

// The lowest bit tells of eight bytes more. Source: draft-foschiano-erspan 4.3.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::erspan3() {
  if (!need(12)) return Next::kEnd;
  return erspan((at_[11] & 1) != 0 ? 20 : 12);
}

// Source: RFC 7348 5.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::vxlan() {
  if (!need(8)) return Next::kEnd;
  visitor_.vxlan(load_be32(at_ + 4) >> 8);
  advance(8);
  return Next::kEthernet;
}

// Source: RFC 8926 3.4.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::geneve() {
  if (!need(8)) return Next::kEnd;
  const uint32_t length = 8 + (at_[0] & 0x3Fu) * 4;
  if (!need(length)) return Next::kEnd;
  code_ = load_be16(at_ + 2);
  visitor_.geneve(load_be32(at_ + 4) >> 8, code_);
  advance(length);
  return Next::kEtherType;
}

}  // namespace portacl

// How a packet left the layers that rewrote it. Source: docs/semantics/actions.md 7, 8.
#pragma once

#include <array>
#include <cstdint>

#include "packet/outer_headers.h"
#include "packet/packet_headers.h"

namespace portacl {

// The fields of headers that a transposition may modify.
struct PacketEnds {
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;

  static PacketEnds of(const PacketHeaders& packet) {
    return {packet.source, packet.destination, packet.source_port, packet.destination_port};
  }
};

// Relative to the packet as captured: outer headers go, what is then outermost has these ends,
// others are put around it.
struct Departure {
  PacketEnds ends;
  PacketEnds quoted;                  // of the packet that an ICMP error quotes
  bool has_quoted = false;            // those are to be written too
  uint8_t pops = 0;                   // encapsulations that go
  uint8_t push_count = 0;             // of `pushes`, the innermost first
  uint64_t destination_mac = kNoMac;  // of what is then outermost; kNoMac: kept
  std::array<OuterHeaders, kOuterHeadersMax> pushes{};

  bool changes_groups() const { return pops != 0 || push_count != 0; }
};

}  // namespace portacl

// How a packet left the layers that rewrote it. Source: docs/semantics/actions.md 7.
#pragma once

#include <cstdint>

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

struct Departure {
  PacketEnds ends;
  PacketEnds quoted;        // of the packet that an ICMP error quotes
  bool has_quoted = false;  // those are to be written too
};

}  // namespace portacl

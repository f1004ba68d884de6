// The ends of a request, by which one of several targets is chosen.
#pragma once

#include "packet/packet_headers.h"
#include "program/target_choice.h"

namespace portacl {

// Of a packet of the client's.
inline ServiceEnds request_ends(const PacketHeaders& packet) {
  ServiceEnds ends{packet.source, packet.destination, 0, 0, packet.protocol};
  if (packet.flags & kHasPorts) {
    ends.client_port = packet.source_port;
    ends.front_port = packet.destination_port;
  }
  return ends;
}

}  // namespace portacl

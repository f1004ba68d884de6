// A header transposition: what a layer does to the ends of a packet, and what several layers do
// together. Layers match the packet as rewritten so far; bytes are untouched.
//
// Source: vfp.md 3.7, the rows of Ignore and Modify; docs/semantics/actions.md 1. Composition is
// closed: applying the sum of two is applying one after the other.
#pragma once

#include <cstdint>

#include "flow/flow_key.h"
#include "packet/packet_headers.h"

namespace portacl {

struct Transposition {
  enum Field : uint8_t {
    kSourceAddress = 1,
    kDestinationAddress = 2,
    kSourcePort = 4,
    kDestinationPort = 8,
  };

  uint8_t modified = 0;  // Field bits; the others are ignored
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  IpAddress source;
  IpAddress destination;

  void set_source(const IpAddress& address, uint16_t port);  // port 0 is kept
  void set_destination(const IpAddress& address, uint16_t port);

  // Ports of a packet that shows none stay as they are: what stands there is no port.
  void apply(PacketHeaders& packet) const;
  // This one and then `next`, as one.
  Transposition then(const Transposition& next) const;

  friend bool operator==(const Transposition&, const Transposition&) = default;
};

// What makes a packet with the ends of `entry`, which passes in `direction`, one with those of
// `leaving`; that keys of one protocol differ in ends alone is the caller's to know.
Transposition transposition_between(const FlowKey& entry, const FlowKey& leaving,
                                    Direction direction);

}  // namespace portacl

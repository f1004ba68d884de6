// Header transpositions: what a layer does to a packet, and what several layers do together. Layers
// match the packet as rewritten so far; bytes are untouched.
//
// A packet is a stack of header groups. A Transposition modifies the outermost; a
// StackTransposition takes groups off, modifies what is then outermost, and puts others on.
//
// Source: vfp.md 3.7; docs/semantics/actions.md 1, 8. Composition is closed: applying the sum of
// two is applying one after the other.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "flow/flow_key.h"
#include "packet/outer_headers.h"
#include "packet/packet_headers.h"

namespace portacl {

struct Transposition {
  enum Field : uint8_t {
    kSourceAddress = 1,
    kDestinationAddress = 2,
    kSourcePort = 4,
    kDestinationPort = 8,
    kDestinationMac = 16,
  };

  uint8_t modified = 0;  // Field bits; the others are ignored
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  IpAddress source;
  IpAddress destination;
  uint64_t destination_mac = kNoMac;

  void set_destination_mac(uint64_t mac);                    // kNoMac is kept
  void set_source(const IpAddress& address, uint16_t port);  // port 0 is kept
  void set_destination(const IpAddress& address, uint16_t port);

  // Ports of a packet that shows none stay as they are: what stands there is no port.
  void apply(PacketHeaders& packet) const;
  // The same to headers that are not put on yet.
  void apply(OuterHeaders& outer) const;
  // This one and then `next`, as one.
  Transposition then(const Transposition& next) const;

  friend bool operator==(const Transposition&, const Transposition&) = default;
};

struct StackTransposition {
  uint8_t pops = 0;
  Transposition modify;    // of the group that is outermost without these
  uint8_t push_count = 0;  // of `pushes`, the innermost first
  std::array<OuterHeaders, kOuterHeadersMax> pushes{};

  std::span<const OuterHeaders> pushed() const { return {pushes.data(), push_count}; }

  // What each does next, as part of the sum. push() is false, and does nothing, where there are
  // kOuterHeadersMax.
  bool push(const OuterHeaders& outer);
  void pop();
  void overlay(const Transposition& next);
  // This one and then `next`, as one; false where it would put on more than kOuterHeadersMax.
  bool then(const StackTransposition& next);

  friend bool operator==(const StackTransposition&, const StackTransposition&) = default;
};

// What makes a packet with the ends of `entry`, which passes in `direction`, one with those of
// `leaving`; that keys of one protocol differ in ends alone is the caller's to know.
Transposition transposition_between(const FlowKey& entry, const FlowKey& leaving,
                                    Direction direction);

}  // namespace portacl

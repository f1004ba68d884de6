#include "flow/transposition.h"

namespace portacl {

void Transposition::set_source(const IpAddress& address, uint16_t port) {
  modified |= kSourceAddress;
  source = address;
  if (port == 0) return;
  modified |= kSourcePort;
  source_port = port;
}

void Transposition::set_destination(const IpAddress& address, uint16_t port) {
  modified |= kDestinationAddress;
  destination = address;
  if (port == 0) return;
  modified |= kDestinationPort;
  destination_port = port;
}

void Transposition::set_destination_mac(uint64_t mac) {
  if (mac == kNoMac) return;
  modified |= kDestinationMac;
  destination_mac = mac;
}

void Transposition::apply(PacketHeaders& packet) const {
  if (modified & kDestinationMac) packet.destination_mac = destination_mac;
  if (modified & kSourceAddress) packet.source = source;
  if (modified & kDestinationAddress) packet.destination = destination;
  if (!(packet.flags & kHasPorts)) return;
  if (modified & kSourcePort) packet.source_port = source_port;
  if (modified & kDestinationPort) packet.destination_port = destination_port;
}

void Transposition::apply(OuterHeaders& outer) const {
  if (modified & kSourceAddress) outer.source = source;
  if (modified & kDestinationAddress) outer.destination = destination;
  if (modified & kDestinationMac) outer.destination_mac = destination_mac;
  if (outer.format != Encapsulation::kVxlan) return;  // the other formats have no ports
  if (modified & kSourcePort) outer.source_port = source_port;
  if (modified & kDestinationPort) outer.destination_port = destination_port;
}

Transposition Transposition::then(const Transposition& next) const {
  Transposition sum = *this;
  sum.modified |= next.modified;
  if (next.modified & kSourceAddress) sum.source = next.source;
  if (next.modified & kDestinationAddress) sum.destination = next.destination;
  if (next.modified & kSourcePort) sum.source_port = next.source_port;
  if (next.modified & kDestinationPort) sum.destination_port = next.destination_port;
  if (next.modified & kDestinationMac) sum.destination_mac = next.destination_mac;
  return sum;
}

bool StackTransposition::push(const OuterHeaders& outer) {
  if (push_count == kOuterHeadersMax) return false;
  pushes[push_count++] = outer;
  return true;
}

// Source: vfp.md 3.7: of Push and Pop nothing remains, and what was modified goes with its group.
void StackTransposition::pop() {
  if (push_count > 0) {
    pushes[--push_count] = {};
    return;
  }
  ++pops;
  modify = {};
}

void StackTransposition::overlay(const Transposition& next) {
  if (push_count > 0) {
    next.apply(pushes[push_count - 1]);
  } else {
    modify = modify.then(next);
  }
}

bool StackTransposition::then(const StackTransposition& next) {
  StackTransposition sum = *this;
  for (uint32_t i = 0; i < next.pops; ++i) sum.pop();
  sum.overlay(next.modify);
  for (const OuterHeaders& outer : next.pushed()) {
    if (!sum.push(outer)) return false;
  }
  *this = sum;
  return true;
}

Transposition transposition_between(const FlowKey& entry, const FlowKey& leaving,
                                    Direction direction) {
  Transposition out;
  const auto set = [&](bool source, bool address, const IpAddress& to, bool port,
                       uint16_t port_to) {
    if (address) {
      out.modified |= source ? Transposition::kSourceAddress : Transposition::kDestinationAddress;
      (source ? out.source : out.destination) = to;
    }
    if (port) {
      out.modified |= source ? Transposition::kSourcePort : Transposition::kDestinationPort;
      (source ? out.source_port : out.destination_port) = port_to;
    }
  };
  const bool goes_out = direction == Direction::kOut;
  set(goes_out, !(entry.local == leaving.local), leaving.local,
      entry.local_port != leaving.local_port, leaving.local_port);
  set(!goes_out, !(entry.remote == leaving.remote), leaving.remote,
      entry.remote_port != leaving.remote_port, leaving.remote_port);
  return out;
}

}  // namespace portacl

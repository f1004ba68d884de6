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

void Transposition::apply(PacketHeaders& packet) const {
  if (modified & kSourceAddress) packet.source = source;
  if (modified & kDestinationAddress) packet.destination = destination;
  if (!(packet.flags & kHasPorts)) return;
  if (modified & kSourcePort) packet.source_port = source_port;
  if (modified & kDestinationPort) packet.destination_port = destination_port;
}

Transposition Transposition::then(const Transposition& next) const {
  Transposition sum = *this;
  sum.modified |= next.modified;
  if (next.modified & kSourceAddress) sum.source = next.source;
  if (next.modified & kDestinationAddress) sum.destination = next.destination;
  if (next.modified & kSourcePort) sum.source_port = next.source_port;
  if (next.modified & kDestinationPort) sum.destination_port = next.destination_port;
  return sum;
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

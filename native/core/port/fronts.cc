#include "port/fronts.h"

#include <algorithm>

#include "packet/parse.h"
#include "packet/protocols.h"
#include "program/target_choice.h"

namespace portacl {
namespace {

// The ends of a packet in the eyes of a service: those of an error are what it is about.
// False where the packet shows no ports.
bool service_ends(const PacketHeaders& packet, bool front_is_source, ServiceEnds& ends) {
  const auto take = [&](const PacketHeaders& headers, bool is_source) {
    if (!(headers.flags & kHasPorts)) return false;
    ends.protocol = headers.protocol;
    ends.front = is_source ? headers.source : headers.destination;
    ends.client = is_source ? headers.destination : headers.source;
    ends.front_port = is_source ? headers.source_port : headers.destination_port;
    ends.client_port = is_source ? headers.destination_port : headers.source_port;
    return true;
  };
  if (!(packet.flags & kIcmpError)) return take(packet, front_is_source);
  // The quoted packet went the other way.
  const PacketHeaders quoted = quoted_of(packet);
  const IpAddress& front = front_is_source ? packet.source : packet.destination;
  return quoted.family == packet.family && take(quoted, !front_is_source) && ends.front == front;
}

}  // namespace

const TargetRow* Fronts::behind(const PacketHeaders& packet, bool is_source) const {
  ServiceEnds ends;
  if (!service_ends(packet, is_source, ends)) return nullptr;
  FrontRow sought{};
  sought.family = static_cast<uint8_t>(packet.family);
  sought.hi = ends.front.hi;
  sought.lo = ends.front.lo;
  sought.protocol = ends.protocol;
  sought.port = ends.front_port;
  const auto fronts = program_.fronts();
  const auto found = std::ranges::lower_bound(fronts, front_order(sought), {}, front_order);
  if (found == fronts.end() || front_order(*found) != front_order(sought)) return nullptr;
  const uint32_t nth = choose_target(ends, found->distribution, found->target_count);
  return &program_.targets()[found->target_first + nth];
}

const TargetRow* Fronts::behind_destination(const PacketHeaders& packet) const {
  return behind(packet, false);
}

const TargetRow* Fronts::behind_source(const PacketHeaders& packet) const {
  return behind(packet, true);
}

PacketHeaders Fronts::before_front(const PacketHeaders& packet, PacketHeaders& quoted) const {
  const TargetRow& target = *behind_source(packet);
  PacketHeaders inside = packet;
  inside.source = {target.hi, target.lo};
  if (packet.flags & kIcmpError) {
    quoted = quoted_of(packet);
    quoted.destination = inside.source;
    if (target.port != 0) quoted.destination_port = target.port;
    inside.quoted_headers = &quoted;
  } else if (target.port != 0) {
    inside.source_port = target.port;
  }
  return inside;
}

}  // namespace portacl

#include "packet/outer_headers.h"

#include "packet/protocols.h"
#include "packet/service_ends.h"

namespace portacl {

OuterHeaders outer_headers(const EncapsulationRow& row, const PacketHeaders& packet) {
  // Source: RFC 7348 5, a port of the dynamic range; RFC 7637 3.2, eight bits.
  constexpr uint32_t kPorts = 16384, kFlows = 256;
  constexpr uint16_t kPortFirst = 49152;
  const ServiceEnds ends = request_ends(packet);
  const auto choose = [&](uint32_t count) {
    return choose_target(ends, static_cast<uint8_t>(Distribution::kFiveTuple), count);
  };
  OuterHeaders outer;
  outer.source = {row.source_hi, row.source_lo};
  outer.destination = {row.destination_hi, row.destination_lo};
  outer.source_mac = row.source_mac;
  outer.destination_mac = row.destination_mac;
  outer.network = row.network;
  outer.format = static_cast<Encapsulation>(row.format);
  outer.family = static_cast<Family>(row.family);
  if (outer.format == Encapsulation::kVxlan) {
    outer.source_port = static_cast<uint16_t>(kPortFirst + choose(kPorts));
    outer.destination_port = udp_port::kVxlan;
  } else if (outer.format == Encapsulation::kNvgre) {
    outer.flow_id = static_cast<uint8_t>(choose(kFlows));
  }
  return outer;
}

PacketHeaders encapsulated(const PacketHeaders& inner, const OuterHeaders& outer) {
  PacketHeaders packet;
  packet.result = ParseResult::kOk;
  packet.family = outer.family;
  packet.source = outer.source;
  packet.destination = outer.destination;
  packet.source_mac = outer.source_mac == kNoMac ? inner.source_mac : outer.source_mac;
  packet.destination_mac =
      outer.destination_mac == kNoMac ? inner.destination_mac : outer.destination_mac;
  packet.carried = &inner;
  switch (outer.format) {
    case Encapsulation::kNone:
      break;
    case Encapsulation::kVxlan:
      packet.protocol = ip_protocol::kUdp;
      packet.flags = kHasPorts;
      packet.source_port = outer.source_port;
      packet.destination_port = outer.destination_port;
      packet.tni = outer.network;
      break;
    case Encapsulation::kNvgre:
      packet.protocol = ip_protocol::kGre;
      packet.flags = kHasGreKey;
      packet.gre_key = outer.network << 8 | outer.flow_id;
      packet.tni = outer.network;
      break;
    case Encapsulation::kIpInGre:
      packet.protocol = ip_protocol::kGre;
      break;
    case Encapsulation::kIpInIp:
      packet.protocol = inner.family == Family::kIpv6 ? ip_protocol::kIpv6 : ip_protocol::kIpv4;
      break;
  }
  return packet;
}

}  // namespace portacl

// Headers around a packet, as a layer puts them on. Source: docs/semantics/actions.md 8.
#pragma once

#include <cstdint>

#include "base/ip.h"
#include "packet/packet_headers.h"
#include "program/layout.h"

namespace portacl {

// Most that layers put on. Source: vfp.md 3.1, up to two encapsulations.
inline constexpr uint32_t kOuterHeadersMax = 2;

struct OuterHeaders {
  IpAddress source;
  IpAddress destination;
  uint64_t source_mac = kNoMac;  // kNoMac: that of the packet inside
  uint64_t destination_mac = kNoMac;
  uint32_t network = 0;      // of VXLAN and NVGRE
  uint16_t source_port = 0;  // of VXLAN, both
  uint16_t destination_port = 0;
  uint8_t flow_id = 0;  // of NVGRE
  Encapsulation format = Encapsulation::kNone;
  Family family = Family::kNone;

  friend bool operator==(const OuterHeaders&, const OuterHeaders&) = default;
};

// Those that a row asks for around `packet`, which chooses what spreads packets over paths.
// Assumption: N26.
OuterHeaders outer_headers(const EncapsulationRow& row, const PacketHeaders& packet);

// The packet with `outer` around `inner`, which must outlive it.
PacketHeaders encapsulated(const PacketHeaders& inner, const OuterHeaders& outer);

}  // namespace portacl

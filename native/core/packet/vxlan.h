// The frame that an overlay network carries in a packet of its own. Source: RFC 7348 5.
#pragma once

#include <cstddef>

#include "capture/capture_record.h"
#include "packet/packet_headers.h"

namespace portacl {

// That many bytes before the packet inside stands the checksum of the UDP header outside.
inline constexpr ptrdiff_t kVxlanChecksumBefore = 10;

inline constexpr uint32_t kVxlanBytes = 8;

// The number of the network in the VXLAN header that a UDP packet to `destination_port` carries, or
// kNoTni.
uint32_t vxlan_network(uint16_t destination_port, const uint8_t* payload, uint32_t payload_bytes);

// Writes to `inside` the Ethernet frame in a VXLAN packet (UDP to port 4789), as if it had been
// captured without what carries it; time, frame number and interface are kept, options are not.
// False, with `inside` untouched, for everything else, pieces of fragmented packets included.
// `inside` points into the bytes of `record`; `vni` is the number of the network that carries it.
bool open_vxlan(const CaptureRecord& record, CaptureRecord& inside, uint32_t& vni);

}  // namespace portacl

#include "packet/vxlan.h"

#include "packet/header_walk.h"
#include "packet/tunnel.h"

namespace portacl {

uint32_t vxlan_network(uint16_t destination_port, const uint8_t* payload, uint32_t payload_bytes) {
  constexpr uint8_t kHasVni = 0x08;
  if (destination_port != udp_port::kVxlan || payload_bytes < kVxlanBytes ||
      (payload[0] & kHasVni) == 0) {
    return kNoTni;
  }
  return load_be32(payload + 4) >> 8;
}

bool open_vxlan(const CaptureRecord& record, CaptureRecord& inside, uint32_t& vni) {
  CaptureRecord opened;
  if (open_tunnel(record, opened) != Encapsulation::kVxlan) return false;
  constexpr ptrdiff_t kNetworkBefore = 4;
  vni = load_be32(opened.bytes - kNetworkBefore) >> 8;
  inside = opened;
  return true;
}

}  // namespace portacl

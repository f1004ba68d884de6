#include "packet/vxlan.h"

#include "packet/header_walk.h"

namespace portacl {
namespace {

constexpr uint32_t kVxlanBytes = 8;

// Finds what the outermost UDP header carries.
class UdpPayload : public SilentVisitor {
 public:
  static constexpr bool kTunnels = false;

  void ipv4(const Ipv4Header& header) {
    is_fragment_ = header.fragment_offset != 0 || header.more_fragments;
  }
  void fragment(const Ipv6Fragment& header) {
    is_fragment_ = header.fragment_offset != 0 || header.more_fragments;
  }
  void udp(const UdpHeader& header) {
    if (!is_fragment_) header_ = header;
  }

  const UdpHeader& header() const { return header_; }

 private:
  bool is_fragment_ = false;
  UdpHeader header_{};
};

}  // namespace

uint32_t vxlan_network(uint16_t destination_port, const uint8_t* payload, uint32_t payload_bytes) {
  constexpr uint8_t kHasVni = 0x08;
  if (destination_port != udp_port::kVxlan || payload_bytes < kVxlanBytes ||
      (payload[0] & kHasVni) == 0) {
    return kNoTni;
  }
  return load_be32(payload + 4) >> 8;
}

bool open_vxlan(const CaptureRecord& record, CaptureRecord& inside, uint32_t& vni) {
  UdpPayload visitor;
  HeaderWalk<UdpPayload>(visitor).walk(record);
  const UdpHeader& udp = visitor.header();
  const uint32_t network = vxlan_network(udp.destination_port, udp.payload, udp.payload_captured);
  if (network == kNoTni) return false;
  vni = network;
  inside = record;
  inside.bytes = udp.payload + kVxlanBytes;
  inside.captured_bytes = udp.payload_captured - kVxlanBytes;
  inside.original_bytes = udp.payload_actual - kVxlanBytes;
  inside.link_type = kLinkEthernet;
  inside.block = PacketBlock::kOther;
  inside.options_bytes = 0;
  return true;
}

}  // namespace portacl

#include "packet/vxlan.h"

#include "packet/header_walk.h"

namespace portacl {
namespace {

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

bool open_vxlan(const CaptureRecord& record, CaptureRecord& inside, uint32_t& vni) {
  constexpr uint32_t kVxlanBytes = 8;
  constexpr uint8_t kHasVni = 0x08;
  UdpPayload visitor;
  HeaderWalk<UdpPayload>(visitor).walk(record);
  const UdpHeader& udp = visitor.header();
  if (udp.destination_port != udp_port::kVxlan || udp.payload_captured < kVxlanBytes ||
      (udp.payload[0] & kHasVni) == 0) {
    return false;
  }
  vni = load_be32(udp.payload + 4) >> 8;
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

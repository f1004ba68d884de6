#include "packet/tunnel.h"

#include <algorithm>

#include "capture/link_type.h"
#include "packet/header_walk.h"
#include "packet/protocols.h"
#include "packet/vxlan.h"

namespace portacl {
namespace {

// What stands behind headers, of which `captured` bytes are in the file and `actual` were on the
// wire.
struct Content {
  const uint8_t* bytes;
  uint32_t captured;
  uint32_t actual;

  bool skip(uint32_t count) {
    if (captured < count) return false;
    bytes += count;
    captured -= count;
    actual -= count;
    return true;
  }
};

// Finds what stands above the outermost IP header.
class Carrier : public SilentVisitor {
 public:
  static constexpr bool kTunnels = false;

  void ipv4(const Ipv4Header& header) {
    ip_ = header.bytes;
    total_bytes_ = header.total_bytes;
    is_fragment_ = header.fragment_offset != 0 || header.more_fragments;
  }
  void ipv6(const Ipv6Header& header) {
    ip_ = header.bytes;
    total_bytes_ = header.payload_bytes + kIpv6Bytes;
  }
  // One header that tells of pieces is enough, whatever others say.
  void fragment(const Ipv6Fragment& header) {
    is_fragment_ |= header.fragment_offset != 0 || header.more_fragments;
  }
  void protocol(uint8_t number) { protocol_ = number; }
  void transport(const uint8_t* bytes, uint32_t captured, bool) {
    const auto before = static_cast<uint32_t>(bytes - ip_);
    // Of a jumbogram the length field is 0.
    const uint32_t actual = total_bytes_ > before ? total_bytes_ - before : 0;
    above_ = {bytes, captured, std::max(captured, actual)};
  }
  void udp(const UdpHeader& header) { udp_ = header; }
  void stop(Stop why) { is_malformed_ = why == Stop::kMalformed; }

  // What is carried, and how; kNone leaves `content` undefined.
  Encapsulation open(Content& content) const {
    if (is_fragment_ || is_malformed_) return Encapsulation::kNone;
    content = above_;
    switch (protocol_) {
      case ip_protocol::kUdp:
        content = {udp_.payload, udp_.payload_captured, udp_.payload_actual};
        return vxlan_network(udp_.destination_port, content.bytes, content.captured) != kNoTni &&
                       content.skip(kVxlanBytes)
                   ? Encapsulation::kVxlan
                   : Encapsulation::kNone;
      case ip_protocol::kIpv4:
      case ip_protocol::kIpv6:
        return content.captured > 0 ? Encapsulation::kIpInIp : Encapsulation::kNone;
      case ip_protocol::kGre:
        return open_gre(content);
    }
    return Encapsulation::kNone;
  }

 private:
  static constexpr uint32_t kIpv6Bytes = 40;

  static Encapsulation open_gre(Content& content) {
    constexpr uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000;
    constexpr uint16_t kVersion = 0x0007;
    if (content.captured < 4) return Encapsulation::kNone;
    const uint16_t bits = load_be16(content.bytes);
    const uint16_t type = load_be16(content.bytes + 2);
    if ((bits & (kVersion | kRouting)) != 0) return Encapsulation::kNone;
    const uint32_t header_bytes =
        4 + (bits & kChecksum ? 4 : 0) + (bits & kKey ? 4 : 0) + (bits & kSequence ? 4 : 0);
    if (!content.skip(header_bytes)) return Encapsulation::kNone;
    if (type == ether_type::kEthernet) return Encapsulation::kNvgre;
    const bool is_ip = type == ether_type::kIpv4 || type == ether_type::kIpv6;
    return is_ip ? Encapsulation::kIpInGre : Encapsulation::kNone;
  }

  const uint8_t* ip_ = nullptr;
  uint32_t total_bytes_ = 0;
  bool is_fragment_ = false;
  bool is_malformed_ = false;
  uint8_t protocol_ = 0;
  Content above_{};
  UdpHeader udp_{};
};

}  // namespace

bool may_carry(const PacketHeaders& packet) {
  if (packet.result != ParseResult::kOk || (packet.flags & kFragment)) return false;
  switch (packet.protocol) {
    case ip_protocol::kUdp:
      return packet.tni != kNoTni;
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
    case ip_protocol::kGre:
      return true;
  }
  return false;
}

Encapsulation open_tunnel(const CaptureRecord& record, CaptureRecord& inside) {
  Carrier carrier;
  HeaderWalk<Carrier>(carrier).walk(record);
  Content content;
  const Encapsulation how = carrier.open(content);
  if (how == Encapsulation::kNone) return how;
  const bool is_frame = how == Encapsulation::kVxlan || how == Encapsulation::kNvgre;
  inside = record;
  inside.bytes = content.bytes;
  inside.captured_bytes = content.captured;
  inside.original_bytes = content.actual;
  inside.link_type = is_frame ? kLinkEthernet : kLinkRaw;
  inside.block = PacketBlock::kOther;
  inside.options_bytes = 0;
  return how;
}

}  // namespace portacl

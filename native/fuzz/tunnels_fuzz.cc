// Any bytes inside each kind of tunnel, whose own headers are sound. The first byte chooses the
// kind, the second how many bytes the snap length has cut off.
#include <iterator>

#include "fuzz/check_packet.h"
#include "fuzz/forms.h"
#include "packet/protocols.h"
#include "test/frame_builder.h"

namespace {

using namespace portacl;
using namespace portacl::capture_test;

using Tunnel = Bytes (*)(const Bytes& inner);

Bytes gre(uint16_t bits, uint16_t type, const Bytes& fields, const Bytes& inner) {
  return ethernet(0x0800, ipv4(47, be16(bits) + be16(type) + fields + inner));
}
Bytes udp_tunnel(uint16_t port, const Bytes& header, const Bytes& inner) {
  return ethernet(0x0800, ipv4(17, udp(50000, port, header + inner)));
}

constexpr Tunnel kTunnels[] = {
    [](const Bytes& inner) { return udp_tunnel(4789, be32(0x08000000) + be32(42 << 8), inner); },
    [](const Bytes& inner) { return udp_tunnel(8472, be32(0x08000000) + be32(42 << 8), inner); },
    [](const Bytes& inner) { return udp_tunnel(6081, be32(0x6558) + be32(42 << 8), inner); },
    [](const Bytes& inner) {  // with an option of eight bytes, IPv4 inside
      return udp_tunnel(6081, be32(0x02000800) + be32(42 << 8) + zeros(8), inner);
    },
    [](const Bytes& inner) { return gre(0, 0x0800, {}, inner); },
    [](const Bytes& inner) { return gre(0, 0x86DD, {}, inner); },
    [](const Bytes& inner) { return gre(0x2000, 0x6558, be32(7 << 8), inner); },  // NVGRE
    [](const Bytes& inner) { return gre(0xB000, 0x0800, zeros(12), inner); },
    [](const Bytes& inner) { return gre(0x3081, 0x880B, zeros(12), inner); },  // PPTP
    [](const Bytes& inner) { return gre(0, 0x88BE, {}, inner); },              // ERSPAN I, II, III
    [](const Bytes& inner) { return gre(0x1000, 0x88BE, zeros(4) + zeros(8), inner); },
    [](const Bytes& inner) { return gre(0x1000, 0x22EB, zeros(4) + zeros(12), inner); },
    [](const Bytes& inner) { return ethernet(0x0800, ipv4(4, inner)); },
    [](const Bytes& inner) { return ethernet(0x0800, ipv4(41, inner)); },
    [](const Bytes& inner) { return ethernet(0x86DD, ipv6(4, inner)); },
    [](const Bytes& inner) { return ethernet(0x86DD, ipv6(41, inner)); },
    [](const Bytes& inner) { return ethernet(0x0800, ipv4(137, be32(0x00064140) + inner)); },
    [](const Bytes& inner) { return ethernet(0x8847, be32(0x00064140) + inner); },
    [](const Bytes& inner) {  // AH of 24 bytes before what the first byte of the rest names
      const uint8_t next = inner.empty() ? ip_protocol::kTcp : inner[0];
      return ethernet(0x0800, ipv4(51, Bytes{next, 4} + zeros(22) + inner));
    },
    [](const Bytes& inner) { return ethernet(0x0800, ipv4(50, inner)); },
    [](const Bytes& inner) { return ethernet(0x0800, ipv4(1, icmp(3, 3) + inner)); },
    [](const Bytes& inner) { return ethernet(0x86DD, ipv6(58, icmp(1, 4) + inner)); },
    [](const Bytes& inner) { return ethernet(0x86DD, ipv6(0, inner)); },
    [](const Bytes& inner) { return ethernet(0x86DD, ipv6(44, ipv6_fragment(60, 1, inner))); },
    [](const Bytes& inner) {
      const auto length = static_cast<uint32_t>(inner.size());
      return ethernet(0x8864, Bytes{0x11, 0} + be16(1) + be16(length) + inner);
    },
    [](const Bytes& inner) {
      return ethernet(0x88A8, vlan(5, 0x8100, vlan(6, 0x9100, vlan(7, 0x0800, inner))));
    },
};
static_assert(std::size(kTunnels) == fuzz::kTunnelKinds);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // What fits the length fields.
  constexpr size_t kBytesMax = 60'000;
  if (size < 2 || size > kBytesMax) return 0;
  const Bytes frame = kTunnels[data[0] % std::size(kTunnels)](Bytes(data + 2, data + size));
  CaptureRecord record = record_of(frame);
  if (data[1] >= 128) {
    const uint32_t cut = std::min<uint32_t>(data[1] - 127u, record.captured_bytes);
    record.captured_bytes -= cut;
  }
  // A copy of just the captured bytes: a sanitizer sees any look beyond.
  const Bytes captured(frame.data(), frame.data() + record.captured_bytes);
  record.bytes = captured.data();
  portacl::fuzz::check_packet(record);
  return 0;
}

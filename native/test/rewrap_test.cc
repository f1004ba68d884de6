// Headers put on and taken off: what is written is what a builder makes, byte by byte, and what was
// put on and taken off again leaves the packet as it was.
#include "packet/rewrap.h"

#include <gtest/gtest.h>

#include "capture/link_type.h"
#include "frame_builder.h"
#include "packet/parse.h"
#include "packet/tunnel.h"

namespace portacl {
namespace {

using namespace capture_test;

constexpr uint64_t kRouterMac = 0x66292709649C;

uint16_t folded(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}
uint32_t sum_of(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

// From 172.29.0.68 to 172.29.0.24, as a layer writes it.
Bytes outer_ipv4(uint8_t protocol, const Bytes& payload) {
  const Bytes ends = {172, 29, 0, 68, 172, 29, 0, 24};
  const Bytes first = Bytes{0x45, 0} + be16(static_cast<uint32_t>(20 + payload.size())) + be16(0) +
                      be16(0x4000) + Bytes{128, protocol};
  return first + be16(folded(sum_of(first) + sum_of(ends))) + ends + payload;
}

Bytes vxlan(uint32_t network, const Bytes& frame, uint16_t port = 50'000) {
  return udp(port, 4789, Bytes{8, 0, 0, 0} + be32(network << 8) + frame);
}

OuterHeaders outer_of(Encapsulation format) {
  OuterHeaders outer;
  outer.source = {0, 0xAC1D0044};
  outer.destination = {0, 0xAC1D0018};
  outer.family = Family::kIpv4;
  outer.format = format;
  outer.network = format == Encapsulation::kVxlan || format == Encapsulation::kNvgre ? 4096 : 0;
  outer.source_port = format == Encapsulation::kVxlan ? 50'000 : 0;
  outer.destination_port = format == Encapsulation::kVxlan ? 4789 : 0;
  outer.flow_id = format == Encapsulation::kNvgre ? 7 : 0;
  return outer;
}

Departure kept(const CaptureRecord& record) {
  PacketHeaders packet;
  parse_headers({&record, 1}, {&packet, 1});
  Departure departure;
  departure.ends = PacketEnds::of(packet);
  return departure;
}

Departure putting_on(const CaptureRecord& record, std::initializer_list<OuterHeaders> outer) {
  Departure departure = kept(record);
  for (const OuterHeaders& each : outer) departure.pushes[departure.push_count++] = each;
  return departure;
}

Bytes written(const CaptureRecord& record, const Departure& departure) {
  Bytes out;
  const uint32_t original = rewrap(record, departure, out);
  EXPECT_EQ(original - out.size(), record.original_bytes - record.captured_bytes);
  return out;
}

const Bytes& inner_frame() {
  static const Bytes frame = ethernet(0x0800, ipv4(6, tcp(4000, 80) + Bytes{1, 2, 3}));
  return frame;
}

TEST(Rewrap, PutsHeadersOn) {
  const Bytes& inner = inner_frame();
  const Bytes ip(inner.begin() + 14, inner.end());
  const CaptureRecord record = record_of(inner);
  const auto put = [&](Encapsulation format) {
    return written(record, putting_on(record, {outer_of(format)}));
  };
  EXPECT_EQ(put(Encapsulation::kVxlan), ethernet(0x0800, outer_ipv4(17, vxlan(4096, inner))));
  const Bytes key = be32(4096 << 8 | 7);
  EXPECT_EQ(put(Encapsulation::kNvgre),
            ethernet(0x0800, outer_ipv4(47, Bytes{0x20, 0, 0x65, 0x58} + key + inner)));
  EXPECT_EQ(put(Encapsulation::kIpInGre), ethernet(0x0800, outer_ipv4(47, Bytes{0, 0, 8, 0} + ip)));
  EXPECT_EQ(put(Encapsulation::kIpInIp), ethernet(0x0800, outer_ipv4(4, ip)));
}

TEST(Rewrap, SendsTheFrameInsideToItsRouterAndKeepsItsTag) {
  const Bytes ip = ipv6(6, tcp(4000, 80));
  const Bytes tagged = ethernet(0x8100, vlan(7, 0x86DD, ip));
  const CaptureRecord record = record_of(tagged);
  OuterHeaders outer = outer_of(Encapsulation::kVxlan);
  outer.source_mac = 0x020000000009;
  Departure departure = putting_on(record, {outer});
  departure.destination_mac = kRouterMac;
  Bytes inside = tagged;
  const Bytes router = {0x66, 0x29, 0x27, 0x09, 0x64, 0x9C};
  std::copy(router.begin(), router.end(), inside.begin());
  Bytes expected = ethernet(0x0800, outer_ipv4(17, vxlan(4096, inside)));
  std::copy(router.begin(), router.end(), expected.begin());
  expected[11] = 9;
  const Bytes got = written(record, departure);
  EXPECT_EQ(Bytes(got.begin() + 14, got.end()), Bytes(expected.begin() + 14, expected.end()));
  EXPECT_EQ(got[12], 8);  // untagged outside
  EXPECT_EQ(got[11], 9);
}

TEST(Rewrap, TakesOffWhatItPutOn) {
  const Bytes frames[] = {inner_frame(), ethernet(0x86DD, ipv6(17, udp(1, 2, {5, 6})))};
  for (const Bytes& inner : frames) {
    for (int format = 1; format <= 4; ++format) {
      const CaptureRecord record = record_of(inner);
      const Bytes wrapped =
          written(record, putting_on(record, {outer_of(static_cast<Encapsulation>(format))}));
      const CaptureRecord outer = record_of(wrapped);
      CaptureRecord inside;
      ASSERT_EQ(static_cast<int>(open_tunnel(outer, inside)), format);
      Departure back = kept(inside);
      back.pops = 1;
      EXPECT_EQ(written(outer, back), inner) << "format " << format;
    }
  }
}

TEST(Rewrap, OfTwoTunnelsIsTheInnerInTheOuter) {
  const CaptureRecord record = record_of(inner_frame());
  OuterHeaders second = outer_of(Encapsulation::kVxlan);
  second.network = 5;
  const Bytes once = ethernet(0x0800, outer_ipv4(17, vxlan(4096, inner_frame())));
  EXPECT_EQ(written(record, putting_on(record, {outer_of(Encapsulation::kVxlan), second})),
            ethernet(0x0800, outer_ipv4(17, vxlan(5, once))));
}

TEST(Rewrap, CountsAChecksumOverIpv6) {
  const CaptureRecord record = record_of(inner_frame());
  OuterHeaders outer = outer_of(Encapsulation::kVxlan);
  outer.family = Family::kIpv6;
  outer.source = {0x20010DB800000000, 1};
  outer.destination = {0x20010DB800000000, 2};
  const Bytes got = written(record, putting_on(record, {outer}));
  const Bytes above(got.begin() + 14 + 40, got.end());
  const Bytes ends(got.begin() + 14 + 8, got.begin() + 14 + 40);
  const uint32_t sum = sum_of(above) + sum_of(ends) + static_cast<uint32_t>(above.size()) + 17;
  EXPECT_EQ(folded(sum), 0);
  EXPECT_NE(above[6] << 8 | above[7], 0);
}

TEST(Rewrap, KeepsRawIpRaw) {
  const Bytes ip(inner_frame().begin() + 14, inner_frame().end());
  const CaptureRecord record = record_of(ip, kLinkRaw);
  EXPECT_EQ(written(record, putting_on(record, {outer_of(Encapsulation::kIpInIp)})),
            outer_ipv4(4, ip));
  const Bytes wrapped = written(record, putting_on(record, {outer_of(Encapsulation::kVxlan)}));
  EXPECT_EQ(wrapped, outer_ipv4(17, vxlan(4096, zeros(12) + be16(0x0800) + ip)));
  const CaptureRecord outer = record_of(wrapped, kLinkRaw);
  CaptureRecord inside;
  ASSERT_EQ(open_tunnel(outer, inside), Encapsulation::kVxlan);
  Departure back = kept(inside);
  back.pops = 1;
  EXPECT_EQ(written(outer, back), ip);
}

TEST(Rewrap, LeavesOutPaddingAndKeepsWhatTheCaptureCut) {
  const Bytes& inner = inner_frame();
  const Bytes padded = inner + zeros(20);
  const CaptureRecord whole = record_of(padded);
  Bytes out;
  const Departure departure = putting_on(whole, {outer_of(Encapsulation::kVxlan)});
  EXPECT_EQ(rewrap(whole, departure, out), inner.size() + 50);
  EXPECT_EQ(out, ethernet(0x0800, outer_ipv4(17, vxlan(4096, inner))));
  CaptureRecord cut = record_of(inner);
  cut.captured_bytes -= 3;
  EXPECT_EQ(rewrap(cut, departure, out), inner.size() + 50);
  const Bytes expected = ethernet(0x0800, outer_ipv4(17, vxlan(4096, inner)));
  EXPECT_EQ(out, prefix(expected, expected.size() - 3));
}

TEST(Rewrap, LeavesAPacketThatItsLinkLayerCannotShow) {
  const Bytes ip(inner_frame().begin() + 14, inner_frame().end());
  const Bytes null_frame = Bytes{2, 0, 0, 0} + ip;
  const CaptureRecord record = record_of(null_frame, 0);
  OuterHeaders outer = outer_of(Encapsulation::kIpInIp);
  EXPECT_EQ(written(record, putting_on(record, {outer})), (Bytes{2, 0, 0, 0} + outer_ipv4(4, ip)));
  outer.family = Family::kIpv6;
  EXPECT_EQ(written(record, putting_on(record, {outer})), null_frame);
}

TEST(Rewrap, LeavesAPacketBehindALengthThatWouldBeWrong) {
  const Bytes ip(inner_frame().begin() + 14, inner_frame().end());
  const auto length = static_cast<uint32_t>(ip.size() + 2);
  const Bytes session = ethernet(0x8864, Bytes{0x11, 0, 0, 1} + be16(length) + be16(0x21) + ip);
  const CaptureRecord record = record_of(session);
  EXPECT_EQ(written(record, putting_on(record, {outer_of(Encapsulation::kIpInIp)})), session);
  // A frame in a tunnel keeps its own.
  EXPECT_EQ(written(record, putting_on(record, {outer_of(Encapsulation::kVxlan)})),
            ethernet(0x0800, outer_ipv4(17, vxlan(4096, session))));
}

TEST(OpenTunnel, OpensNothingElse) {
  const Bytes inner = inner_frame();
  const auto opens = [](const Bytes& frame) {
    CaptureRecord inside;
    const CaptureRecord record = record_of(frame);
    return open_tunnel(record, inside);
  };
  EXPECT_EQ(opens(inner), Encapsulation::kNone);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(17, vxlan(1, inner)))), Encapsulation::kVxlan);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(17, vxlan(1, inner), {.fragment = 0x2000}))),
            Encapsulation::kNone);
  // The first piece of a datagram, whatever a second fragment header says.
  const Bytes whole = ipv6_fragment(17, 0, vxlan(1, inner));
  EXPECT_EQ(opens(ethernet(0x86DD, ipv6(44, whole))), Encapsulation::kVxlan);
  EXPECT_EQ(opens(ethernet(0x86DD, ipv6(44, ipv6_fragment(44, 1, whole)))), Encapsulation::kNone);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(17, udp(1, 4789, {0, 0, 0, 0, 0, 0, 1, 0})))),
            Encapsulation::kNone);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(47, Bytes{0, 1, 8, 0} + inner))), Encapsulation::kNone);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(47, Bytes{0x40, 0, 8, 0} + inner))), Encapsulation::kNone);
  EXPECT_EQ(opens(ethernet(0x0800, ipv4(4, {}))), Encapsulation::kNone);
}

}  // namespace
}  // namespace portacl

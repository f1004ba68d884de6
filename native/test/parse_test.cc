#include "packet/parse.h"

#include <gtest/gtest.h>

#include <cstring>

#include "capture/link_type.h"
#include "frame_builder.h"
#include "packet/plain_packet.h"

namespace portacl::capture_test {
namespace {

PacketHeaders parse(const Bytes& frame, LinkType link_type = kLinkEthernet) {
  const CaptureRecord record = record_of(frame, link_type);
  PacketHeaders headers;
  parse_headers({&record, 1}, {&headers, 1});
  return headers;
}

constexpr IpAddress kSource4{0, 0x0A000001}, kDestination4{0, 0x0A000002};
constexpr IpAddress kSource6{0x20010DB800000000, 1};

// All fields but the place of a quoted packet.
void expect_same(const PacketHeaders& a, const PacketHeaders& b, const std::string& where) {
  EXPECT_EQ(a.result, b.result) << where;
  EXPECT_EQ(a.source, b.source) << where;
  EXPECT_EQ(a.destination, b.destination) << where;
  EXPECT_EQ(a.family, b.family) << where;
  EXPECT_EQ(a.protocol, b.protocol) << where;
  EXPECT_EQ(a.flags, b.flags) << where;
  EXPECT_EQ(a.source_port, b.source_port) << where;
  EXPECT_EQ(a.destination_port, b.destination_port) << where;
  EXPECT_EQ(a.tcp_flags, b.tcp_flags) << where;
  EXPECT_EQ(a.icmp_type, b.icmp_type) << where;
  EXPECT_EQ(a.icmp_code, b.icmp_code) << where;
  EXPECT_EQ(a.icmp_id, b.icmp_id) << where;
  EXPECT_EQ(a.tcp_sequence, b.tcp_sequence) << where;
  EXPECT_EQ(a.tcp_acknowledgement, b.tcp_acknowledgement) << where;
  EXPECT_EQ(a.fragment_id, b.fragment_id) << where;
  EXPECT_EQ(a.source_mac, b.source_mac) << where;
  EXPECT_EQ(a.destination_mac, b.destination_mac) << where;
  EXPECT_EQ(a.vlan, b.vlan) << where;
  EXPECT_EQ(a.tni, b.tni) << where;
  EXPECT_EQ(a.gre_key, b.gre_key) << where;
}

struct Case {
  const char* name;
  Bytes frame;
  ParseResult result;
  uint8_t protocol = 0;
  uint8_t flags = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  LinkType link_type = kLinkEthernet;
};

Bytes arp() { return be16(1) + be16(0x0800) + Bytes{6, 4, 0, 1} + zeros(20); }
Bytes llc_snap(uint16_t type, const Bytes& payload) {
  return Bytes{0xAA, 0xAA, 3, 0, 0, 0} + be16(type) + payload;
}
Bytes wlan(uint8_t type, uint8_t bits, const Bytes& rest) {
  return Bytes{type, bits, 0, 0} + zeros(20) + rest;
}

std::vector<Case> cases() {
  using enum ParseResult;
  const Bytes tcp4 = ipv4(6, tcp(40000, 80)), udp4 = ipv4(17, udp(5000, 53));
  const Bytes tcp6 = ipv6(6, tcp(40000, 80));
  const uint8_t ports = kHasPorts;
  const auto eth4 = [](const Bytes& packet) { return ethernet(0x0800, packet); };
  const auto eth6 = [](const Bytes& packet) { return ethernet(0x86DD, packet); };
  return {
      {"TCP", eth4(tcp4), kOk, 6, ports, 40000, 80},
      {"UDP", eth4(udp4), kOk, 17, ports, 5000, 53},
      {"TCP over IPv6", eth6(tcp6), kOk, 6, ports, 40000, 80},
      {"padding behind", eth4(udp4 + zeros(20)), kOk, 17, ports, 5000, 53},
      {"options", eth4(ipv4(6, tcp(40000, 80), {.options = {0x94, 4, 0, 0}})), kOk, 6, ports, 40000,
       80},
      {"length 0 of an offloaded packet", eth4(ipv4(6, tcp(1, 2), {.total_bytes = 0})), kOk, 6,
       ports, 1, 2},
      {"SCTP", eth4(ipv4(132, udp(7, 8) + zeros(4))), kOk, 132, ports, 7, 8},
      {"DCCP", eth4(ipv4(33, udp(7, 8) + zeros(8))), kOk, 33, ports, 7, 8},
      {"UDP-Lite", eth4(ipv4(136, udp(7, 8))), kOk, 136, ports, 7, 8},
      {"GRE", eth4(ipv4(47, be16(0) + be16(0x0800) + udp4)), kOk, 47},
      {"ESP", eth4(ipv4(50, zeros(30))), kOk, 50},
      {"AH is not looked into", eth4(ipv4(51, Bytes{6, 4} + zeros(22) + tcp(1, 2))), kOk, 51},
      {"AH over IPv6 either", eth6(ipv6(51, Bytes{6, 4} + zeros(22) + tcp(1, 2))), kOk, 51},
      {"IP in IP", eth4(ipv4(4, udp4)), kOk, 4},
      {"IGMP", eth4(ipv4(2, Bytes{0x11, 0, 0, 0, 224, 0, 0, 1})), kOk, 2},
      {"echo", eth4(ipv4(1, icmp(8, 0, 77))), kOk, 1, kIcmpEcho},
      {"unreachable", eth4(ipv4(1, icmp(3, 1, 0, udp4))), kOk, 1, kIcmpError},
      {"echo over IPv6", eth6(ipv6(58, icmp(128, 0, 77))), kOk, 58, kIcmpEcho},
      {"too big", eth6(ipv6(58, icmp(2, 0, 0, tcp6))), kOk, 58, kIcmpError},
      {"neighbour", eth6(ipv6(58, icmp(135, 0) + zeros(16))), kOk, 58},
      // Fragments.
      {"first fragment", eth4(ipv4(17, udp(1, 2, zeros(8), 4000), {.fragment = 0x2000})), kOk, 17,
       ports | kFragment, 1, 2},
      {"first fragment with ports alone", eth4(ipv4(6, be16(1) + be16(2), {.fragment = 0x2000})),
       kOk, 6, ports | kFragment, 1, 2},
      {"first fragment without ports", eth4(ipv4(6, zeros(3), {.fragment = 0x2000})), kMalformed, 6,
       kFragment},
      {"later fragment", eth4(ipv4(6, zeros(3), {.fragment = 0x00B9})), kOk, 6,
       kFragment | kLaterFragment},
      {"first fragment, IPv6", eth6(ipv6(44, ipv6_fragment(17, 1, udp(1, 2, {}, 4000)))), kOk, 17,
       ports | kFragment, 1, 2},
      {"later fragment, IPv6", eth6(ipv6(44, ipv6_fragment(17, 0x0B9, zeros(8)))), kOk, 17,
       kFragment | kLaterFragment},
      {"atomic fragment", eth6(ipv6(44, ipv6_fragment(6, 0, tcp(1, 2)))), kOk, 6, ports, 1, 2},
      // IPv6 chains.
      {"options and routing",
       eth6(ipv6(0, ipv6_options(43, ipv6_options(60, ipv6_options(17, udp(3, 4)))))), kOk, 17,
       ports, 3, 4},
      {"no next header", eth6(ipv6(59, {})), kOk, 59},
      {"mobility is a protocol", eth6(ipv6(135, zeros(8))), kOk, 135},
      {"jumbo payload", eth6(ipv6(0, Bytes{17, 0, 0xC2, 4, 0, 1, 0, 0} + udp(3, 4), 0)), kOk, 17,
       ports, 3, 4},
      {"chain that ends the payload", eth6(ipv6(0, ipv6_options(17, {}))), kMalformed, 17},
      {"no jumbo and no payload", eth6(ipv6(0, ipv6_options(17, udp(3, 4)), 0)), kMalformed},
      // Link layers.
      {"VLAN", ethernet(0x8100, vlan(5, 0x0800, tcp4)), kOk, 6, ports, 40000, 80},
      {"QinQ", ethernet(0x88A8, vlan(5, 0x8100, vlan(6, 0x86DD, tcp6))), kOk, 6, ports, 40000, 80},
      {"three tags", ethernet(0x9100, vlan(5, 0x8100, vlan(6, 0x8100, vlan(7, 0x0800, tcp4)))), kOk,
       6, ports, 40000, 80},
      {"MPLS", ethernet(0x8847, be32(0x00010040) + be32(0x00020140) + udp4), kOk, 17, ports, 5000,
       53},
      {"MPLS with something else", ethernet(0x8847, be32(0x00020140) + zeros(40)), kNotIp},
      {"PPPoE",
       ethernet(0x8864,
                Bytes{0x11, 0, 0, 1} + be16(udp4.size() + 2) + be16(0x21) + udp4 + zeros(9)),
       kOk, 17, ports, 5000, 53},
      {"PPPoE discovery code", ethernet(0x8864, Bytes{0x11, 9, 0, 1, 0, 9} + zeros(9)), kNotIp},
      {"SNAP", ethernet(8 + udp4.size(), llc_snap(0x0800, udp4) + zeros(9)), kOk, 17, ports, 5000,
       53},
      {"spanning tree", ethernet(38, Bytes{0x42, 0x42, 3} + zeros(35)), kNotIp},
      {"ARP", ethernet(0x0806, arp()), kNotIp},
      {"LLDP", ethernet(0x88CC, zeros(40)), kNotIp},
      {"type between length and type", ethernet(1501, zeros(40)), kNotIp},
      {"raw", tcp4, kOk, 6, ports, 40000, 80, kLinkRaw},
      {"raw, version 6", tcp6, kOk, 6, ports, 40000, 80, kLinkIpv4},
      {"raw, no version", zeros(40), kNotIp, 0, 0, 0, 0, kLinkRaw},
      {"null, little endian", Bytes{2, 0, 0, 0} + tcp4, kOk, 6, ports, 40000, 80, kLinkNull},
      {"null, big endian", Bytes{0, 0, 0, 30} + tcp6, kOk, 6, ports, 40000, 80, kLinkNull},
      {"null, ether type", Bytes{15, 0, 8, 0} + tcp4, kOk, 6, ports, 40000, 80, kLinkNull},
      {"loop", Bytes{0, 0, 0, 24} + tcp6, kOk, 6, ports, 40000, 80, kLinkLoop},
      {"loop, other family", Bytes{0, 0, 0, 7} + tcp6, kNotIp, 0, 0, 0, 0, kLinkLoop},
      {"cooked", Bytes{0, 0, 0, 1, 0, 6} + zeros(8) + be16(0x0800) + tcp4, kOk, 6, ports, 40000, 80,
       kLinkSll},
      {"cooked 2", be16(0x86DD) + zeros(18) + tcp6, kOk, 6, ports, 40000, 80, kLinkSll2},
      {"PPP", Bytes{0xFF, 3, 0, 0x21} + tcp4, kOk, 6, ports, 40000, 80, kLinkPpp},
      {"PPP, short forms", Bytes{0x57} + tcp6, kOk, 6, ports, 40000, 80, kLinkPpp},
      {"PPP control", Bytes{0xFF, 3, 0xC0, 0x21} + zeros(20), kNotIp, 0, 0, 0, 0, kLinkPpp},
      {"LLC and SNAP alone", llc_snap(0x0800, tcp4), kOk, 6, ports, 40000, 80, kLinkAtmRfc1483},
      {"LLC of something else", Bytes{0x42, 0x42, 3} + tcp4, kNotIp, 0, 0, 0, 0, kLinkAtmRfc1483},
      {"802.11", wlan(8, 1, llc_snap(0x0800, tcp4)), kOk, 6, ports, 40000, 80, kLink80211},
      {"802.11, quality and four addresses", wlan(0x88, 3, zeros(8) + llc_snap(0x0800, tcp4)), kOk,
       6, ports, 40000, 80, kLink80211},
      {"802.11, protected", wlan(8, 0x41, zeros(40)), kNotIp, 0, 0, 0, 0, kLink80211},
      {"802.11, first piece of a frame", wlan(8, 5, llc_snap(0x0800, tcp4)), kNotIp, 0, 0, 0, 0,
       kLink80211},
      {"802.11, last piece of a frame",
       Bytes{8, 1} + zeros(20) + Bytes{1, 0} + llc_snap(0x0800, tcp4), kNotIp, 0, 0, 0, 0,
       kLink80211},
      {"802.11, beacon", wlan(0x80, 0, zeros(40)), kNotIp, 0, 0, 0, 0, kLink80211},
      {"802.11, no data", wlan(0x48, 1, {}), kNotIp, 0, 0, 0, 0, kLink80211},
      {"radiotap", Bytes{0, 0, 9, 0, 0, 0, 0, 0, 0} + wlan(8, 2, llc_snap(0x0800, tcp4)), kOk, 6,
       ports, 40000, 80, kLinkRadiotap},
      {"radiotap, padded header",
       Bytes{0, 0, 9, 0, 2, 0, 0, 0, 0x20} + wlan(0x88, 2, zeros(4) + llc_snap(0x0800, tcp4)), kOk,
       6, ports, 40000, 80, kLinkRadiotap},
      {"radiotap, padded header, time and words before the flags",
       Bytes{0, 0, 25, 0, 3, 0, 0, 0x80} + zeros(16) + Bytes{0x20} +
           wlan(0x88, 2, zeros(4) + llc_snap(0x0800, tcp4)),
       kOk, 6, ports, 40000, 80, kLinkRadiotap},
      {"radiotap, header that is not padded",
       Bytes{0, 0, 9, 0, 2, 0, 0, 0, 0x10} + wlan(0x88, 2, zeros(2) + llc_snap(0x0800, tcp4)), kOk,
       6, ports, 40000, 80, kLinkRadiotap},
      {"radiotap, presence without end and without flags",
       Bytes{0, 0, 8, 0, 2, 0, 0, 0x80} + wlan(0x88, 2, zeros(2) + llc_snap(0x0800, tcp4)), kOk, 6,
       ports, 40000, 80, kLinkRadiotap},
      {"radiotap, length below its header", Bytes{0, 0, 7, 0} + zeros(60), kMalformed, 0, 0, 0, 0,
       kLinkRadiotap},
      {"unknown link type", zeros(40), kNotIp, 0, 0, 0, 0, 147},
      // Contradictions.
      {"short frame", zeros(13), kMalformed},
      {"no bytes", {}, kMalformed},
      {"short tag", ethernet(0x8100, zeros(3)), kMalformed},
      {"version 6 as IPv4", eth4(tcp6), kMalformed},
      {"version 4 as IPv6", eth6(tcp4 + zeros(20)), kMalformed},
      {"header length 4", eth4(ipv4(6, tcp(1, 2), {.first_byte = 0x44})), kMalformed},
      {"header longer than the packet", eth4(ipv4(6, {}, {.first_byte = 0x46})), kMalformed},
      {"total length below the header", eth4(ipv4(6, tcp(1, 2), {.total_bytes = 19})), kMalformed},
      {"total length beyond the frame", eth4(ipv4(6, tcp(1, 2), {.total_bytes = 41})), kMalformed},
      {"payload length beyond the frame", eth6(ipv6(6, tcp(1, 2), 21)), kMalformed},
      {"TCP header of 19 bytes", eth4(ipv4(6, prefix(tcp(1, 2), 19))), kMalformed, 6},
      {"TCP data offset 4", eth4(ipv4(6, tcp(1, 2, 2, 4))), kMalformed, 6},
      {"TCP data offset beyond the packet", eth4(ipv4(6, tcp(1, 2, 2, 6))), kMalformed, 6},
      {"UDP header of 7 bytes", eth4(ipv4(17, prefix(udp(1, 2), 7))), kMalformed, 17},
      {"UDP length 7", eth4(ipv4(17, udp(1, 2, {}, 7))), kMalformed, 17},
      {"UDP length 0", eth4(ipv4(17, udp(1, 2, {}, 0))), kMalformed, 17},
      {"UDP length beyond the packet", eth4(ipv4(17, udp(1, 2, {}, 9))), kMalformed, 17},
      {"SCTP header of 8 bytes", eth4(ipv4(132, udp(1, 2))), kMalformed, 132},
      {"ICMP of 3 bytes", eth4(ipv4(1, zeros(3))), kMalformed, 1},
      {"echo of 7 bytes", eth4(ipv4(1, prefix(icmp(8, 0), 7))), kMalformed, 1},
  };
}

TEST(ParseHeaders, ReadsEveryShapeOfPacket) {
  for (const Case& c : cases()) {
    const PacketHeaders h = parse(c.frame, c.link_type);
    EXPECT_EQ(h.result, c.result) << c.name;
    EXPECT_EQ(h.protocol, c.protocol) << c.name;
    EXPECT_EQ(h.flags, c.flags) << c.name;
    EXPECT_EQ(h.source_port, c.source_port) << c.name;
    EXPECT_EQ(h.destination_port, c.destination_port) << c.name;
    if (h.result == ParseResult::kOk) {
      EXPECT_EQ(h.source, h.family == Family::kIpv4 ? kSource4 : kSource6) << c.name;
    }
    expect_same(h, parse_by_walk(record_of(c.frame, c.link_type)), c.name);
  }
}

// As sessions are sent them; and what is no IP, or cut, is read as the walk reads it here too.
TEST(ParseHeaders, ReadsTheSamePacketsWithoutAFrame) {
  size_t plain = 0;
  for (const Case& c : cases()) {
    constexpr size_t kEthernet = PlainPacket::kEthernetBytes;
    if (c.link_type != kLinkEthernet || c.frame.size() < kEthernet) continue;
    const Bytes packet(c.frame.begin() + kEthernet, c.frame.end());
    PlainPacket out;
    for (size_t size = 0; size <= packet.size(); ++size) {
      // A copy of just this size: a sanitizer sees any look beyond.
      const Bytes shown = prefix(packet, size);
      CaptureRecord record = record_of(shown, kLinkRaw);
      record.original_bytes = static_cast<uint32_t>(packet.size());
      PacketHeaders headers;
      parse_headers({&record, 1}, {&headers, 1});
      expect_same(headers, parse_by_walk(record), c.name + (" of " + std::to_string(size)));
      plain += size == packet.size() && read_plain_raw(record, out);
    }
    const Bytes framed = ethernet(0x0800, packet);
    EXPECT_EQ(read_plain_raw(record_of(packet, kLinkRaw), out), read_plain(record_of(framed), out))
        << c.name;
  }
  EXPECT_GE(plain, 4u);
}

TEST(ParseHeaders, GivesTheFieldsOfTcpAndEthernet) {
  const PacketHeaders h = parse(ethernet(0x0800, ipv4(6, tcp(40000, 80, kTcpSyn | kTcpAck))));
  EXPECT_EQ(h.family, Family::kIpv4);
  EXPECT_EQ(h.destination, kDestination4);
  EXPECT_EQ(h.tcp_flags, kTcpSyn | kTcpAck);
  EXPECT_EQ(h.tcp_sequence, 1000u);
  EXPECT_EQ(h.tcp_acknowledgement, 2000u);
  EXPECT_EQ(h.fragment_id, 0x1234u);
  EXPECT_EQ(h.destination_mac, 0x020000000002u);
  EXPECT_EQ(h.source_mac, 0x020000000001u);
}

TEST(ParseHeaders, TakesTheFragmentHeaderThatTellsOfPieces) {
  const auto id_of = [](const Bytes& chain) {
    return parse(ethernet(0x86DD, ipv6(44, chain))).fragment_id;
  };
  const auto header = [](uint16_t place, uint32_t id, const Bytes& rest) {
    return Bytes{rest.size() > 16 ? uint8_t{44} : uint8_t{17}, 0} + be16(place) + be32(id) + rest;
  };
  const Bytes datagram = udp(5000, 53);
  EXPECT_EQ(id_of(header(1, 7, header(0, 8, datagram) + zeros(8))), 7u);
  EXPECT_EQ(id_of(header(0, 7, header(1, 8, datagram) + zeros(8))), 8u);
  EXPECT_EQ(id_of(header(1, 7, header(1, 8, datagram) + zeros(8))), 7u);
}

TEST(ParseHeaders, GivesTheFieldsOfIcmp) {
  const Bytes quoted = ipv4(17, udp(5000, 53));
  const Bytes frame = ethernet(0x0800, ipv4(1, icmp(3, 13, 0, quoted)) + zeros(7));
  const CaptureRecord record = record_of(frame);
  const PacketHeaders h = parse_by_walk(record);
  EXPECT_EQ(h.icmp_type, 3);
  EXPECT_EQ(h.icmp_code, 13);
  ASSERT_NE(h.quoted, nullptr);
  EXPECT_EQ(h.quoted - frame.data(), 14 + 20 + 8);
  EXPECT_EQ(h.quoted_bytes, quoted.size());  // without the padding
  EXPECT_EQ(parse(ethernet(0x0800, ipv4(1, icmp(0, 0, 77)))).icmp_id, 77);
}

TEST(ParseHeaders, LinkLayersWithoutAddressesHaveNone) {
  const PacketHeaders h = parse(ipv4(17, udp(1, 2)), kLinkRaw);
  EXPECT_EQ(h.source_mac, kNoMac);
  EXPECT_EQ(h.destination_mac, kNoMac);
  const PacketHeaders sll =
      parse(Bytes{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0} + ipv4(17, udp(1, 2)), kLinkSll);
  EXPECT_EQ(sll.source_mac, 0x020000000009u);
  EXPECT_EQ(sll.destination_mac, kNoMac);
}

// What a capture with a snap length of `captured` bytes shows of `frame`. The copy has exactly
// that size, so that a sanitizer sees any look beyond.
PacketHeaders parse_cut(const Bytes& frame, size_t captured, LinkType link_type) {
  const Bytes shown = prefix(frame, captured);
  CaptureRecord record = record_of(shown, link_type);
  record.original_bytes = static_cast<uint32_t>(frame.size());
  PacketHeaders headers;
  parse_headers({&record, 1}, {&headers, 1});
  expect_same(headers, parse_by_walk(record), "cut at " + std::to_string(captured));
  return headers;
}

int rank(ParseResult result) {
  return result == ParseResult::kCutLink ? 0 : result == ParseResult::kCutTransport ? 1 : 2;
}

TEST(ParseHeaders, ACutIsNeverTakenForAContradiction) {
  for (const Case& c : cases()) {
    const PacketHeaders whole = parse(c.frame, c.link_type);
    int reached = 0;
    for (size_t captured = 0; captured <= c.frame.size(); ++captured) {
      const PacketHeaders h = parse_cut(c.frame, captured, c.link_type);
      const std::string where = std::string(c.name) + " cut at " + std::to_string(captured);
      EXPECT_GE(rank(h.result), reached) << where;
      reached = rank(h.result);
      if (reached < 2) {
        EXPECT_EQ(h.family != Family::kNone, h.result == ParseResult::kCutTransport) << where;
        continue;
      }
      // Once all that a verdict needs is shown, the rest of the packet changes nothing; only
      // lengths that contradict may still come to light.
      if (h.result != whole.result) {
        EXPECT_EQ(h.result, ParseResult::kOk) << where;
        EXPECT_EQ(whole.result, ParseResult::kMalformed) << where;
        continue;
      }
      EXPECT_EQ(h.flags, whole.flags) << where;
      EXPECT_EQ(h.source_port, whole.source_port) << where;
      EXPECT_EQ(h.tcp_flags, whole.tcp_flags) << where;
      EXPECT_EQ(h.icmp_id, whole.icmp_id) << where;
    }
  }
}

TEST(ParseHeaders, APacketThatIsReallyShortIsNeverACut) {
  for (const Case& c : cases()) {
    for (size_t size = 0; size <= c.frame.size(); ++size) {
      const Bytes frame = prefix(c.frame, size);
      const ParseResult result = parse(frame, c.link_type).result;
      EXPECT_NE(result, ParseResult::kCutLink) << c.name << " of " << size;
      EXPECT_NE(result, ParseResult::kCutTransport) << c.name << " of " << size;
    }
  }
}

TEST(ParseHeaders, ATcpHeaderCountsAsSeenWithItsFlags) {
  const Bytes frame = ethernet(0x0800, ipv4(6, tcp(40000, 80) + zeros(100)));
  const auto at = [&](size_t transport) { return parse_cut(frame, 34 + transport, kLinkEthernet); };
  EXPECT_EQ(at(3).result, ParseResult::kCutTransport);
  EXPECT_EQ(at(3).flags, 0);
  EXPECT_EQ(at(3).protocol, 6);
  EXPECT_EQ(at(4).flags, kHasPorts);
  EXPECT_EQ(at(4).result, ParseResult::kCutTransport);
  EXPECT_EQ(at(13).result, ParseResult::kCutTransport);
  EXPECT_EQ(at(14).result, ParseResult::kOk);
  EXPECT_EQ(at(14).tcp_flags, kTcpSyn);
}

TEST(ParseHeaders, ALengthAboveTheOriginalOneIsBelieved) {
  const Bytes frame = ethernet(0x0800, ipv4(17, udp(1, 2)));
  CaptureRecord record = record_of(frame);
  record.original_bytes = 20;
  EXPECT_EQ(parse_by_walk(record).result, ParseResult::kOk);
}

TEST(ParseHeaders, ReadsTheOutermostTag) {
  const Bytes packet = ipv4(6, tcp(40000, 80));
  EXPECT_EQ(parse(ethernet(0x0800, packet)).vlan, 0);
  // Priority and drop bits stand above the number.
  EXPECT_EQ(parse(ethernet(0x8100, vlan(0xE005, 0x0800, packet))).vlan, 5);
  EXPECT_EQ(parse(ethernet(0x88A8, vlan(7, 0x8100, vlan(5, 0x0800, packet)))).vlan, 7);
  EXPECT_EQ(parse(ethernet(0x8100, vlan(0, 0x8100, vlan(5, 0x0800, packet)))).vlan, 0);
}

TEST(ParseHeaders, ReadsTheTenantNetworkOfVxlan) {
  const auto tni = [](const Bytes& payload, uint16_t port = 4789, uint16_t fragment = 0) {
    return parse(ethernet(0x0800, ipv4(17, udp(40000, port, payload), {.fragment = fragment}))).tni;
  };
  const Bytes header = Bytes{8, 0, 0, 0} + be32(4096 << 8);
  EXPECT_EQ(tni(header), 4096u);
  EXPECT_EQ(tni(header, 4790), kNoTni);
  EXPECT_EQ(tni(zeros(4) + be32(4096 << 8)), kNoTni) << "no network is said to be there";
  EXPECT_EQ(tni(prefix(header, 7)), kNoTni);
  EXPECT_EQ(tni(header, 4789, 0x2000), kNoTni) << "a piece of a datagram";
  EXPECT_EQ(parse(ethernet(0x86DD, ipv6(17, udp(1, 4789, header)))).tni, 4096u);
  EXPECT_EQ(parse(ethernet(0x0800, ipv4(6, tcp(4789, 4789) + header))).tni, kNoTni);
  // The length of the datagram ends before what stands behind it.
  const Bytes shorter = ipv4(17, udp(1, 4789, header, 8));
  EXPECT_EQ(parse(ethernet(0x0800, shorter)).tni, kNoTni);
}

TEST(ParseHeaders, ReadsTheGreKeyAndTheTenantNetworkOfNvgre) {
  const auto gre = [](uint16_t bits, uint16_t type, const Bytes& rest) {
    return parse(ethernet(0x0800, ipv4(47, be16(bits) + be16(type) + rest)));
  };
  const PacketHeaders nvgre = gre(0x2000, 0x6558, be32(0x00123456));
  EXPECT_EQ(nvgre.flags & kHasGreKey, kHasGreKey);
  EXPECT_EQ(nvgre.gre_key, 0x00123456u);
  EXPECT_EQ(nvgre.tni, 0x001234u);
  const PacketHeaders keyed = gre(0xA000, 0x0800, be32(0xABCD0000) + be32(7));
  EXPECT_EQ(keyed.gre_key, 7u) << "behind the checksum";
  EXPECT_EQ(keyed.tni, kNoTni);
  EXPECT_EQ(gre(0x0000, 0x6558, be32(7)).flags & kHasGreKey, 0);
  EXPECT_EQ(gre(0x2001, 0x880B, be32(7)).flags & kHasGreKey, 0) << "a call of PPTP";
  const PacketHeaders cut = gre(0x2000, 0x6558, zeros(3));
  EXPECT_EQ(cut.result, ParseResult::kOk);
  EXPECT_EQ(cut.flags & kHasGreKey, 0);
}

TEST(ParseHeaders, LimitsTheExtensionHeaders) {
  Bytes chain = udp(1, 2);
  for (int i = 0; i < 256; ++i) chain = ipv6_options(i == 0 ? 17 : 60, chain);
  EXPECT_EQ(parse(ipv6(60, chain), kLinkRaw).result, ParseResult::kOk);
  chain = ipv6_options(60, chain);
  EXPECT_EQ(parse(ipv6(60, chain), kLinkRaw).result, ParseResult::kMalformed);
}

TEST(ParseHeaders, LimitsTheTags) {
  Bytes frame = zeros(4);
  for (int i = 0; i < 5000; ++i) frame = be16(1) + be16(0x8100) + frame;
  EXPECT_EQ(parse(ethernet(0x8100, frame)).result, ParseResult::kMalformed);
}

TEST(ParseQuoted, EightBytesOfTransportAreEnough) {
  const Bytes whole_tcp = ipv4(6, tcp(40000, 80) + zeros(100));
  const Bytes quoted = prefix(whole_tcp, 28);
  PacketHeaders h = parse_quoted(Family::kIpv4, quoted.data(), 28);
  EXPECT_EQ(h.result, ParseResult::kCutTransport);
  EXPECT_EQ(h.flags, kHasPorts);
  EXPECT_EQ(h.source_port, 40000);
  EXPECT_EQ(h.destination_port, 80);
  EXPECT_EQ(h.tcp_sequence, 1000u);
  EXPECT_EQ(h.source, kSource4);

  const Bytes datagram = ipv6(17, udp(5000, 53, zeros(100)));
  const Bytes quoted6 = prefix(datagram, 48);
  h = parse_quoted(Family::kIpv6, quoted6.data(), 48);
  EXPECT_EQ(h.result, ParseResult::kOk);
  EXPECT_EQ(h.destination_port, 53);

  const Bytes echo = prefix(ipv4(1, icmp(8, 0, 77, zeros(56))), 28);
  h = parse_quoted(Family::kIpv4, echo.data(), 28);
  EXPECT_EQ(h.result, ParseResult::kOk);
  EXPECT_EQ(h.flags, kIcmpEcho);
  EXPECT_EQ(h.icmp_id, 77);
}

TEST(ParseQuoted, NamesWhatIsNoPacketOfTheFamily) {
  const Bytes packet = ipv4(17, udp(5000, 53)) + zeros(20);
  const auto size = static_cast<uint32_t>(packet.size());
  EXPECT_EQ(parse_quoted(Family::kIpv6, packet.data(), size).result, ParseResult::kMalformed);
  EXPECT_EQ(parse_quoted(Family::kIpv4, packet.data(), 19).result, ParseResult::kCutLink);
  EXPECT_EQ(parse_quoted(Family::kIpv4, nullptr, 0).result, ParseResult::kCutLink);
}

}  // namespace
}  // namespace portacl::capture_test

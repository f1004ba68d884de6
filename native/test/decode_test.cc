#include "decode/decode.h"

#include <gtest/gtest.h>

#include "capture/link_type.h"
#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

// The list of layers of one packet, and what follows it.
std::string layers_of(const Bytes& frame, LinkType link_type = kLinkEthernet) {
  StringSink sink;
  decode_jsonl(record_of(frame, link_type), sink);
  const std::string& line = sink.text();
  return line.substr(line.find("\"layers\""));
}

const Bytes kTcp4 = ipv4(6, tcp(40000, 80));
const std::string kTcp4Layers =
    R"({"p":"ip","hlen":20,"len":40,"id":4660,"df":0,"mf":0,"frag":0,"ttl":64,"proto":6,)"
    R"("src":"10.0.0.1","dst":"10.0.0.2"},{"p":"tcp","sport":40000,"dport":80,"flags":2,)"
    R"("seq":1000,"ack":2000,"win":64240,"hlen":20,"len":0})";

TEST(DecodeJsonl, WritesOneObjectAPacket) {
  const Bytes frame = ethernet(0x0800, kTcp4);
  CaptureRecord record = record_of(frame);
  record.time_ns = 1700000000'000000005;
  record.original_bytes = 60;
  record.section = 2;
  record.interface_index = 3;
  StringSink sink;
  decode_jsonl(record, sink);
  EXPECT_EQ(sink.text(),
            R"({"i":1,"t":"1700000000.000000005","cap":54,"len":60,"sec":2,"if":3,"layers":[)"
            R"({"p":"eth","src":"02:00:00:00:00:01","dst":"02:00:00:00:00:02","type":2048},)" +
                kTcp4Layers + "]}\n");
}

TEST(DecodeJsonl, WritesTimesBefore1970AndNone) {
  const Bytes frame;
  CaptureRecord record = record_of(frame);
  record.time_ns = -1'500'000'000;
  StringSink sink;
  decode_jsonl(record, sink);
  record.time_ns = kNoTime;
  decode_jsonl(record, sink);
  EXPECT_NE(sink.text().find("\"t\":\"-1.500000000\""), std::string::npos);
  EXPECT_NE(sink.text().find("\"t\":\"\""), std::string::npos);
}

TEST(DecodeText, WritesTheFirstTimeAndTheLast) {
  const Bytes frame;
  CaptureRecord record = record_of(frame);
  const auto begin_of = [&record](int64_t time_ns) {
    record.time_ns = time_ns;
    StringSink sink;
    decode_text(record, sink);
    return sink.text().substr(0, 32);
  };
  EXPECT_EQ(begin_of(INT64_MIN + 1), "1 1677-09-21T00:12:43.145224193Z");
  EXPECT_EQ(begin_of(-1), "1 1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(begin_of(INT64_MAX), "1 2262-04-11T23:47:16.854775807Z");
}

struct TunnelCase {
  const char* name;
  Bytes packet;
  const char* between;  // what stands between the outer transport header and the inner packet
};

TEST(DecodeJsonl, OpensTunnels) {
  const Bytes inner = ethernet(0x0800, kTcp4);
  const char* const eth =
      R"({"p":"eth","src":"02:00:00:00:00:01","dst":"02:00:00:00:00:02","type":2048},)";
  const std::string vxlan = std::string(R"({"p":"vxlan","vni":4096},)") + eth;
  const std::string geneve = std::string(R"({"p":"geneve","vni":7},)") + eth;
  const std::string erspan = std::string(R"({"p":"gre","proto":35006},{"p":"erspan"},)") + eth;
  const std::string nvgre = std::string(R"({"p":"gre","proto":25944,"key":256},)") + eth;
  const Bytes vxlan_header = Bytes{8, 0, 0, 0, 0, 0x10, 0, 0};
  const TunnelCase cases[] = {
      {"VXLAN", ipv4(17, udp(50000, 4789, vxlan_header + inner)), vxlan.c_str()},
      {"VXLAN of old", ipv4(17, udp(8472, 50000, vxlan_header + inner)), vxlan.c_str()},
      {"GENEVE with options",
       ipv6(17, udp(50000, 6081, Bytes{1, 0, 0x65, 0x58, 0, 0, 7, 0} + zeros(4) + inner)),
       geneve.c_str()},
      {"GRE", ipv4(47, zeros(2) + be16(0x0800) + kTcp4), R"({"p":"gre","proto":2048},)"},
      {"GRE with all fields",
       ipv4(47, be16(0xB000) + be16(0x0800) + be32(1) + be32(5) + be32(9) + kTcp4),
       R"({"p":"gre","proto":2048,"key":5},)"},
      {"NVGRE", ipv4(47, be16(0x2000) + be16(0x6558) + be32(256) + inner), nvgre.c_str()},
      {"ERSPAN II", ipv4(47, be16(0x1000) + be16(0x88BE) + be32(1) + zeros(8) + inner),
       erspan.c_str()},
      {"ERSPAN I", ipv4(47, zeros(2) + be16(0x88BE) + inner), erspan.c_str()},
      {"IP in IP", ipv4(4, kTcp4), ""},
      {"4in6", ipv6(4, kTcp4), ""},
      {"AH", ipv4(51, Bytes{4, 4} + zeros(22) + kTcp4), R"({"p":"ah","nxt":4},)"},
  };
  for (const TunnelCase& c : cases) {
    const std::string text = layers_of(c.packet, kLinkRaw);
    const std::string end = std::string(c.between) + kTcp4Layers + "]}\n";
    EXPECT_TRUE(text.size() > end.size() &&
                text.compare(text.size() - end.size(), end.size(), end) == 0)
        << c.name << ": " << text;
  }
}

struct FieldCase {
  const char* name;
  Bytes frame;
  const char* layers;  // what stands in front of the last
  LinkType link_type = kLinkEthernet;
};

TEST(DecodeJsonl, WritesTheFieldsOfEachHeader) {
  const char* const udp_layers = R"({"p":"udp","sport":7,"dport":8,"len":8}]})";
  const Bytes packet = ipv4(17, udp(7, 8));
  const Bytes snap = Bytes{0xAA, 0xAA, 3, 0, 0, 0, 8, 0} + packet;
  const Bytes wlan = Bytes{8, 1, 0, 0} + zeros(20) + snap;
  const Bytes ppp = be16(0x21) + packet;
  const auto pppoe = Bytes{0x11, 0, 0, 9} + be16(static_cast<uint32_t>(ppp.size())) + ppp;
  const FieldCase cases[] = {
      {"tags", ethernet(0x88A8, vlan(5, 0x8100, vlan(6, 0x0800, packet))),
       R"({"p":"ieee8021ad","id":5,"type":33024},{"p":"vlan","id":6,"type":2048},{"p":"ip",)"},
      {"labels", ethernet(0x8847, be32(0x00010040) + be32(0x00020140) + packet),
       R"({"p":"mpls","label":16},{"p":"mpls","label":32},{"p":"ip",)"},
      {"PPPoE", ethernet(0x8864, pppoe),
       R"({"p":"pppoes","session":9},{"p":"ppp","proto":33},{"p":"ip",)"},
      {"LLC and SNAP", ethernet(static_cast<uint16_t>(snap.size()), snap),
       R"("dst":"02:00:00:00:00:02"},{"p":"llc"},{"p":"ip",)"},
      {"LLC and SNAP alone", snap, R"([{"p":"llc"},{"p":"ip",)", kLinkAtmRfc1483},
      {"802.11", wlan, R"([{"p":"wlan"},{"p":"llc"},{"p":"ip",)", kLink80211},
      {"radiotap", Bytes{0, 0, 9, 0, 0, 0, 0, 0, 0} + wlan,
       R"([{"p":"radiotap"},{"p":"wlan"},{"p":"llc"},{"p":"ip",)", kLinkRadiotap},
      {"cooked", zeros(14) + be16(0x0800) + packet, R"([{"p":"sll","type":2048},{"p":"ip",)",
       kLinkSll},
      {"cooked 2", be16(0x0800) + zeros(18) + packet, R"([{"p":"sll","type":2048},{"p":"ip",)",
       kLinkSll2},
      {"null", Bytes{2, 0, 0, 0} + packet, R"([{"p":"null","family":2},{"p":"ip",)", kLinkNull},
      {"PPP", ppp, R"([{"p":"ppp","proto":33},{"p":"ip",)", kLinkPpp},
      {"AH", ipv4(51, Bytes{17, 4} + zeros(22) + udp(7, 8)),
       R"("dst":"10.0.0.2"},{"p":"ah","nxt":17},{"p":"udp",)", kLinkRaw},
      {"extension headers",
       ipv6(0, ipv6_options(43, ipv6_options(60, ipv6_options(17, udp(7, 8))))),
       R"({"p":"ipv6.hopopts","nxt":43},{"p":"ipv6.routing","nxt":60},)"
       R"({"p":"ipv6.dstopts","nxt":17},{"p":"udp",)",
       kLinkRaw},
      {"fragment header", ipv6(44, ipv6_fragment(17, 0, udp(7, 8))),
       R"({"p":"ipv6.fraghdr","nxt":17,"frag":0,"mf":0,"id":2882339107},{"p":"udp",)", kLinkRaw},
  };
  for (const FieldCase& c : cases) {
    const std::string text = layers_of(c.frame, c.link_type);
    EXPECT_NE(text.find(c.layers), std::string::npos) << c.name << ": " << text;
    EXPECT_NE(text.find(udp_layers), std::string::npos) << c.name << ": " << text;
  }
  const Bytes other = be16(7) + be16(8) + zeros(12);
  EXPECT_NE(layers_of(ipv4(33, other), kLinkRaw).find(R"({"p":"dccp","sport":7,"dport":8}])"),
            std::string::npos);
  EXPECT_NE(layers_of(ipv4(132, other), kLinkRaw).find(R"({"p":"sctp","sport":7,"dport":8}])"),
            std::string::npos);
  EXPECT_NE(layers_of(ipv4(2, {0x16, 0, 0, 0}), kLinkRaw).find(R"({"p":"igmp","type":22}])"),
            std::string::npos);
  EXPECT_NE(
      layers_of(ipv6(58, icmp(128, 0)), kLinkRaw).find(R"({"p":"icmpv6","type":128,"code":0}])"),
      std::string::npos);
  // Encrypted: nothing is said of what is inside.
  const std::string esp = layers_of(ipv4(50, zeros(24)), kLinkRaw);
  EXPECT_NE(esp.find(R"("proto":50,"src":"10.0.0.1","dst":"10.0.0.2"}]})"), std::string::npos);
}

TEST(DecodeJsonl, MarksQuotedPackets) {
  const std::string text = layers_of(ipv4(1, icmp(3, 1, 0, prefix(kTcp4, 28))), kLinkRaw);
  EXPECT_NE(text.find(R"({"p":"tcp","sport":40000,"dport":80,"seq":1000,"emb":1}])"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("short"), std::string::npos);
}

TEST(DecodeJsonl, SaysWhatEndedIt) {
  const Bytes frame = ethernet(0x0800, kTcp4);
  const Bytes shown = prefix(frame, 30);
  CaptureRecord record = record_of(shown);
  record.original_bytes = 54;
  StringSink sink;
  decode_jsonl(record, sink);
  EXPECT_NE(sink.text().find("],\"short\":1}\n"), std::string::npos);
  EXPECT_NE(layers_of(shown).find("],\"malformed\":1}\n"), std::string::npos);
  EXPECT_EQ(layers_of(ethernet(0x88CC, zeros(4))).find("malformed"), std::string::npos);
}

std::string line_of(const Bytes& frame, LinkType link_type = kLinkEthernet) {
  StringSink sink;
  decode_text(record_of(frame, link_type), sink);
  return sink.text();
}

// The line of a packet of time 0, without what every line has.
std::string text_of(const Bytes& frame, LinkType link_type = kLinkEthernet) {
  const std::string line = line_of(frame, link_type);
  const size_t begin = line.find("Z  ") + 3;
  return line.substr(begin, line.rfind("  (") - begin);
}

TEST(DecodeText, ReadsWell) {
  EXPECT_EQ(line_of(ethernet(0x8100, vlan(5, 0x0800, kTcp4))),
            "1 1970-01-01T00:00:00.000000000Z  vlan 5 | 10.0.0.1:40000 > 10.0.0.2:80 TCP SYN "
            "seq 1000 len 0  (58)\n");
  EXPECT_EQ(line_of(ipv6(17, udp(5000, 53)), kLinkRaw),
            "1 1970-01-01T00:00:00.000000000Z  [2001:db8::1]:5000 > [2001:db8::2]:53 UDP len 0  "
            "(48)\n");
  EXPECT_EQ(line_of(ethernet(0x88CC, zeros(1))),
            "1 1970-01-01T00:00:00.000000000Z  02:00:00:00:00:01 > 02:00:00:00:00:02 LLDP  "
            "(15)\n");
  EXPECT_EQ(
      line_of(ipv4(89, zeros(4), {.fragment = 0x2000}), kLinkRaw),
      "1 1970-01-01T00:00:00.000000000Z  10.0.0.1 > 10.0.0.2 OSPF first fragment of 4660  (24)\n");
}

struct TextCase {
  Bytes packet;
  const char* text;
};

void expect_texts(std::span<const TextCase> cases) {
  for (const TextCase& c : cases) EXPECT_EQ(text_of(c.packet, kLinkRaw), c.text);
}

TEST(DecodeText, NamesFlagsInTheOrderOfTheirBits) {
  const TextCase cases[] = {
      {ipv4(6, tcp(1, 2, 0x12)), "10.0.0.1:1 > 10.0.0.2:2 TCP SYN+ACK seq 1000 ack 2000 len 0"},
      {ipv4(6, tcp(1, 2, 0xE9)), "10.0.0.1:1 > 10.0.0.2:2 TCP FIN+PSH+URG+ECE+CWR seq 1000 len 0"},
      {ipv4(6, tcp(1, 2, 0)), "10.0.0.1:1 > 10.0.0.2:2 TCP no flags seq 1000 len 0"},
  };
  expect_texts(cases);
}

TEST(DecodeText, NamesMessages) {
  const TextCase cases[] = {
      {ipv4(1, icmp(8, 0, 7)), "10.0.0.1 > 10.0.0.2 ICMP echo request (type 8 code 0) id 7 seq 1"},
      {ipv4(1, icmp(3, 3, 0, ipv4(17, udp(5, 53)))),
       "10.0.0.1 > 10.0.0.2 ICMP port unreachable (type 3 code 3) | "
       "about 10.0.0.1:5 > 10.0.0.2:53 UDP len 0"},
      {ipv4(1, icmp(3, 99, 0, ipv4(17, udp(5, 53)))),
       "10.0.0.1 > 10.0.0.2 ICMP destination unreachable (type 3 code 99) | "
       "about 10.0.0.1:5 > 10.0.0.2:53 UDP len 0"},
      {ipv4(1, icmp(77, 1)), "10.0.0.1 > 10.0.0.2 ICMP (type 77 code 1)"},
      {ipv6(58, icmp(135, 0) + zeros(16)),
       "2001:db8::1 > 2001:db8::2 ICMPv6 neighbour solicitation (type 135 code 0)"},
      {ipv4(2, Bytes{0x22, 0, 0, 0} + zeros(4)), "10.0.0.1 > 10.0.0.2 IGMP membership report v3"},
      {ipv4(2, Bytes{0x99, 0, 0, 0} + zeros(4)), "10.0.0.1 > 10.0.0.2 IGMP type 153"},
  };
  expect_texts(cases);
}

TEST(DecodeText, NamesProtocolsAndWhatStandsBeforeThem) {
  const Bytes dccp = be16(7) + be16(8) + zeros(12);
  const TextCase cases[] = {
      {ipv4(88, zeros(8)), "10.0.0.1 > 10.0.0.2 EIGRP"},
      {ipv4(108, zeros(8)), "10.0.0.1 > 10.0.0.2 IPComp"},
      {ipv4(50, zeros(8)), "10.0.0.1 > 10.0.0.2 ESP"},
      {ipv4(253, zeros(8)), "10.0.0.1 > 10.0.0.2 protocol 253"},
      {ipv4(33, dccp), "10.0.0.1:7 > 10.0.0.2:8 DCCP"},
      {ipv4(51, Bytes{33, 4} + zeros(22) + dccp), "10.0.0.1:7 > 10.0.0.2:8 AH, DCCP"},
      {ipv6(0, ipv6_options(43, ipv6_options(60, ipv6_options(17, udp(3, 4))))),
       "[2001:db8::1]:3 > [2001:db8::2]:4 hop-by-hop, routing, destination options, UDP len 0"},
      {ipv6(0, {}), "2001:db8::1 > 2001:db8::2 IPv6 (malformed)"},
      {ipv6(44, ipv6_fragment(17, 0x0B9, zeros(8))),
       "2001:db8::1 > 2001:db8::2 UDP fragment of 2882339107 at 184"},
      {ipv4(17, zeros(8), {.fragment = 0x0017}),
       "10.0.0.1 > 10.0.0.2 UDP last fragment of 4660 at 184"},
  };
  expect_texts(cases);
}

TEST(DecodeText, ShowsTheFirstOfAChainThatGoesOn) {
  Bytes chain = ipv6_options(17, udp(3, 4));
  for (int i = 0; i < 11; ++i) chain = ipv6_options(60, chain);
  const std::string text = text_of(ipv6(60, chain), kLinkRaw);
  EXPECT_NE(text.find("destination options, …, UDP len 0"), std::string::npos) << text;
  EXPECT_LT(text.size(), 300u);
}

TEST(DecodeText, NamesWhatIsNoIp) {
  const std::string ends = "02:00:00:00:00:01 > 02:00:00:00:00:02 ";
  const auto llc = [](const Bytes& header) { return ethernet(40, header + zeros(37)); };
  const Bytes arp = be32(0x00010800) + be16(0x0604);
  const Bytes sides = Bytes{2, 0, 0, 0, 0, 9} + be32(0x0A000009) + zeros(6) + be32(0x0A000005);
  const std::string cases[][2] = {
      {text_of(ethernet(0x888E, zeros(4))), ends + "EAPOL"},
      {text_of(ethernet(0x1234, zeros(4))), ends + "type 0x1234"},
      {text_of(ethernet(0x8100, vlan(5, 0x88CC, zeros(4)))), "vlan 5 | " + ends + "LLDP"},
      {text_of(llc({0x42, 0x42, 3})), ends + "802.3 STP"},
      {text_of(llc({0x18, 0x18, 3})), ends + "802.3 LLC 0x18"},
      {text_of(llc({0xAA, 0xAA, 3, 0, 0, 0x0C, 0x20, 0})), ends + "CDP"},
      {text_of(llc({0xAA, 0xAA, 3, 0, 0, 0x0C, 0x20, 9})), ends + "SNAP 00:00:0c type 0x2009"},
      {text_of(llc({0xAA, 0xAA, 3, 0, 0, 0, 0x80, 0x9B})), ends + "AppleTalk"},
      {text_of(ethernet(0x0806, arp + be16(1) + sides)), "ARP who has 10.0.0.5, tell 10.0.0.9"},
      {text_of(ethernet(0x0806, arp + be16(2) + sides)), "ARP 10.0.0.9 is at 02:00:00:00:00:09"},
      {text_of(ethernet(0x0806, arp + be16(8) + sides)), "ARP operation 8"},
      {text_of(ethernet(0x0806, zeros(8))), ends + "ARP"},
      {text_of(ethernet(0x8847, be32(0x00013140))), "mpls 19 | " + ends + "no IP (malformed)"},
      {text_of(ethernet(0x8864, Bytes{0x11, 0, 0, 9} + be16(4) + be16(0xC021) + zeros(2))),
       "pppoe 9 | " + ends + "PPP LCP"},
      {text_of({0xFF, 3, 0xC0, 0x27, 0}, kLinkPpp), "PPP protocol 0xc027"},
      {text_of(be16(0x88CC) + zeros(18), kLinkSll2), "LLDP"},
      {text_of({0, 0, 0, 7, 1, 2, 3, 4}, kLinkLoop), "address family 7"},
      {text_of(Bytes{0x80, 0, 0, 0} + zeros(30), kLink80211), "802.11 without readable data"},
      {text_of(Bytes{0, 0, 8, 0, 0, 0, 0, 0, 0x80} + zeros(30), kLinkRadiotap),
       "802.11 without readable data"},
      {text_of({}), "no header (malformed)"},
      {text_of(ipv4(47, be16(0x2000) + be16(0x6558) + be32(5) + ethernet(0x88CC, zeros(2))),
               kLinkRaw),
       "10.0.0.1 > 10.0.0.2 GRE Ethernet key 5 | " + ends + "LLDP"},
      {text_of(ipv4(47, zeros(2) + be16(0x2000) + zeros(4)), kLinkRaw),
       "10.0.0.1 > 10.0.0.2 GRE type 0x2000"},
      {text_of(ipv4(17, udp(1, 6081, be32(0x00001234) + be32(7 << 8))), kLinkRaw),
       "10.0.0.1:1 > 10.0.0.2:6081 UDP len 8 | geneve 7 | type 0x1234"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(text, wanted);
}

TEST(Decode, EndsAtDamageAtAStopAndWhenCancelled) {
  const Pcap pcap(Order::kLittle);
  Bytes file = pcap.header();
  for (int i = 0; i < 600; ++i) file = file + pcap.record(zeros(20), 1, 0);
  file = file + zeros(3);
  const auto run = [&](const DecodeProgress& progress) {
    CaptureReader reader(std::make_unique<MemorySource>(file));
    StringSink sink;
    return decode(reader, DecodeFormat::kJsonl, sink, progress);
  };
  const auto whole = run([](uint64_t) { return true; });
  EXPECT_EQ(whole.packets, 600u);
  EXPECT_EQ(whole.status.code, ErrorCode::kCaptureCut);
  const auto cancelled = run([](uint64_t) { return false; });
  EXPECT_EQ(cancelled.status.code, ErrorCode::kCancelled);
  EXPECT_LT(cancelled.packets, 600u);
}

}  // namespace
}  // namespace portacl::capture_test

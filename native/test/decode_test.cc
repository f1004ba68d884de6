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

TEST(DecodeText, ReadsWell) {
  EXPECT_EQ(line_of(ethernet(0x8100, vlan(5, 0x0800, kTcp4))),
            "1 1970-01-01T00:00:00.000000000Z  vlan 5 | 10.0.0.1:40000 > 10.0.0.2:80 TCP SYN "
            "seq 1000 len 0  (58)\n");
  EXPECT_EQ(line_of(ipv6(17, udp(5000, 53)), kLinkRaw),
            "1 1970-01-01T00:00:00.000000000Z  [2001:db8::1]:5000 > [2001:db8::2]:53 UDP len 0  "
            "(48)\n");
  EXPECT_EQ(line_of(ethernet(0x88CC, zeros(1))),
            "1 1970-01-01T00:00:00.000000000Z  02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88cc  "
            "(15)\n");
  EXPECT_EQ(
      line_of(ipv4(89, zeros(4), {.fragment = 0x2000}), kLinkRaw),
      "1 1970-01-01T00:00:00.000000000Z  10.0.0.1 > 10.0.0.2 OSPF fragment 4660 at 0  (24)\n");
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

// Seeds for the fuzz targets: `seeds FOLDER [CAPTURE...]` writes FOLDER/TARGET/NAME, packets and
// captures of every kind that is read, small and whole, for the fuzzer to change; and the first
// packets of the captures given, for the target of headers.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "capture/capture_reader.h"
#include "fuzz/link_types.h"
#include "test/capture_builder.h"

namespace {

namespace fs = std::filesystem;
using namespace portacl::capture_test;

struct Named {
  const char* name;
  Bytes bytes;
};

void write(const fs::path& folder, const char* target, const std::string& name,
           const Bytes& bytes) {
  fs::create_directories(folder / target);
  std::ofstream file(folder / target / name, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

std::vector<Named> ip_packets() {
  const Bytes quoted = ipv4(6, tcp(40000, 80));
  const Bytes arp = be32(0x00010800) + be16(0x0604) + be16(1) + zeros(20);
  return {
      {"tcp", ipv4(6, tcp(40000, 80))},
      {"tcp-options", ipv4(6, tcp(40000, 80, 0x12, 8) + zeros(12))},
      {"udp", ipv4(17, udp(5000, 53, zeros(12)))},
      {"udp-lite", ipv4(136, udp(5000, 53, zeros(4)))},
      {"sctp", ipv4(132, be16(1) + be16(2) + zeros(12))},
      {"dccp", ipv4(33, be16(1) + be16(2) + zeros(12))},
      {"echo", ipv4(1, icmp(8, 0, 7, zeros(8)))},
      {"unreachable", ipv4(1, icmp(3, 3, 0, quoted))},
      {"igmp", ipv4(2, Bytes{0x16, 0, 0, 0} + be32(0xE0000001))},
      {"options", ipv4(6, tcp(1, 2), {.options = Bytes{0x83, 7, 4, 10, 0, 0, 9, 0}})},
      {"first-fragment", ipv4(17, udp(5000, 53, zeros(16), 4000), {.fragment = 0x2000})},
      {"later-fragment", ipv4(17, zeros(24), {.fragment = 100})},
      {"ipv6-tcp", ipv6(6, tcp(40000, 80))},
      {"ipv6-chain", ipv6(0, ipv6_options(60, ipv6_options(43, ipv6_options(6, tcp(1, 2)))))},
      {"ipv6-fragment", ipv6(44, ipv6_fragment(17, 1, udp(5000, 53)))},
      {"ipv6-error", ipv6(58, icmp(1, 4, 0, ipv6(17, udp(5000, 53))))},
      {"ah", ipv4(51, Bytes{6, 4} + zeros(22) + tcp(1, 2))},
      {"gre", ipv4(47, be32(0x20000800) + be32(9) + ipv4(17, udp(1, 2)))},
      {"ipip", ipv4(4, ipv4(17, udp(1, 2)))},
      {"6in4", ipv4(41, ipv6(6, tcp(40000, 80)))},
      {"nvgre", ipv4(47, be32(0x20006558) + be32(0x100007) + ethernet(0x0800, quoted))},
      {"vxlan",
       ipv4(17, udp(50000, 4789, be32(0x08000000) + be32(256) + ethernet(0x0800, quoted)))},
      {"geneve", ipv4(17, udp(50000, 6081, be32(0x6558) + be32(256) + ethernet(0x0800, quoted)))},
      {"arp", arp},
  };
}

// What fuzz_headers chooses a link type by. Requires: one that is read.
uint8_t number_of(portacl::LinkType type) {
  using portacl::fuzz::kLinkTypes;
  return static_cast<uint8_t>(std::find(std::begin(kLinkTypes), std::end(kLinkTypes), type) -
                              std::begin(kLinkTypes));
}

// A packet as each link layer carries it.
Bytes framed(portacl::LinkType link, uint16_t type, const Bytes& packet) {
  using namespace portacl;
  const bool version6 = type == 0x86DD;
  const Bytes snap = Bytes{0xAA, 0xAA, 3, 0, 0, 0} + be16(type) + packet;
  const Bytes wlan = Bytes{8, 1, 0, 0} + zeros(20) + snap;
  const Bytes ppp = be16(version6 ? 0x57 : 0x21) + packet;
  switch (link) {
    case kLinkEthernet:
      return ethernet(type, packet);
    case kLinkNull:
      return Bytes{version6 ? uint8_t{30} : uint8_t{2}, 0, 0, 0} + packet;
    case kLinkLoop:
      return be32(version6 ? 30 : 2) + packet;
    case kLinkPpp:
    case kLinkPppHdlc:
      return Bytes{0xFF, 3} + ppp;
    case kLinkPppoe:
      return Bytes{0x11, 0, 0, 1} + be16(static_cast<uint32_t>(ppp.size())) + ppp;
    case kLinkAtmRfc1483:
      return snap;
    case kLinkSll:
      return Bytes{0, 0, 0, 1, 0, 6} + zeros(8) + be16(type) + packet;
    case kLinkSll2:
      return be16(type) + zeros(18) + packet;
    case kLink80211:
      return wlan;
    case kLinkRadiotap:
      return Bytes{0, 0, 9, 0, 0, 0, 0, 0, 0} + wlan;
    default:
      return packet;
  }
}

void write_packets(const fs::path& folder) {
  for (const auto& [name, packet] : ip_packets()) {
    const bool version6 = packet[0] >> 4 == 6, arp = packet[0] == 0;
    const uint16_t type = arp ? 0x0806 : version6 ? 0x86DD : 0x0800;
    for (const portacl::LinkType link : portacl::fuzz::kLinkTypes) {
      write(folder, "headers", std::to_string(link) + "-" + name,
            Bytes{number_of(link), 0} + framed(link, type, packet));
    }
    const Bytes tagged = ethernet(0x88A8, vlan(1, 0x8100, vlan(2, type, packet)));
    write(folder, "headers", std::string("tagged-") + name, zeros(2) + tagged);
    for (uint8_t kind = 0; kind < 26; ++kind) {
      write(folder, "tunnels", std::to_string(kind) + "-" + name, Bytes{kind, 0} + packet);
    }
  }
}

void write_captures(const fs::path& folder) {
  const Bytes frame = ethernet(0x0800, ipv4(6, tcp(40000, 80)));
  const Snoop snoop;
  write(folder, "capture", "snoop",
        Bytes{0} + snoop.header() + snoop.record(frame, 1, 2) + snoop.record(frame, 3, 4));
  for (const Order order : {Order::kLittle, Order::kBig}) {
    const std::string suffix = order == Order::kLittle ? "-little" : "-big";
    for (const uint32_t magic : {0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34}) {
      const Pcap pcap(order, magic);
      const Bytes file = pcap.header() + pcap.record(frame, 1, 2) + pcap.record(frame, 3, 4);
      write(folder, "capture", "pcap-" + std::to_string(magic) + suffix, Bytes{0} + file);
    }
    const Pcapng png(order);
    const Bytes options = png.option(1, {'n'}) + png.option(4, png.u64(1)) +
                          png.option(5, png.u64(2)) + png.option(7, Bytes{2} + png.u64(3));
    const Bytes about = png.option(2, {'e', 't', 'h'}) + png.option(9, {9}) +
                        png.option(14, png.u64(60)) + png.option(0, {});
    const Bytes file = png.section() + png.interface(1, 96, about) + png.block(5, zeros(16)) +
                       png.packet(0, 1, frame, -1, options) + png.simple_packet(frame) +
                       png.old_packet(0, 2, frame, options) + png.block(0x0BAD, zeros(8));
    write(folder, "capture", "pcapng" + suffix, Bytes{0} + file);
    const Pcap pcap(order);
    const auto swapped = static_cast<uint8_t>(order == Order::kBig ? 0x80 : 0);
    write(folder, "pcap", "records" + suffix, Bytes{0, swapped, 4, 1} + pcap.record(frame, 1, 2));
    const auto words = static_cast<uint8_t>((20 + padded(frame).size()) / 4);
    const Bytes body = png.u32(0) + png.u64(1) + png.u32(frame.size()) + png.u32(frame.size());
    const auto turned = static_cast<uint8_t>(order == Order::kBig ? 1 : 0);
    write(folder, "pcapng", "packet" + suffix, Bytes{0, turned, 0, words} + body + padded(frame));
  }
}

// The first packets of a capture that are not long, as far as it is whole.
void write_packets_of(const fs::path& folder, const char* capture) {
  constexpr size_t kPackets = 16, kBytesMax = 512;
  portacl::CaptureReader reader(std::make_unique<portacl::FileSource>(capture));
  const std::string name = fs::path(capture).filename().string();
  portacl::CaptureRecord record;
  for (size_t written = 0; written < kPackets && reader.next_batch({&record, 1}) == 1;) {
    if (record.captured_bytes > kBytesMax || !portacl::is_known(record.link_type)) continue;
    const Bytes packet(record.bytes, record.bytes + record.captured_bytes);
    write(folder, "headers", name + "-" + std::to_string(++written),
          Bytes{number_of(record.link_type), 0} + packet);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  write_packets(arguments[1]);
  write_captures(arguments[1]);
  for (int i = 2; i < count; ++i) write_packets_of(arguments[1], arguments[i]);
}

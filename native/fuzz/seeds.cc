// Seeds for the fuzz targets: `seeds FOLDER [CAPTURE...]` writes FOLDER/TARGET/NAME, packets and
// captures of every kind that is read, small and whole, for the fuzzer to change; and of the
// captures given the first packets, for the targets of headers and of tunnels, and the records or
// blocks, for those of containers.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "capture/capture_reader.h"
#include "capture/file_order.h"
#include "fuzz/forms.h"
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
    for (uint8_t kind = 0; kind < portacl::fuzz::kTunnelKinds; ++kind) {
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

// The first packets of a capture that are not long, as far as it is whole. Each stands in the next
// kind of tunnel too, as a frame or as what is in it.
void write_packets_of(const fs::path& folder, const char* capture) {
  constexpr size_t kPackets = 16, kBytesMax = 512;
  static uint32_t count = 0;
  portacl::CaptureReader reader(std::make_unique<portacl::FileSource>(capture));
  const std::string name = fs::path(capture).filename().string();
  portacl::CaptureRecord record;
  for (size_t written = 0; written < kPackets && reader.next_batch({&record, 1}) == 1;) {
    if (record.captured_bytes > kBytesMax || !portacl::is_known(record.link_type)) continue;
    const Bytes packet(record.bytes, record.bytes + record.captured_bytes);
    const std::string numbered = name + "-" + std::to_string(++written);
    write(folder, "headers", numbered, Bytes{number_of(record.link_type), 0} + packet);
    const auto tunnel = static_cast<uint8_t>(count++ / 2 % portacl::fuzz::kTunnelKinds);
    const bool framed = record.link_type == portacl::kLinkEthernet && packet.size() > 14;
    const Bytes inner(packet.begin() + (framed && count % 2 == 0 ? 14 : 0), packet.end());
    write(folder, "tunnels", numbered, Bytes{tunnel, 0} + inner);
  }
}

// Its records, behind what fuzz_pcap makes a header of.
void write_records_of(const fs::path& folder, const std::string& name, const Bytes& file) {
  using portacl::fuzz::kPcapMagics;
  constexpr size_t kHeaderBytes = 24;
  if (file.size() < kHeaderBytes) return;
  for (const bool swapped : {false, true}) {
    const auto magic = portacl::load_number<uint32_t>(file.data(), swapped);
    const auto form = std::ranges::find(kPcapMagics, magic) - kPcapMagics;
    if (form == std::ssize(kPcapMagics)) continue;
    const auto minor = portacl::load_number<uint16_t>(file.data() + 6, swapped);
    const auto link = portacl::load_number<uint32_t>(file.data() + 20, swapped);
    const Bytes choice{0, static_cast<uint8_t>(form | (swapped ? 0x80 : 0)),
                       static_cast<uint8_t>(minor), static_cast<uint8_t>(link)};
    write(folder, "pcap", name, choice + Bytes(file.begin() + kHeaderBytes, file.end()));
  }
}

// Its blocks, as fuzz_pcapng takes them: kind, words, body. Blocks that are too long for that are
// left out.
void write_blocks_of(const fs::path& folder, const std::string& name, const Bytes& file) {
  using portacl::fuzz::kBlockTypes;
  constexpr uint32_t kSection = 0x0A0D0D0A, kByteOrder = 0x1A2B3C4D;
  Bytes out;
  bool swapped = false;
  for (size_t at = 0; at + 12 <= file.size();) {
    const auto type = portacl::load_number<uint32_t>(file.data() + at, swapped);
    if (type == kSection) {
      const bool turned = portacl::load_number<uint32_t>(file.data() + at + 8, false) != kByteOrder;
      if (out.empty()) {
        out = Bytes{0, static_cast<uint8_t>(turned)};
      } else {
        const Bytes section{portacl::fuzz::kTurnedSection, 0};
        out = out + section + (turned == swapped ? section : Bytes{});
      }
      swapped = turned;
    }
    if (out.empty()) return;
    const auto length = portacl::load_number<uint32_t>(file.data() + at + 4, swapped);
    if (length < 12 || length % 4 != 0 || length > file.size() - at) break;
    const auto* const kind = std::ranges::find(kBlockTypes, type);
    if (kind != std::end(kBlockTypes) && length - 12 <= 255 * 4) {
      const auto begin = file.begin() + static_cast<ptrdiff_t>(at + 8);
      out =
          out +
          Bytes{static_cast<uint8_t>(kind - kBlockTypes), static_cast<uint8_t>((length - 12) / 4)} +
          Bytes(begin, begin + (length - 12));
    }
    at += length;
  }
  if (!out.empty()) write(folder, "pcapng", name, out);
}

void write_container_of(const fs::path& folder, const char* capture) {
  std::ifstream in(capture, std::ios::binary);
  const Bytes file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string name = fs::path(capture).filename().string();
  write_records_of(folder, name, file);
  write_blocks_of(folder, name, file);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  write_packets(arguments[1]);
  write_captures(arguments[1]);
  for (int i = 2; i < count; ++i) {
    write_packets_of(arguments[1], arguments[i]);
    write_container_of(arguments[1], arguments[i]);
  }
}

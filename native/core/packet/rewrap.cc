#include "packet/rewrap.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/ip.h"
#include "packet/header_walk.h"
#include "packet/protocols.h"
#include "packet/rewrite.h"
#include "packet/tunnel.h"

namespace portacl {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kEthernetBytes = 14, kMacBytes = 6;

// Where the outermost IP packet stands.
struct IpExtent : SilentVisitor {
  static constexpr bool kTunnels = false;

  void ipv4(const Ipv4Header& header) {
    family = Family::kIpv4;
    bytes = header.bytes;
    actual = header.total_bytes;
  }
  void ipv6(const Ipv6Header& header) {
    family = Family::kIpv6;
    bytes = header.bytes;
    actual = header.payload_bytes == 0 ? 0 : 40u + header.payload_bytes;
  }
  void stop(Stop why) { is_malformed = why == Stop::kMalformed; }

  Family family = Family::kNone;
  const uint8_t* bytes = nullptr;
  uint32_t actual = 0;  // on the wire; 0: as far as the packet goes (jumbograms)
  bool is_malformed = false;
};

void put16(Bytes& out, uint32_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
void put32(Bytes& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value);
}
void put64(Bytes& out, uint64_t value) {
  put32(out, static_cast<uint32_t>(value >> 32));
  put32(out, static_cast<uint32_t>(value));
}
void put_mac(Bytes& out, uint64_t mac) {
  put16(out, static_cast<uint32_t>(mac >> 32));
  put32(out, static_cast<uint32_t>(mac));
}
void put_address(Bytes& out, Family family, const IpAddress& address) {
  if (family == Family::kIpv4) return put32(out, static_cast<uint32_t>(address.lo));
  put64(out, address.hi);
  put64(out, address.lo);
}
void write16(Bytes& at, size_t offset, uint32_t value) {
  at[offset] = static_cast<uint8_t>(value >> 8);
  at[offset + 1] = static_cast<uint8_t>(value);
}

uint32_t ether_type_of(Family family) {
  return family == Family::kIpv6 ? ether_type::kIpv6 : ether_type::kIpv4;
}

// Turns the type at the end of a link header, where one stands there: PPPoE and MPLS have none.
bool set_type(Bytes& link, Family before, Family after) {
  if (before == after) return true;
  const size_t at = link.size() - 2;
  if (static_cast<uint32_t>(link[at] << 8 | link[at + 1]) != ether_type_of(before)) return false;
  write16(link, at, ether_type_of(after));
  return true;
}

// The one's complement sum of RFC 1071, not yet folded, of bytes at an even place.
uint64_t sum_of(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<uint32_t>(bytes[i]) << 8 : bytes[i];
  }
  return sum;
}
uint16_t checksum_of(uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Whether what it carries is an Ethernet frame.
bool is_frame(Encapsulation format) {
  return format == Encapsulation::kVxlan || format == Encapsulation::kNvgre;
}

// A length field; 0 says, as of what a network card is yet to split, that it does not fit.
uint32_t length_field(uint32_t length) { return length > 0xFFFF ? 0 : length; }

// Headers from the outermost to the IP packet inside, which is not copied until all are known.
class Wrapping {
 public:
  // `link` is the Ethernet header of the packet, or empty.
  Wrapping(Bytes link, Family family, std::span<const uint8_t> packet, uint32_t actual)
      : link_(std::move(link)), family_(family), packet_(packet), actual_(actual) {}

  void put_around(const OuterHeaders& outer) {
    Bytes head;
    if (is_frame(outer.format)) head = frame_header(kNoMac, kNoMac);
    head.insert(head.end(), head_.begin(), head_.end());
    const uint32_t inside = static_cast<uint32_t>(head.size()) + actual_;
    Bytes shim = shim_of(outer, inside);
    const uint32_t payload = static_cast<uint32_t>(shim.size()) + inside;
    shim.insert(shim.end(), head.begin(), head.end());
    // IPv6 wants a checksum, and over all of it. Source: RFC 8200 8.1.
    const bool is_whole = actual_ == packet_.size();
    if (outer.format == Encapsulation::kVxlan && outer.family == Family::kIpv6 && is_whole) {
      sum_udp(outer, shim);
    }
    head_ = ip_header(outer, payload);
    head_.insert(head_.end(), shim.begin(), shim.end());
    if (is_frame(outer.format)) {
      link_ = frame_header(outer.source_mac, outer.destination_mac);
      link_.resize(2 * kMacBytes);  // a tag stays with the frame inside
      put16(link_, ether_type_of(outer.family));
    } else if (!link_.empty()) {
      link_ = frame_header(outer.source_mac, outer.destination_mac);
      fits_ &= set_type(link_, family_, outer.family);
    }
    family_ = outer.family;
  }

  // The Ethernet header of what is outermost now, with these addresses where they are any.
  Bytes frame_header(uint64_t source_mac, uint64_t destination_mac) const {
    Bytes header = link_;
    if (header.size() < kEthernetBytes) {
      header.assign(2 * kMacBytes, 0);
      put16(header, ether_type_of(family_));
    }
    Bytes mac;
    if (destination_mac != kNoMac) {
      put_mac(mac, destination_mac);
      std::ranges::copy(mac, header.begin());
    }
    mac.clear();
    if (source_mac != kNoMac) {
      put_mac(mac, source_mac);
      std::ranges::copy(mac, header.begin() + kMacBytes);
    }
    return header;
  }

  Family family() const { return family_; }
  // Whether the header of its link layer could be written.
  bool fits() const { return fits_; }
  const Bytes& head() const { return head_; }

 private:
  Bytes shim_of(const OuterHeaders& outer, uint32_t inside) const {
    Bytes shim;
    switch (outer.format) {
      case Encapsulation::kVxlan:
        put16(shim, outer.source_port);
        put16(shim, outer.destination_port);
        put16(shim, length_field(inside + 16));
        put16(shim, 0);
        put32(shim, 0x08000000);
        put32(shim, outer.network << 8);
        break;
      case Encapsulation::kNvgre:
        put16(shim, 0x2000);
        put16(shim, ether_type::kEthernet);
        put32(shim, outer.network << 8 | outer.flow_id);
        break;
      case Encapsulation::kIpInGre:
        put16(shim, 0);
        put16(shim, ether_type_of(family_));
        break;
      case Encapsulation::kIpInIp:
      case Encapsulation::kNone:
        break;
    }
    return shim;
  }

  void sum_udp(const OuterHeaders& outer, Bytes& shim) const {
    constexpr size_t kChecksumAt = 6;
    const auto length = static_cast<uint32_t>(shim.size() + packet_.size());
    Bytes pseudo;
    put_address(pseudo, outer.family, outer.source);
    put_address(pseudo, outer.family, outer.destination);
    put32(pseudo, length);
    put32(pseudo, ip_protocol::kUdp);
    // All in front of the packet have an even length.
    const uint16_t sum = checksum_of(sum_of(pseudo) + sum_of(shim) + sum_of(packet_));
    write16(shim, kChecksumAt, sum == 0 ? 0xFFFF : sum);
  }

  // Assumption: N26.
  Bytes ip_header(const OuterHeaders& outer, uint32_t payload) const {
    constexpr uint8_t kHops = 128;
    const uint8_t protocol = protocol_of(outer.format);
    Bytes header;
    if (outer.family == Family::kIpv4) {
      put16(header, 0x4500);
      put16(header, length_field(payload + 20));
      put16(header, 0);
      put16(header, 0x4000);  // not to be fragmented
      header.push_back(kHops);
      header.push_back(protocol);
      put16(header, 0);
    } else {
      put32(header, 0x60000000);
      put16(header, length_field(payload));
      header.push_back(protocol);
      header.push_back(kHops);
    }
    put_address(header, outer.family, outer.source);
    put_address(header, outer.family, outer.destination);
    if (outer.family == Family::kIpv4) write16(header, 10, checksum_of(sum_of(header)));
    return header;
  }

  uint8_t protocol_of(Encapsulation format) const {
    if (format == Encapsulation::kVxlan) return ip_protocol::kUdp;
    if (format == Encapsulation::kNvgre || format == Encapsulation::kIpInGre) {
      return ip_protocol::kGre;
    }
    return family_ == Family::kIpv6 ? ip_protocol::kIpv6 : ip_protocol::kIpv4;
  }

  Bytes link_;  // Ethernet header of what is outermost now, or empty
  Bytes head_;  // headers put around the packet, from the outermost IP header on
  Family family_;
  bool fits_ = true;
  std::span<const uint8_t> packet_;
  uint32_t actual_;
};

// The record that is left when `pops` encapsulations are gone.
std::optional<CaptureRecord> opened(const CaptureRecord& packet, uint32_t pops) {
  CaptureRecord base = packet;
  for (uint32_t i = 0; i < pops; ++i) {
    CaptureRecord inside;
    if (open_tunnel(base, inside) == Encapsulation::kNone) return std::nullopt;
    base = inside;
  }
  return base;
}

// Whether its headers can be read: link layers that count the bytes behind them (PPPoE, 802.3) say
// of a packet of another length what is not so.
bool is_sound(const CaptureRecord& packet, Family family) {
  IpExtent extent;
  HeaderWalk<IpExtent>(extent).walk(packet);
  return extent.family == family && !extent.is_malformed;
}

uint32_t left_as_it_is(const CaptureRecord& packet, Bytes& out) {
  out.assign(packet.bytes, packet.bytes + packet.captured_bytes);
  return packet.original_bytes;
}

}  // namespace

uint32_t rewrap(const CaptureRecord& packet, const Departure& departure, Bytes& out) {
  const std::optional<CaptureRecord> base = opened(packet, departure.pops);
  if (!base) return left_as_it_is(packet, out);
  IpExtent outside, inside;
  HeaderWalk<IpExtent>(outside).walk(packet);
  HeaderWalk<IpExtent>(inside).walk(*base);
  if (outside.family == Family::kNone || inside.family == Family::kNone) {
    return left_as_it_is(packet, out);
  }
  Bytes content(base->bytes, base->bytes + base->captured_bytes);
  rewrite(*base, departure, content.data(), nullptr);
  const auto ip_at = static_cast<uint32_t>(inside.bytes - base->bytes);
  const uint32_t rest = base->original_bytes - std::min(base->original_bytes, ip_at);
  const uint32_t actual = std::max(inside.actual == 0 ? rest : inside.actual, 1u);
  const uint32_t captured = std::min(base->captured_bytes - ip_at, actual);
  const std::span<const uint8_t> ip(content.data() + ip_at, captured);
  const Bytes captured_link(packet.bytes, outside.bytes);

  const bool is_ethernet = packet.link_type == kLinkEthernet;
  // What stands in a frame has a header of its own.
  Bytes link;
  if (base->link_type == kLinkEthernet) {
    link.assign(content.begin(), content.begin() + ip_at);
  } else if (is_ethernet) {
    link = captured_link;
    if (!set_type(link, outside.family, inside.family)) return left_as_it_is(packet, out);
  }
  Wrapping wrapping(std::move(link), inside.family, ip, actual);
  const bool is_in_frame = base->link_type == kLinkEthernet ||
                           (departure.push_count > 0 && is_frame(departure.pushes[0].format));
  if (is_in_frame && departure.destination_mac != kNoMac) {
    wrapping = Wrapping(wrapping.frame_header(kNoMac, departure.destination_mac), inside.family, ip,
                        actual);
  }
  for (uint32_t i = 0; i < departure.push_count; ++i) wrapping.put_around(departure.pushes[i]);

  if (!wrapping.fits()) return left_as_it_is(packet, out);
  if (is_ethernet) {
    out = wrapping.frame_header(kNoMac, kNoMac);
  } else if (captured_link.empty() || wrapping.family() == outside.family) {
    out = captured_link;
  } else {
    return left_as_it_is(packet, out);
  }
  out.insert(out.end(), wrapping.head().begin(), wrapping.head().end());
  const auto headers = static_cast<uint32_t>(out.size());
  out.insert(out.end(), ip.begin(), ip.end());
  CaptureRecord written = packet;
  written.bytes = out.data();
  written.captured_bytes = static_cast<uint32_t>(out.size());
  written.original_bytes = headers + actual;
  if (!is_sound(written, wrapping.family())) return left_as_it_is(packet, out);
  return headers + actual;
}

}  // namespace portacl

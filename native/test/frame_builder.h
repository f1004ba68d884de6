// Frames for tests, built from the inside out: ethernet(0x0800, ipv4(6, tcp(40000, 80))).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "capture/capture_record.h"

namespace portacl::capture_test {

using Bytes = std::vector<uint8_t>;

inline Bytes be16(uint32_t v) { return {static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)}; }
inline Bytes be32(uint32_t v) {
  return {static_cast<uint8_t>(v >> 24), static_cast<uint8_t>(v >> 16),
          static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)};
}
inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
// The first `count` bytes.
inline Bytes prefix(const Bytes& bytes, size_t count) {
  return Bytes(bytes.data(), bytes.data() + count);
}
inline Bytes zeros(size_t count) { return Bytes(count, 0); }

inline Bytes ethernet(uint16_t type, const Bytes& payload) {
  return Bytes{0x02, 0, 0, 0, 0, 2} + Bytes{0x02, 0, 0, 0, 0, 1} + be16(type) + payload;
}
inline Bytes vlan(uint16_t id, uint16_t type, const Bytes& payload) {
  return be16(id) + be16(type) + payload;
}

struct Ipv4Options {
  uint16_t fragment = 0;  // flags and offset as on the wire
  int total_bytes = -1;   // -1: what it is
  int first_byte = -1;    // -1: version 4 and the right header length
  Bytes options = {};
};
// From 10.0.0.1 to 10.0.0.2, identification 0x1234.
inline Bytes ipv4(uint8_t protocol, const Bytes& payload, const Ipv4Options& o = {}) {
  const size_t header = 20 + o.options.size();
  const int total = o.total_bytes < 0 ? static_cast<int>(header + payload.size()) : o.total_bytes;
  const int first = o.first_byte < 0 ? static_cast<int>(0x40 + header / 4) : o.first_byte;
  return Bytes{static_cast<uint8_t>(first), 0} + be16(static_cast<uint32_t>(total)) + be16(0x1234) +
         be16(o.fragment) + Bytes{64, protocol, 0, 0} + Bytes{10, 0, 0, 1} + Bytes{10, 0, 0, 2} +
         o.options + payload;
}
// From 2001:db8::1 to 2001:db8::2.
inline Bytes ipv6(uint8_t next, const Bytes& payload, int payload_bytes = -1) {
  const auto address = [](uint8_t last) {
    return Bytes{0x20, 0x01, 0x0D, 0xB8} + zeros(11) + Bytes{last};
  };
  const int length = payload_bytes < 0 ? static_cast<int>(payload.size()) : payload_bytes;
  return Bytes{0x60, 0, 0, 0} + be16(static_cast<uint32_t>(length)) + Bytes{next, 64} + address(1) +
         address(2) + payload;
}
inline Bytes ipv6_options(uint8_t next, const Bytes& payload) {
  return Bytes{next, 0, 1, 4, 0, 0, 0, 0} + payload;  // PadN of four
}
inline Bytes ipv6_fragment(uint8_t next, uint16_t place, const Bytes& payload) {
  return Bytes{next, 0} + be16(place) + be32(0xABCD0123) + payload;
}

inline Bytes tcp(uint16_t source, uint16_t destination, uint8_t flags = 0x02, uint8_t words = 5) {
  return be16(source) + be16(destination) + be32(1000) + be32(2000) +
         Bytes{static_cast<uint8_t>(words << 4), flags} + be16(64240) + zeros(4);
}
inline Bytes udp(uint16_t source, uint16_t destination, const Bytes& payload = {},
                 int length = -1) {
  const int size = length < 0 ? static_cast<int>(8 + payload.size()) : length;
  return be16(source) + be16(destination) + be16(static_cast<uint32_t>(size)) + zeros(2) + payload;
}
inline Bytes icmp(uint8_t type, uint8_t code, uint16_t id = 0, const Bytes& payload = {}) {
  return Bytes{type, code, 0, 0} + be16(id) + be16(1) + payload;
}

// A record on `frame`, whole. Requires: `frame` outlives it.
inline CaptureRecord record_of(const Bytes& frame, LinkType link_type = kLinkEthernet) {
  CaptureRecord record;
  record.bytes = frame.data();
  record.captured_bytes = static_cast<uint32_t>(frame.size());
  record.original_bytes = record.captured_bytes;
  record.time_ns = 0;
  record.frame = 1;
  record.link_type = link_type;
  return record;
}

}  // namespace portacl::capture_test

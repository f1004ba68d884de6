// IP addresses as numbers, so that a range test is two comparisons.
#pragma once

#include <compare>
#include <cstdint>

namespace portacl {

enum class Family : uint8_t { kNone = 0, kIpv4 = 4, kIpv6 = 6 };

// 128 bits in host order. An IPv4 address stands in the low 32 bits of `lo`; the family is kept
// beside the address, never inside it, so ::a.b.c.d and a.b.c.d are told apart by their holder.
struct IpAddress {
  uint64_t hi = 0;
  uint64_t lo = 0;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// Written as shifts, which compilers turn into one load and one byte swap.
inline uint16_t load_be16(const uint8_t* p) {
  return static_cast<uint16_t>(static_cast<uint16_t>(p[0]) << 8 | p[1]);
}
inline uint32_t load_be32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | p[3];
}
inline uint64_t load_be64(const uint8_t* p) {
  return static_cast<uint64_t>(p[0]) << 56 | static_cast<uint64_t>(p[1]) << 48 |
         static_cast<uint64_t>(p[2]) << 40 | static_cast<uint64_t>(p[3]) << 32 |
         static_cast<uint64_t>(p[4]) << 24 | static_cast<uint64_t>(p[5]) << 16 |
         static_cast<uint64_t>(p[6]) << 8 | p[7];
}
inline IpAddress load_ipv4(const uint8_t* p) { return {0, load_be32(p)}; }
inline IpAddress load_ipv6(const uint8_t* p) { return {load_be64(p), load_be64(p + 8)}; }

// Source: RFC 1122 3.2.1.3, RFC 4291 2.5 and 2.7.
constexpr bool is_loopback(Family family, const IpAddress& a) {
  return family == Family::kIpv4 ? (a.lo >> 24) == 127 : a.hi == 0 && a.lo == 1;
}
constexpr bool is_multicast(Family family, const IpAddress& a) {
  return family == Family::kIpv4 ? (a.lo >> 28) == 0xE : (a.hi >> 56) == 0xFF;
}
constexpr bool is_limited_broadcast(Family family, const IpAddress& a) {
  return family == Family::kIpv4 && a.lo == 0xFFFFFFFF;
}
constexpr bool is_unspecified(const IpAddress& a) { return a.hi == 0 && a.lo == 0; }

}  // namespace portacl

// Numbers of protocols as registered, in the fields that carry them.
// Source: IANA "IEEE 802 Numbers", "Protocol Numbers", "PPP DLL Protocol Numbers", "ICMP Type
// Numbers", "ICMPv6 Type Numbers".
#pragma once

#include <cstdint>

namespace portacl {

namespace ether_type {
inline constexpr uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86DD;
inline constexpr uint16_t kVlan = 0x8100, kProviderVlan = 0x88A8;
// Outer tags of equipment older than 802.1ad.
inline constexpr uint16_t kOldQinq = 0x9100;
inline constexpr uint16_t kMpls = 0x8847, kMplsMulticast = 0x8848;
inline constexpr uint16_t kPppoeSession = 0x8864;
inline constexpr uint16_t kEthernet = 0x6558;  // transparent Ethernet bridging
inline constexpr uint16_t kPpp = 0x880B;
inline constexpr uint16_t kErspan = 0x88BE, kErspan3 = 0x22EB;
// Below this the field is a length. Source: IEEE 802.3 3.2.6.
inline constexpr uint16_t kMin = 1536;
inline constexpr uint16_t kLengthMax = 1500;
}  // namespace ether_type

namespace ip_protocol {
inline constexpr uint8_t kIcmp = 1, kIgmp = 2, kIpv4 = 4, kTcp = 6, kUdp = 17, kDccp = 33;
inline constexpr uint8_t kIpv6 = 41, kGre = 47, kAh = 51, kIcmpv6 = 58;
inline constexpr uint8_t kSctp = 132, kUdpLite = 136, kMpls = 137;
// IPv6 extension headers that a walk passes.
inline constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
}  // namespace ip_protocol

namespace ppp_protocol {
inline constexpr uint16_t kIpv4 = 0x0021, kIpv6 = 0x0057, kMpls = 0x0281, kMplsMulticast = 0x0283;
}

namespace udp_port {
// 8472 is what Linux used for VXLAN before 4789 was registered, and what Flannel on Windows uses.
inline constexpr uint16_t kVxlan = 4789, kOldVxlan = 8472, kGeneve = 6081;
}  // namespace udp_port

// Protocols whose headers begin with two ports.
constexpr bool has_ports(uint8_t protocol) {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kDccp || protocol == ip_protocol::kSctp ||
         protocol == ip_protocol::kUdpLite;
}

// ICMP messages that quote a packet: unreachable, quench, redirect, time exceeded, parameter.
constexpr bool is_icmp_error(uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}
// Unreachable, too big, time exceeded, parameter.
constexpr bool is_icmpv6_error(uint8_t type) { return type >= 1 && type <= 4; }

// ICMP messages with an identifier in bytes 4 and 5: echo, timestamp, information, address mask
// and extended echo. Source: RFC 792, RFC 950, RFC 8335.
constexpr bool is_icmp_query(uint8_t type) {
  return type == 0 || type == 8 || (type >= 13 && type <= 18) || type == 42 || type == 43;
}
constexpr bool is_icmpv6_query(uint8_t type) {
  return type == 128 || type == 129 || type == 160 || type == 161;
}

}  // namespace portacl

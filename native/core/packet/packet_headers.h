// What the engine knows of a packet: the outermost IP header group and its transport header.
//
// Filled by parse_headers() from a CaptureRecord; read by every later room. Tunnels are not opened
// here: a condition looks at the outermost header group (docs/SEMANTICS.md, "Headers").
#pragma once

#include <cstdint>

#include "base/ip.h"

namespace portacl {

// How far the parser came. Anything but kOk leaves the fields behind the failure zero.
enum class ParseResult : uint8_t {
  kOk = 0,
  kNotIp,         // ARP, LLDP, 802.3 without SNAP/IP, unknown ethertype …
  kMalformed,     // a header contradicts itself or the packet's own length
  kCutLink,       // the capture ends inside the link-layer headers or before the IP addresses
  kCutTransport,  // addresses and protocol are known, the capture (snap length) ends before
                  // what the transport header must show
};

enum PacketFlag : uint8_t {
  kHasPorts = 1,       // sport and dport are valid (TCP, UDP, SCTP, UDP-Lite, DCCP)
  kFragment = 2,       // any fragment of a larger datagram (atomic IPv6 fragments are not)
  kLaterFragment = 4,  // fragment with a non-zero offset: no transport header
  kIcmpEcho = 8,       // icmp_id is valid: echo request/reply, timestamp and the like
  kIcmpError = 16,     // quoted / quoted_bytes show the packet inside the error
  kHasGreKey = 32,     // gre_key is valid
};

// TCP flag bits as on the wire.
inline constexpr uint8_t kTcpFin = 1, kTcpSyn = 2, kTcpRst = 4, kTcpPsh = 8, kTcpAck = 16,
                         kTcpUrg = 32;

inline constexpr uint64_t kNoMac = ~uint64_t{0};
inline constexpr uint32_t kNoTni = ~uint32_t{0};

struct PacketHeaders {
  IpAddress source;
  IpAddress destination;
  Family family = Family::kNone;
  ParseResult result = ParseResult::kNotIp;
  uint8_t protocol = 0;  // IPv6: the one after the extension headers
  uint8_t flags = 0;     // PacketFlag bits
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t tcp_flags = 0;  // low eight TCP flag bits
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  uint16_t icmp_id = 0;  // echo identifier, with kIcmpEcho
  uint32_t tcp_sequence = 0;
  uint32_t tcp_acknowledgement = 0;
  uint32_t fragment_id = 0;      // IPv4 identification or IPv6 fragment identification
  uint64_t source_mac = kNoMac;  // 48 bits, or kNoMac when the link layer has none
  uint64_t destination_mac = kNoMac;
  uint32_t tni = kNoTni;            // tenant network in the VXLAN or NVGRE header behind these
  uint32_t gre_key = 0;             // with kHasGreKey
  uint16_t vlan = 0;                // of the outermost tag; 0: none
  const uint8_t* quoted = nullptr;  // with kIcmpError: the quoted packet's IP header
  uint32_t quoted_bytes = 0;        // captured bytes from there on
  const PacketHeaders* quoted_headers = nullptr;  // instead of bytes, where there are none
  // Of a tunnel: the packet in it, where the captured bytes do not show it.
  const PacketHeaders* carried = nullptr;

  friend bool operator==(const PacketHeaders&, const PacketHeaders&) = default;
};

}  // namespace portacl

// What nearly every packet of a capture is: Ethernet, IPv4 without options, no fragment, TCP or UDP
// with everything captured and no contradiction. Of such a packet of an open flow the engine needs
// a few bytes only, and takes them here without writing PacketHeaders.
//
// It reads nothing that the walk of header_walk.h reads in another way: parse_test.cc,
// captures_test.cc and the fuzz target hold parse_headers(), which begins here, against the walk.
#pragma once

#include <cstdint>

#include "base/ip.h"
#include "capture/capture_record.h"
#include "packet/packet_headers.h"
#include "packet/protocols.h"

namespace portacl {

struct PlainPacket {
  static constexpr uint32_t kEthernetBytes = 14, kIpv4Bytes = 20, kTcpBytes = 20, kUdpBytes = 8;

  uint32_t source;
  uint32_t destination;
  uint16_t source_port;
  uint16_t destination_port;
  uint8_t protocol;
  uint8_t tcp_flags;  // of UDP kTcpAck, those of a segment that only renews
};

// False for anything else, or where a packet is not what it claims: the walk says what it is then.
inline bool read_plain(const CaptureRecord& record, PlainPacket& out) {
  constexpr uint32_t kEthernet = PlainPacket::kEthernetBytes, kIpv4 = PlainPacket::kIpv4Bytes,
                     kTcp = PlainPacket::kTcpBytes, kUdp = PlainPacket::kUdpBytes;
  const uint8_t* const frame = record.bytes;
  if (record.link_type != kLinkEthernet || record.captured_bytes < kEthernet + kIpv4 + kUdp) {
    return false;
  }
  const uint8_t* const ip = frame + kEthernet;
  const uint32_t total = load_be16(ip + 2);
  const uint32_t rest = record.captured_bytes - kEthernet;
  if (load_be16(frame + 12) != ether_type::kIpv4 || ip[0] != 0x45 || total > rest ||
      (load_be16(ip + 6) & 0x3FFF) != 0) {
    return false;
  }
  const uint8_t* const transport = ip + kIpv4;
  out.protocol = ip[9];
  if (out.protocol == ip_protocol::kTcp) {
    if (total < kIpv4 + kTcp) return false;
    const uint32_t header_bytes = (transport[12] >> 4) * 4u;
    if (header_bytes < kTcp || header_bytes > total - kIpv4) return false;
    out.tcp_flags = transport[13];
  } else if (out.protocol == ip_protocol::kUdp) {
    if (total < kIpv4 + kUdp) return false;
    const uint32_t length = load_be16(transport + 4);
    if (length < kUdp || length > total - kIpv4) return false;
    out.tcp_flags = kTcpAck;
  } else {
    return false;
  }
  out.source = load_be32(ip + 12);
  out.destination = load_be32(ip + 16);
  out.source_port = load_be16(transport);
  out.destination_port = load_be16(transport + 2);
  return true;
}

}  // namespace portacl

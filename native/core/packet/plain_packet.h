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

  uint64_t addresses;  // source in the high half
  uint32_t ports;      // the same
  uint8_t protocol;
  uint8_t tcp_flags;  // of UDP kTcpAck, those of a segment that only renews

  uint32_t source() const { return static_cast<uint32_t>(addresses >> 32); }
  uint32_t destination() const { return static_cast<uint32_t>(addresses); }
  uint16_t source_port() const { return static_cast<uint16_t>(ports >> 16); }
  uint16_t destination_port() const { return static_cast<uint16_t>(ports); }
};

// False for anything else, or where a packet is not what it claims: the walk says what it is then.
// Fields are read a word at a time, and TCP and UDP in one way: which of both comes next nobody can
// predict.
inline bool read_plain(const CaptureRecord& record, PlainPacket& out) {
  constexpr uint32_t kEthernet = PlainPacket::kEthernetBytes, kIpv4 = PlainPacket::kIpv4Bytes,
                     kTcp = PlainPacket::kTcpBytes, kUdp = PlainPacket::kUdpBytes;
  const uint8_t* const frame = record.bytes;
  if (record.link_type != kLinkEthernet || record.captured_bytes < kEthernet + kIpv4) return false;
  const uint8_t* const ip = frame + kEthernet;
  const uint64_t type_to_id = load_be64(frame + 12);      // and version, total length between them
  const uint64_t fragment_to_source = load_be64(ip + 6);  // with time to live and protocol
  if (type_to_id >> 40 != (ether_type::kIpv4 << 8 | 0x45) ||
      (fragment_to_source >> 48 & 0x3FFF) != 0) {
    return false;
  }
  out.protocol = static_cast<uint8_t>(fragment_to_source >> 32);
  const bool is_tcp = out.protocol == ip_protocol::kTcp;
  if (!is_tcp && out.protocol != ip_protocol::kUdp) return false;
  const auto total = static_cast<uint32_t>(type_to_id >> 16 & 0xFFFF);
  const uint32_t header_bytes = is_tcp ? kTcp : kUdp;
  if (total > record.captured_bytes - kEthernet || total < kIpv4 + header_bytes) return false;
  // The length of the header and the flags, or the length of the datagram.
  const uint8_t* const transport = ip + kIpv4;
  const uint32_t claim = load_be16(transport + (is_tcp ? 12 : 4));
  const uint32_t claimed_bytes = is_tcp ? claim >> 12 << 2 : claim;
  if (claimed_bytes < header_bytes || claimed_bytes > total - kIpv4) return false;
  out.tcp_flags = is_tcp ? static_cast<uint8_t>(claim) : uint8_t{kTcpAck};
  out.addresses = load_be64(ip + 12);
  out.ports = load_be32(transport);
  return true;
}

}  // namespace portacl

// What nearly every packet is: IPv4 without options, no fragment, TCP or UDP with everything
// captured and no contradiction; of a capture behind Ethernet, of a session behind nothing. Of such
// a packet of an open flow the engine needs a few bytes only, and takes them here without writing
// PacketHeaders.
//
// It reads nothing that the walk of header_walk.h reads in another way: parse_test.cc,
// captures_test.cc and the fuzz target hold parse_headers(), which begins here, against the walk.
#pragma once

#include <cstdint>

#include "base/ip.h"
#include "capture/capture_record.h"
#include "capture/link_type.h"
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

// Behind the link layer: the IPv4 header at `ip`, `size` bytes of which are captured, at least 20;
// its first byte is 0x45, and the datagram claims `total` bytes. Fields are read a word at a time,
// and TCP and UDP in one way: which of both comes next nobody can predict.
inline bool read_plain_ipv4(const uint8_t* ip, uint32_t size, uint32_t total, PlainPacket& out) {
  constexpr uint32_t kIpv4 = PlainPacket::kIpv4Bytes, kTcp = PlainPacket::kTcpBytes,
                     kUdp = PlainPacket::kUdpBytes;
  const uint64_t fragment_to_source = load_be64(ip + 6);  // with time to live and protocol
  if ((fragment_to_source >> 48 & 0x3FFF) != 0) return false;
  out.protocol = static_cast<uint8_t>(fragment_to_source >> 32);
  const bool is_tcp = out.protocol == ip_protocol::kTcp;
  if (!is_tcp && out.protocol != ip_protocol::kUdp) return false;
  const uint32_t header_bytes = is_tcp ? kTcp : kUdp;
  if (total > size || total < kIpv4 + header_bytes) return false;
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

// False for anything else, or where a packet is not what it claims: the walk says what it is then.
inline bool read_plain(const CaptureRecord& record, PlainPacket& out) {
  constexpr uint32_t kEthernet = PlainPacket::kEthernetBytes, kIpv4 = PlainPacket::kIpv4Bytes;
  const uint8_t* const frame = record.bytes;
  if (record.link_type != kLinkEthernet || record.captured_bytes < kEthernet + kIpv4) return false;
  const uint64_t type_to_id = load_be64(frame + 12);  // and version, total length between them
  if (type_to_id >> 40 != (ether_type::kIpv4 << 8 | 0x45)) return false;
  const auto total = static_cast<uint32_t>(type_to_id >> 16 & 0xFFFF);
  return read_plain_ipv4(frame + kEthernet, record.captured_bytes - kEthernet, total, out);
}

// The same packet without a link layer, as sessions are sent it.
inline bool read_plain_raw(const CaptureRecord& record, PlainPacket& out) {
  const uint8_t* const ip = record.bytes;
  if (record.link_type != kLinkRaw || record.captured_bytes < PlainPacket::kIpv4Bytes) return false;
  if (ip[0] != 0x45) return false;
  return read_plain_ipv4(ip, record.captured_bytes, load_be16(ip + 2), out);
}

}  // namespace portacl

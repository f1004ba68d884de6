// The steps of a header walk above IP. Part of header_walk.h.
//
// A first fragment may end anywhere: of its transport header only the ports must be there. A
// header that is cut by the capture shows what it can before the walk ends.
#pragma once

#include "packet/header_walk.h"

namespace portacl {

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::transport() {
  visitor_.transport(at_, captured_, captured_ == actual_ && !first_fragment_);
  switch (code_) {
    case ip_protocol::kTcp:
      return tcp();
    case ip_protocol::kUdp:
      return udp();
    case ip_protocol::kSctp:
    case ip_protocol::kDccp:
      return ports(12);
    case ip_protocol::kUdpLite:
      return ports(8);
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmpv6:
      return icmp();
    case ip_protocol::kIgmp:
      return igmp();
  }
  if constexpr (!Visitor::kTunnels) {
    if (code_ == ip_protocol::kGre) visitor_.closed_gre(at_, captured_);
  } else {
    switch (code_) {
      case ip_protocol::kAh:
        return authentication();
      case ip_protocol::kGre:
        return Next::kGre;
      case ip_protocol::kIpv4:
        return Next::kIpv4;
      case ip_protocol::kIpv6:
        return Next::kIpv6;
      case ip_protocol::kMpls:
        return Next::kMpls;
    }
  }
  return Next::kEnd;
}

// Source: RFC 9293 3.1. What a verdict needs are the ports and byte 13, the flags.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::tcp() {
  constexpr uint32_t kFixedBytes = 20, kFlagsEnd = 14;
  if (actual_ < kFixedBytes && !first_fragment_) return Next::kMalformed;
  if (!need(4)) return Next::kEnd;
  TcpHeader header{};
  header.shown_bytes = std::min(captured_, kFixedBytes);
  header.source_port = load_be16(at_);
  header.destination_port = load_be16(at_ + 2);
  if (header.shown_bytes >= 8) header.sequence = load_be32(at_ + 4);
  if (header.shown_bytes >= 12) header.acknowledgement = load_be32(at_ + 8);
  if (header.shown_bytes >= 13) {
    header.header_bytes = (at_[12] >> 4) * 4u;
    if (header.header_bytes < kFixedBytes) return Next::kMalformed;
    if (header.header_bytes > actual_ && !first_fragment_) return Next::kMalformed;
    header.payload_bytes = actual_ - std::min(actual_, header.header_bytes);
  }
  if (header.shown_bytes >= kFlagsEnd) header.flags = load_be16(at_ + 12) & 0x0FFF;
  if (header.shown_bytes >= 16) header.window = load_be16(at_ + 14);
  visitor_.tcp(header);
  if (actual_ >= kFlagsEnd) (void)need(kFlagsEnd);
  return Next::kEnd;
}

// Source: RFC 768. Length 0 is a jumbogram's, RFC 2675 4; anywhere else it is below the header.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::udp() {
  constexpr uint32_t kUdpHeaderBytes = 8, kJumboBytesMin = 65536;
  if (actual_ < kUdpHeaderBytes && !first_fragment_) return Next::kMalformed;
  if (!need(4)) return Next::kEnd;
  UdpHeader header{load_be16(at_), load_be16(at_ + 2), 0, captured_ >= 6, nullptr, 0, 0};
  if (header.has_length) {
    header.length = load_be16(at_ + 4);
    const bool jumbo = header.length == 0 && actual_ >= kJumboBytesMin;
    const bool too_short = header.length < kUdpHeaderBytes && !jumbo;
    const bool too_long = header.length > actual_ && !first_fragment_ && !quoted_;
    if ((too_short || too_long) && !visitor_.tolerates(Oddity::kUdpLength)) {
      return Next::kMalformed;
    }
    if (header.length >= kUdpHeaderBytes) narrow(header.length);
  }
  if (captured_ >= kUdpHeaderBytes) {
    header.payload = at_ + kUdpHeaderBytes;
    header.payload_captured = captured_ - kUdpHeaderBytes;
    header.payload_actual = actual_ - kUdpHeaderBytes;
  }
  visitor_.udp(header);
  if constexpr (Visitor::kTunnels) {
    if (captured_ >= kUdpHeaderBytes) {
      advance(kUdpHeaderBytes);
      return above_udp(header.source_port, header.destination_port);
    }
  }
  return Next::kEnd;
}

// SCTP (RFC 9260 3.1), DCCP (RFC 4340 5.1) and UDP-Lite (RFC 3828 3.1) begin like UDP.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ports(uint32_t header_bytes) {
  if (actual_ < header_bytes && !first_fragment_) return Next::kMalformed;
  if (!need(4)) return Next::kEnd;
  visitor_.ports(static_cast<uint8_t>(code_), load_be16(at_), load_be16(at_ + 2));
  return Next::kEnd;
}

// Source: RFC 792, RFC 4443 2.1. A query has its identifier in bytes 4 and 5, an error the quoted
// packet from byte 8 on.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::icmp() {
  const bool version6 = code_ == ip_protocol::kIcmpv6;
  if (!need(4)) return Next::kEnd;
  IcmpHeader header{at_[0], at_[1], false, 0, 0};
  const bool query = version6 ? is_icmpv6_query(header.type) : is_icmp_query(header.type);
  const bool error = version6 ? is_icmpv6_error(header.type) : is_icmp_error(header.type);
  if (query && captured_ >= 8) {
    header.has_identifier = true;
    header.identifier = load_be16(at_ + 4);
    header.sequence = load_be16(at_ + 6);
  }
  visitor_.icmp(static_cast<uint8_t>(code_), header);
  if (!query && !error) return Next::kEnd;
  if (first_fragment_ && actual_ < 8) return Next::kEnd;
  if (!need(8)) return Next::kEnd;
  if (query || quoted_) return Next::kEnd;
  visitor_.quoted(at_ + 8, captured_ - 8);
  if constexpr (Visitor::kTunnels) {
    quote(at_ + 8, captured_ - 8);
    return version6 ? Next::kIpv6 : Next::kIpv4;
  }
  return Next::kEnd;
}

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::igmp() {
  if (!need(1)) return Next::kEnd;
  visitor_.igmp(at_[0]);
  return Next::kEnd;
}

}  // namespace portacl

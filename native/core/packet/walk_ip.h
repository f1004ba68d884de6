// The steps of a header walk through IPv4, IPv6 and its extension headers. Part of header_walk.h.
#pragma once

#include "packet/header_walk.h"

namespace portacl {

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::any_ip() {
  if (!need(1)) return Next::kEnd;
  switch (at_[0] >> 4) {
    case 4:
      return Next::kIpv4;
    case 6:
      return Next::kIpv6;
    default:
      return Next::kNotIp;
  }
}

// Source: RFC 791 3.1.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ipv4() {
  if (!need(20)) return Next::kEnd;
  Ipv4Header header;
  header.bytes = at_;
  header.header_bytes = (at_[0] & 15u) * 4;
  header.total_bytes = load_be16(at_ + 2);
  // Length 0 is what a capture sees of a packet that the network card was going to split (TSO).
  if (header.total_bytes == 0) header.total_bytes = actual_;
  if (at_[0] >> 4 != 4 || header.header_bytes < 20 || header.total_bytes < header.header_bytes) {
    return Next::kMalformed;
  }
  if (header.total_bytes > actual_ && !visitor_.tolerates(Oddity::kIpLongerThanFrame)) {
    return Next::kMalformed;
  }
  const uint16_t fragment = load_be16(at_ + 6);
  header.identification = load_be16(at_ + 4);
  header.dont_fragment = (fragment & 0x4000) != 0;
  header.more_fragments = (fragment & 0x2000) != 0;
  header.fragment_offset = fragment & 0x1FFF;
  header.protocol = at_[9];
  narrow(header.total_bytes);
  visitor_.ipv4(header);
  visitor_.protocol(header.protocol);
  if (header.fragment_offset != 0) return Next::kEnd;
  if (!need(header.header_bytes)) return Next::kEnd;
  advance(header.header_bytes);
  first_fragment_ = header.more_fragments;
  code_ = header.protocol;
  return Next::kTransport;
}

// Whether a hop-by-hop header at the front holds the jumbo payload option, which counts where the
// payload length field is 0. True also when the capture ends inside that header: then the next
// step says so. Each option has a length, save the one-byte padding. Source: RFC 2675 2.
template <class Visitor>
bool HeaderWalk<Visitor>::may_have_jumbo_length() const {
  if (captured_ < 8) return actual_ >= 8;
  const uint32_t end = at_[1] * 8u + 8;
  if (captured_ < end) return actual_ >= end;
  uint32_t i = 2;
  while (i + 1 < end) {
    if (at_[i] == 0xC2) return true;
    i += at_[i] == 0 ? 1 : 2u + at_[i + 1];
  }
  return false;
}

// Source: RFC 8200 3.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ipv6() {
  if (!need(40)) return Next::kEnd;
  if (at_[0] >> 4 != 6) return Next::kMalformed;
  const Ipv6Header header{at_, load_be16(at_ + 4), at_[6]};
  if (header.payload_bytes + 40u > actual_ && !visitor_.tolerates(Oddity::kIpLongerThanFrame)) {
    return Next::kMalformed;
  }
  visitor_.ipv6(header);
  advance(40);
  // Length 0 is a jumbogram, or a packet that the network card was going to split (TSO).
  const bool sized = header.payload_bytes != 0 ||
                     (header.next == ip_protocol::kHopByHop && !may_have_jumbo_length());
  if (sized) narrow(header.payload_bytes);
  first_fragment_ = false;
  extension_count_ = 0;
  code_ = header.next;
  return Next::kExtension;
}

// The extension header that code_ names, or none: then the protocol is found.
// Source: RFC 8200 4.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::extension() {
  switch (code_) {
    case ip_protocol::kHopByHop:
    case ip_protocol::kRouting:
    case ip_protocol::kDestination:
      break;
    case ip_protocol::kFragment:
      return fragment();
    default:
      visitor_.protocol(static_cast<uint8_t>(code_));
      return Next::kTransport;
  }
  if (++extension_count_ > kExtensionHeadersMax) return Next::kMalformed;
  if (!need(8)) return Next::kEnd;
  const uint32_t length = at_[1] * 8u + 8;
  if (!need(length)) return Next::kEnd;
  visitor_.extension(static_cast<uint8_t>(code_), at_[0]);
  code_ = at_[0];
  advance(length);
  return Next::kExtension;
}

// Source: RFC 8200 4.5; offset 0 without more fragments is "atomic", RFC 6946: no fragment at all.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::fragment() {
  if (++extension_count_ > kExtensionHeadersMax) return Next::kMalformed;
  if (!need(8)) return Next::kEnd;
  const uint16_t place = load_be16(at_ + 2);
  const Ipv6Fragment header{load_be32(at_ + 4), static_cast<uint16_t>(place >> 3), at_[0],
                            (place & 1) != 0};
  visitor_.fragment(header);
  code_ = header.next;
  if (header.fragment_offset != 0) {
    visitor_.protocol(header.next);
    return Next::kEnd;
  }
  if (header.more_fragments) first_fragment_ = true;
  advance(8);
  return Next::kExtension;
}

}  // namespace portacl

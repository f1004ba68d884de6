// The steps of a header walk below IP: link layers, tags, labels, PPP. Part of header_walk.h.
#pragma once

#include "capture/link_type.h"
#include "packet/header_walk.h"

namespace portacl {

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::enter(LinkType type) {
  switch (type) {
    case kLinkEthernet:
      return Next::kEthernet;
    case kLinkNull:
    case kLinkLoop:
      return Next::kNull;
    case kLinkPpp:
    case kLinkPppHdlc:
      return Next::kPpp;
    case kLinkPppoe:
      return Next::kPppoe;
    case kLinkRaw:
    case kLinkRawOld:
    case kLinkRawOpenBsd:
    case kLinkIpv4:
    case kLinkIpv6:
      // The version in the packet is believed, whatever the link type says, as tshark does.
      return Next::kAnyIp;
    case kLinkAtmRfc1483:
      return Next::kLlc;
    case kLink80211:
      return Next::kWlan;
    case kLinkRadiotap:
      return Next::kRadiotap;
    case kLinkSll:
      return Next::kSll;
    case kLinkSll2:
      return Next::kSll2;
    default:
      return Next::kNotIp;
  }
}

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ethernet() {
  if (!need(14)) return Next::kEnd;
  const uint16_t type = load_be16(at_ + 12);
  visitor_.ethernet(at_, type);
  advance(14);
  return length_or_type(type);
}

// A field that is an ether type, or below 1536 the length of an 802.3 frame with an LLC header.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::length_or_type(uint16_t type) {
  if (type >= ether_type::kMin) {
    code_ = type;
    return Next::kEtherType;
  }
  if (type > ether_type::kLengthMax) return Next::kNotIp;
  narrow(type);
  return Next::kLlc;
}

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ether_type() {
  switch (code_) {
    case ether_type::kIpv4:
      return Next::kIpv4;
    case ether_type::kIpv6:
      return Next::kIpv6;
    case ether_type::kVlan:
    case ether_type::kProviderVlan:
    case ether_type::kOldQinq:
      return vlan();
    case ether_type::kMpls:
    case ether_type::kMplsMulticast:
      return Next::kMpls;
    case ether_type::kPppoeSession:
      return Next::kPppoe;
    case ether_type::kArp:
      return arp();
    case ether_type::kEthernet:
      return Visitor::kTunnels ? Next::kEthernet : Next::kNotIp;
    case ether_type::kPpp:
      return Next::kPpp;
    default:
      return Next::kNotIp;
  }
}

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::vlan() {
  if (!need(4)) return Next::kEnd;
  const uint16_t type = load_be16(at_ + 2);
  visitor_.vlan(code_, load_be16(at_), type);
  advance(4);
  return length_or_type(type);
}

// The address family of the machine that captured. NULL has it in that machine's byte order, LOOP
// in network order; the numbers are small, so that the order shows by itself. IPv6 has a number
// for each family of BSD systems. A number that is small in neither order has an ether type in its
// last two bytes. Source: ORACLE.md; https://www.tcpdump.org/linktypes.html; tshark packet-null.c
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::null_family() {
  if (!need(4)) return Next::kEnd;
  constexpr uint32_t kFamilyMax = 0xFFFF;
  const uint32_t network_order = load_be32(at_);
  const uint32_t little_endian = static_cast<uint32_t>(at_[3]) << 24 |
                                 static_cast<uint32_t>(at_[2]) << 16 |
                                 static_cast<uint32_t>(at_[1]) << 8 | at_[0];
  const uint32_t family = std::min(network_order, little_endian);
  visitor_.null_family(family);
  code_ = load_be16(at_ + 2);
  advance(4);
  if (family > kFamilyMax) return Next::kEtherType;
  switch (family) {
    case 2:
      return Next::kIpv4;
    case 24:
    case 28:
    case 30:
      return Next::kIpv6;
    default:
      return Next::kNotIp;
  }
}

// Address and control bytes (FF 03) may be left out, and so may the first byte of a protocol number
// below 256, which is then odd. Source: RFC 1661 6.5 and 6.6, RFC 1662.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::ppp() {
  if (!need(1)) return Next::kEnd;
  if (at_[0] == 0xFF) {
    if (!need(2)) return Next::kEnd;
    if (at_[1] == 0x03) advance(2);
    if (!need(1)) return Next::kEnd;
  }
  const bool compressed = (at_[0] & 1) != 0;
  if (!compressed && !need(2)) return Next::kEnd;
  const uint16_t protocol = compressed ? at_[0] : load_be16(at_);
  visitor_.ppp(protocol);
  advance(compressed ? 1 : 2);
  switch (protocol) {
    case ppp_protocol::kIpv4:
      return Next::kIpv4;
    case ppp_protocol::kIpv6:
      return Next::kIpv6;
    case ppp_protocol::kMpls:
    case ppp_protocol::kMplsMulticast:
      return Next::kMpls;
    default:
      return Next::kNotIp;
  }
}

// Version, type, code, session, length; code 0 is a packet of the session. Source: RFC 2516 4.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::pppoe() {
  if (!need(6)) return Next::kEnd;
  const uint8_t code = at_[1];
  const uint16_t length = load_be16(at_ + 4);
  visitor_.pppoe(load_be16(at_ + 2));
  advance(6);
  narrow(length);
  return code == 0 ? Next::kPpp : Next::kNotIp;
}

// Linux "cooked": packet type, device type, address length, address, protocol. For protocol 4 an
// LLC header follows. Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::sll() {
  if (!need(16)) return Next::kEnd;
  code_ = load_be16(at_ + 14);
  visitor_.sll(code_, at_ + 6, load_be16(at_ + 4));
  advance(16);
  return code_ == 4 ? Next::kLlc : Next::kEtherType;
}

// The second form: protocol, reserved, interface, device type, packet type, address length,
// address. Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::sll2() {
  if (!need(20)) return Next::kEnd;
  code_ = load_be16(at_);
  visitor_.sll(code_, at_ + 12, at_[11]);
  advance(20);
  return code_ == 4 ? Next::kLlc : Next::kEtherType;
}

// The flags of a radiotap header, 0 where it has none: they stand behind the words of presence
// bits, which go on as long as their highest bit is set, and behind the time, aligned to 8, where
// bit 0 tells of it. Requires: 8 <= `length` bytes at `header`. Source: https://www.radiotap.org
inline uint8_t radiotap_flags(const uint8_t* header, uint32_t length) {
  constexpr uint8_t kTime = 1, kFlags = 2, kMoreWords = 0x80;
  const uint8_t present = header[4];
  if ((present & kFlags) == 0) return 0;
  uint32_t at = 8;
  while ((header[at - 1] & kMoreWords) != 0) {
    at += 4;
    if (at > length) return 0;
  }
  if ((present & kTime) != 0) at = ((at + 7) & ~7u) + 8;
  return at < length ? header[at] : 0;
}

// Its length counts, and one of its flags: some cards pad the header of the frame behind it to
// words of four bytes. Source: https://www.radiotap.org/fields/Flags.html
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::radiotap() {
  if (!need(8)) return Next::kEnd;
  const uint32_t length = static_cast<uint32_t>(at_[3]) << 8 | at_[2];  // little endian
  if (length < 8) return Next::kMalformed;
  if (!need(length)) return Next::kEnd;
  visitor_.radiotap();
  constexpr uint8_t kHeaderIsPadded = 0x20;
  wlan_padded_ = (radiotap_flags(at_, length) & kHeaderIsPadded) != 0;
  advance(length);
  return Next::kWlan;
}

// A data frame: control, duration, three or four addresses, then quality of service and the high
// throughput field where the control bits say so. Protected frames, aggregates, pieces of a frame
// and all that is not data carry no IP that could be read. Source: IEEE 802.11-2020 9.2.4
// and 9.3.2.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::wlan() {
  if (!need(24)) return Next::kEnd;
  const uint8_t type = at_[0], bits = at_[1];
  const bool to_station = (bits & 2) != 0, to_network = (bits & 1) != 0;
  const bool quality = (type & 0x80) != 0, order = (bits & 0x80) != 0;
  const uint32_t addresses_bytes = 24 + (to_station && to_network ? 6 : 0);
  const uint32_t fields_bytes = addresses_bytes + (quality ? 2 : 0) + (quality && order ? 4 : 0);
  const uint32_t header_bytes = wlan_padded_ ? (fields_bytes + 3) & ~3u : fields_bytes;
  // Another piece follows, or this one is not the first.
  const bool piece = (bits & 4) != 0 || (at_[22] & 0x0F) != 0;
  if ((type & 0x0C) != 0x08 || (type & 0x40) != 0 || (bits & 0x40) != 0 || piece) {
    return Next::kNotIp;
  }
  if (!need(header_bytes)) return Next::kEnd;
  const uint8_t* const source = to_station ? (to_network ? at_ + 24 : at_ + 16) : at_ + 10;
  visitor_.wlan(source, to_network ? at_ + 16 : at_ + 4);
  if (quality && (at_[addresses_bytes] & 0x80) != 0) return Next::kNotIp;
  advance(header_bytes);
  return Next::kLlc;
}

// Unnumbered information of SNAP with the ether type of RFC 1042 or 802.1H, or of IP's own service
// access point. Source: IEEE 802.2, RFC 1042.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::llc() {
  if (!need(3)) return Next::kEnd;
  visitor_.llc(at_[0], at_[1]);
  const uint32_t access_points = load_be16(at_);
  const bool unnumbered = at_[2] == 0x03;
  if (access_points == 0x0606 && unnumbered) {
    advance(3);
    return Next::kIpv4;
  }
  if (access_points != 0xAAAA || !unnumbered) return Next::kNotIp;
  if (!need(8)) return Next::kEnd;
  const uint32_t organisation = load_be32(at_ + 2) & 0x00FFFFFF;
  code_ = load_be16(at_ + 6);
  visitor_.snap(organisation, code_);
  if (organisation != 0 && organisation != 0x0000F8) return Next::kNotIp;
  advance(8);
  return Next::kEtherType;
}

// One label; the last of the stack says so. What follows has no number of its own: the first
// nibble is the version of IP, or no IP follows. Source: RFC 3032 2.1, RFC 4928 3.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::mpls() {
  if (!need(4)) return Next::kEnd;
  const uint32_t entry = load_be32(at_);
  visitor_.mpls(entry >> 12);
  advance(4);
  const bool last = (entry & 0x100) != 0;
  return last ? Next::kAnyIp : Next::kMpls;
}

// Source: RFC 826; hardware Ethernet (1), protocol IPv4, lengths 6 and 4.
template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::arp() {
  if (captured_ >= 28 && load_be32(at_) == 0x00010800 && load_be16(at_ + 4) == 0x0604) {
    visitor_.arp(at_);
  }
  return Next::kNotIp;
}

}  // namespace portacl

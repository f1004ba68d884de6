// One walk over the headers of a packet, told to a visitor: what parse.cc makes PacketHeaders of
// and decode/ prints is the same reading.
//
// The walk is a loop of steps. A step looks at the header at the front of what is left, tells the
// visitor, moves past it and names the next step. Two numbers bound every look:
//
//     captured_  bytes that the file holds from here on
//     actual_    bytes that the packet had on the wire from here on, as far as the headers so far
//                tell; never less than captured_. An IP total length narrows both, so that the
//                padding of a frame is never taken for payload.
//
// A header that needs more than captured_ was cut by the capture when actual_ has room for it, and
// contradicts the packet's own length when it has not: Stop::kCut and Stop::kMalformed.
//
// The visitor's hooks are those of SilentVisitor below, called outermost first; stop() comes last,
// once, and only when the walk did not end by itself. A visitor with kTunnels = false ends after
// the first IP group.
//
// Limits: kHeadersMax steps, kExtensionHeadersMax extension headers of one IPv6 group; a packet
// beyond them counts as malformed, since no real one comes near.
//
// Parts: walk_link.h, walk_ip.h, walk_transport.h, walk_tunnel.h hold the steps.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/ip.h"
#include "capture/capture_record.h"
#include "packet/protocols.h"

namespace portacl {

inline constexpr uint32_t kHeadersMax = 512;
inline constexpr uint32_t kExtensionHeadersMax = 256;

enum class Stop : uint8_t {
  kNotIp,      // a link layer or network protocol that carries no IP or is not read
  kCut,        // the capture ends inside a header
  kMalformed,  // a header contradicts itself or the packet's length
};

// Contradictions after which reading on still makes sense to a person, though not to a filter.
enum class Oddity : uint8_t {
  kIpLongerThanFrame,  // the IP length field exceeds the bytes on the wire
  kUdpLength,          // the UDP length field exceeds the IP payload or is below its own header
};

struct Ipv4Header {
  const uint8_t* bytes;   // 20 of them are there
  uint32_t header_bytes;  // with options
  uint32_t total_bytes;   // with payload; worked out from the frame where the field is 0
  uint16_t identification;
  uint16_t fragment_offset;  // in units of 8 bytes
  uint8_t protocol;
  bool dont_fragment;
  bool more_fragments;
};

struct Ipv6Header {
  const uint8_t* bytes;  // 40 of them are there
  uint16_t payload_bytes;
  uint8_t next;
};

struct Ipv6Fragment {
  uint32_t identification;
  uint16_t fragment_offset;  // in units of 8 bytes
  uint8_t next;
  bool more_fragments;
};

struct TcpHeader {
  uint32_t shown_bytes;  // of the 20 fixed bytes, how many are there: at least 4
  uint16_t source_port;
  uint16_t destination_port;
  uint16_t flags;            // twelve bits; 0 unless 14 bytes are shown
  uint16_t window;           // 0 unless 16 are shown
  uint32_t sequence;         // 0 unless 8 are shown
  uint32_t acknowledgement;  // 0 unless 12 are shown
  uint32_t header_bytes;     // 0 unless 13 are shown
  uint32_t payload_bytes;    // of this packet
};

struct UdpHeader {
  uint16_t source_port;
  uint16_t destination_port;
  uint16_t length;  // 0 unless has_length
  bool has_length;
  const uint8_t* payload;     // of which payload_captured bytes are there,
  uint32_t payload_captured;  // and payload_actual were on the wire
  uint32_t payload_actual;
};

struct IcmpHeader {
  uint8_t type;
  uint8_t code;
  bool has_identifier;
  uint16_t identifier;
  uint16_t sequence;  // of a query, with has_identifier
};

struct GreHeader {
  uint16_t protocol;
  bool has_key;
  uint32_t key;
};

// All hooks, doing nothing: a visitor hides those it wants.
struct SilentVisitor {
  void ethernet(const uint8_t* /*header*/, uint16_t /*type*/) {}
  void vlan(uint16_t /*tag_type*/, uint16_t /*control*/, uint16_t /*type*/) {}
  void mpls(uint32_t /*label*/) {}
  void pppoe(uint16_t /*session*/) {}
  void ppp(uint16_t /*protocol*/) {}
  void sll(uint16_t /*type*/, const uint8_t* /*address*/, uint32_t /*address_bytes*/) {}
  void null_family(uint32_t /*family*/) {}
  void radiotap() {}
  void wlan(const uint8_t* /*source*/, const uint8_t* /*destination*/) {}
  void llc(uint8_t /*destination*/, uint8_t /*source*/) {}  // service access points
  void snap(uint32_t /*organisation*/, uint16_t /*type*/) {}
  void arp(const uint8_t* /*header*/) {}  // 28 bytes of Ethernet and IPv4
  void ipv4(const Ipv4Header&) {}
  void ipv6(const Ipv6Header&) {}
  void extension(uint8_t /*kind*/, uint8_t /*next*/) {}
  void fragment(const Ipv6Fragment&) {}
  // The protocol above IP, once it is known and whether or not it is read further.
  void protocol(uint8_t) {}
  // Its header, with `captured` bytes of the datagram from there on; `whole`: that is all of it.
  void transport(const uint8_t* /*header*/, uint32_t /*captured*/, bool /*whole*/) {}
  void tcp(const TcpHeader&) {}
  void udp(const UdpHeader&) {}
  // SCTP, DCCP and UDP-Lite: their first four bytes.
  void ports(uint8_t /*protocol*/, uint16_t /*source*/, uint16_t /*destination*/) {}
  void icmp(uint8_t /*protocol*/, const IcmpHeader&) {}
  // After an ICMP error: the packet it quotes, `size` captured bytes of it.
  void quoted(const uint8_t* /*bytes*/, uint32_t /*size*/) {}
  void igmp(uint8_t /*type*/) {}
  void authentication(uint8_t /*next*/) {}
  void gre(const GreHeader&) {}
  // GRE and all behind it, `size` captured bytes, to a visitor that enters no tunnels.
  void closed_gre(const uint8_t* /*bytes*/, uint32_t /*size*/) {}
  void erspan() {}
  void vxlan(uint32_t /*vni*/) {}
  void geneve(uint32_t /*vni*/, uint16_t /*type*/) {}
  bool tolerates(Oddity) { return false; }
  void stop(Stop) {}
};

template <class Visitor>
class HeaderWalk {
 public:
  explicit HeaderWalk(Visitor& visitor) : visitor_(visitor) {}

  // From the link layer on. A captured length above the original one is believed: the bytes are
  // there.
  void walk(const CaptureRecord& record) {
    at_ = record.bytes;
    captured_ = record.captured_bytes;
    actual_ = std::max(record.captured_bytes, record.original_bytes);
    run(enter(record.link_type));
  }

  // From an IP header on, of a packet quoted in an ICMP error, of which `size` bytes are there.
  void walk_quoted(Family family, const uint8_t* bytes, uint32_t size) {
    quote(bytes, size);
    run(family == Family::kIpv4 ? Next::kIpv4 : Next::kIpv6);
  }

 private:
  enum class Next : uint8_t {
    kEnd,  // nothing more to read
    kNotIp,
    kMalformed,
    kEthernet,
    kEtherType,  // what code_ says
    kNull,
    kPpp,
    kPppoe,
    kSll,
    kSll2,
    kRadiotap,
    kWlan,
    kLlc,
    kMpls,
    kAnyIp,  // the version nibble decides
    kIpv4,
    kIpv6,
    kExtension,  // what code_ says
    kTransport,  // what code_ says
    kGre,
    kErspan,
    kErspan2,
    kErspan3,
    kVxlan,
    kGeneve,
  };

  void run(Next next);
  Next step(Next next);

  // True when `count` bytes are captured from here on; else the reason is told and the walk ends.
  bool need(uint32_t count) {
    if (captured_ >= count) [[likely]]
      return true;
    visitor_.stop(actual_ >= count ? Stop::kCut : Stop::kMalformed);
    return false;
  }

  // Requires: count <= captured_.
  void advance(uint32_t count) {
    at_ += count;
    captured_ -= count;
    actual_ -= count;
  }

  // What is beyond `count` bytes from here is not part of the packet.
  void narrow(uint32_t count) {
    captured_ = std::min(captured_, count);
    actual_ = std::min(actual_, count);
  }

  // The packet at `bytes` is quoted: how long it was only its own headers tell.
  void quote(const uint8_t* bytes, uint32_t size) {
    at_ = bytes;
    captured_ = size;
    actual_ = kQuotedBytesUnknown;
    quoted_ = true;
  }

  // walk_link.h
  Next enter(LinkType type);
  Next ethernet();
  Next ether_type();
  Next vlan();
  Next length_or_type(uint16_t type);
  Next null_family();
  Next ppp();
  Next pppoe();
  Next sll();
  Next sll2();
  Next radiotap();
  Next wlan();
  Next llc();
  Next mpls();
  Next arp();

  // walk_ip.h
  Next any_ip();
  Next ipv4();
  Next ipv6();
  Next extension();
  Next fragment();
  bool may_have_jumbo_length() const;

  // walk_transport.h
  Next transport();
  Next tcp();
  Next udp();
  Next ports(uint32_t header_bytes);
  Next icmp();
  Next igmp();

  // walk_tunnel.h
  Next above_udp(uint16_t source_port, uint16_t destination_port);
  Next authentication();
  Next gre();
  Next erspan(uint32_t header_bytes);
  Next erspan3();
  Next vxlan();
  Next geneve();

  static constexpr uint32_t kQuotedBytesUnknown = 1u << 30;

  Visitor& visitor_;
  const uint8_t* at_ = nullptr;
  uint32_t captured_ = 0;
  uint32_t actual_ = 0;
  uint16_t code_ = 0;  // ether type, protocol or extension header of the next step
  uint16_t extension_count_ = 0;
  bool first_fragment_ = false;  // of several: the rest of the payload is elsewhere
  bool quoted_ = false;
  bool wlan_padded_ = false;  // the header of the 802.11 frame, as radiotap says
};

template <class Visitor>
void HeaderWalk<Visitor>::run(Next next) {
  for (uint32_t count = 0; count < kHeadersMax; ++count) {
    if (next == Next::kEnd) return;
    if (next == Next::kNotIp) return visitor_.stop(Stop::kNotIp);
    if (next == Next::kMalformed) break;
    next = step(next);
  }
  visitor_.stop(Stop::kMalformed);
}

template <class Visitor>
typename HeaderWalk<Visitor>::Next HeaderWalk<Visitor>::step(Next next) {
  switch (next) {
    case Next::kEthernet:
      return ethernet();
    case Next::kEtherType:
      return ether_type();
    case Next::kNull:
      return null_family();
    case Next::kPpp:
      return ppp();
    case Next::kPppoe:
      return pppoe();
    case Next::kSll:
      return sll();
    case Next::kSll2:
      return sll2();
    case Next::kRadiotap:
      return radiotap();
    case Next::kWlan:
      return wlan();
    case Next::kLlc:
      return llc();
    case Next::kMpls:
      return mpls();
    case Next::kAnyIp:
      return any_ip();
    case Next::kIpv4:
      return ipv4();
    case Next::kIpv6:
      return ipv6();
    case Next::kExtension:
      return extension();
    case Next::kTransport:
      return transport();
    default:
      break;
  }
  if constexpr (Visitor::kTunnels) {
    switch (next) {
      case Next::kGre:
        return gre();
      case Next::kErspan:
        return erspan(0);
      case Next::kErspan2:
        return erspan(8);
      case Next::kErspan3:
        return erspan3();
      case Next::kVxlan:
        return vxlan();
      case Next::kGeneve:
        return geneve();
      default:
        break;
    }
  }
  return Next::kEnd;
}

}  // namespace portacl

#include "packet/walk_ip.h"         // IWYU pragma: export
#include "packet/walk_link.h"       // IWYU pragma: export
#include "packet/walk_transport.h"  // IWYU pragma: export
#include "packet/walk_tunnel.h"     // IWYU pragma: export

// One line a packet, for people:
//
//     7 2023-11-14T22:13:20.000005000Z  10.0.0.1:40000 > 10.0.0.2:80 TCP SYN seq 1000 len 0  (54)
//
// Encapsulations stand in front of what they carry, divided by bars; the number in brackets is the
// length on the wire, "54 of 60" where the capture holds less. What is no IP is named by what the
// last header says of it.

#include <array>
#include <chrono>

#include "base/ip_text.h"
#include "capture/link_type.h"
#include "decode/decode.h"
#include "decode/following.h"
#include "decode/names.h"
#include "packet/header_walk.h"

namespace portacl {

namespace {

// From the lowest bit on. Source: RFC 9293 3.1, RFC 9768 3.1 for AE.
constexpr const char* kTcpFlagNames[] = {"FIN", "SYN", "RST", "PSH", "ACK",
                                         "URG", "ECE", "CWR", "AE"};
constexpr uint16_t kAckBit = 16;

constexpr uint16_t kArpRequest = 1, kArpReply = 2;

const char* extension_name(uint8_t kind) {
  switch (kind) {
    case ip_protocol::kHopByHop:
      return "hop-by-hop";
    case ip_protocol::kRouting:
      return "routing";
    case ip_protocol::kDestination:
      return "destination options";
    default:
      return "AH";
  }
}

// Writes the packet's headers; addresses wait for the ports that belong behind them.
class LineVisitor : public SilentVisitor {
 public:
  static constexpr bool kTunnels = true;

  LineVisitor(TextSink& sink, LinkType link_type) : sink_(sink) {
    if (link_type == kLink80211) follow({Kind::kWlan});
  }

  void ethernet(const uint8_t* header, uint16_t type) {
    header_ = header;
    follow(Following::length_or_type(type));
  }
  void vlan(uint16_t, uint16_t control, uint16_t type) {
    part("vlan ", control & 0x0FFF);
    follow(Following::length_or_type(type));
  }
  void mpls(uint32_t label) {
    part("mpls ", label);
    follow({Kind::kLabelled});
  }
  void pppoe(uint16_t session) { part("pppoe ", session); }
  void ppp(uint16_t protocol) { follow({Kind::kPpp, protocol}); }
  void sll(uint16_t type, const uint8_t*, uint32_t) { follow({Kind::kEtherType, type}); }
  void null_family(uint32_t family) { follow({Kind::kFamily, family}); }
  void radiotap() { follow({Kind::kWlan}); }
  void wlan(const uint8_t*, const uint8_t*) { follow({}); }
  void llc(uint8_t destination, uint8_t) { follow({Kind::kAccessPoint, destination}); }
  void snap(uint32_t organisation, uint16_t type) {
    const bool ether_type = organisation == 0 || organisation == 0x0000F8;
    follow({ether_type ? Kind::kEtherType : Kind::kSnap, type, organisation});
  }
  void arp(const uint8_t* header) {
    const uint16_t operation = load_be16(header + 6);
    if (operation != kArpRequest && operation != kArpReply) {
      part("ARP operation ", operation);
      return;
    }
    const auto sender = load_ipv4(header + 14), target = load_ipv4(header + 24);
    part(operation == kArpRequest ? "ARP who has " : "ARP ");
    append_address(sink_, Family::kIpv4, operation == kArpRequest ? target : sender);
    sink_.append(operation == kArpRequest ? ", tell " : " is at ");
    if (operation == kArpRequest) {
      append_address(sink_, Family::kIpv4, sender);
    } else {
      sink_.append_hex(header + 8, 6, ":");
    }
  }
  void ipv4(const Ipv4Header& header) {
    begin_group(Family::kIpv4, load_ipv4(header.bytes + 12), load_ipv4(header.bytes + 16));
    mark_fragment(header.fragment_offset, header.more_fragments, header.identification);
  }
  void ipv6(const Ipv6Header& header) {
    begin_group(Family::kIpv6, load_ipv6(header.bytes + 8), load_ipv6(header.bytes + 24));
  }
  void extension(uint8_t kind, uint8_t) { add_extension(kind); }
  void fragment(const Ipv6Fragment& header) {
    mark_fragment(header.fragment_offset, header.more_fragments, header.identification);
  }
  // An authentication header before it is one of the names in front of the protocol.
  void authentication(uint8_t) {
    add_extension(ip_protocol::kAh);
    protocol_known_ = false;
  }
  void protocol(uint8_t protocol) {
    protocol_ = protocol;
    protocol_known_ = true;
  }

  void tcp(const TcpHeader& header) {
    write_group(header.source_port, header.destination_port);
    if (header.shown_bytes >= 14) write_flags(header.flags);
    if (header.shown_bytes >= 8) number(" seq ", header.sequence);
    if (header.shown_bytes >= 14 && (header.flags & kAckBit) != 0) {
      number(" ack ", header.acknowledgement);
    }
    if (header.shown_bytes >= 13) number(" len ", header.payload_bytes);
  }
  void udp(const UdpHeader& header) {
    write_group(header.source_port, header.destination_port);
    if (header.has_length) number(" len ", header.length >= 8 ? header.length - 8 : 0);
  }
  void ports(uint8_t, uint16_t source, uint16_t destination) { write_group(source, destination); }
  void icmp(uint8_t protocol, const IcmpHeader& header) {
    write_group();
    const bool version6 = protocol == ip_protocol::kIcmpv6;
    const char* const name =
        version6 ? icmpv6_name(header.type, header.code) : icmp_name(header.type, header.code);
    if (name != nullptr) named(name);
    number(" (type ", header.type);
    number(" code ", header.code);
    sink_.append(')');
    if (!header.has_identifier) return;
    number(" id ", header.identifier);
    number(" seq ", header.sequence);
  }
  void quoted(const uint8_t*, uint32_t) { quoted_ = true; }
  void igmp(uint8_t type) {
    write_group();
    if (const char* const name = igmp_name(type)) return named(name);
    number(" type ", type);
  }
  void gre(const GreHeader& header) {
    write_group();
    sink_.append(' ');
    append_ether_type(sink_, header.protocol);
    if (header.has_key) number(" key ", header.key);
  }
  void vxlan(uint32_t vni) { part("vxlan ", vni); }
  void geneve(uint32_t vni, uint16_t type) {
    part("geneve ", vni);
    follow({Kind::kEtherType, type});
  }
  bool tolerates(Oddity) { return true; }
  void stop(Stop reason) {
    if (reason == Stop::kNotIp || quoted_) return;
    end_ = reason == Stop::kCut ? " (cut)" : " (malformed)";
  }

  void finish() {
    write_group();
    if (following_.any()) {
      write_following();
    } else if (!any_) {
      part("no header");
    }
    sink_.append(end_);
  }

 private:
  using Kind = Following::Kind;
  static constexpr size_t kExtensionsShown = 8;

  void follow(const Following& following) {
    write_group();
    following_ = following;
  }
  void begin_group(Family family, const IpAddress& source, const IpAddress& destination) {
    write_group();
    following_ = {};
    header_ = nullptr;
    waiting_ = true;
    family_ = family;
    source_ = source;
    destination_ = destination;
    protocol_known_ = false;
    fragment_ = false;
    extension_count_ = 0;
  }
  void add_extension(uint8_t kind) {
    if (extension_count_ < kExtensionsShown) extensions_[extension_count_] = kind;
    ++extension_count_;
  }
  // Of several headers the first that tells of pieces is shown.
  void mark_fragment(uint16_t offset, bool more, uint32_t identification) {
    if (fragment_) return;
    fragment_ = offset != 0 || more;
    fragment_more_ = more;
    fragment_bytes_ = offset * 8u;
    fragment_id_ = identification;
  }

  // The addresses that wait, with ports where they are known.
  void write_group() { write_group(-1, -1); }
  void write_group(int source_port, int destination_port) {
    if (!waiting_) return;
    waiting_ = false;
    part(quoted_ ? "about " : "");
    write_end(source_, source_port);
    sink_.append(" > ");
    write_end(destination_, destination_port);
    sink_.append(' ');
    write_protocol();
    if (fragment_) write_fragment();
  }
  // The extension headers, and the protocol where the chain was read to its end.
  void write_protocol() {
    for (size_t i = 0; i < std::min(extension_count_, kExtensionsShown); ++i) {
      if (i != 0) sink_.append(", ");
      sink_.append(extension_name(extensions_[i]));
    }
    if (extension_count_ > kExtensionsShown) sink_.append(", …");
    if (!protocol_known_) {
      if (extension_count_ == 0) sink_.append(family_ == Family::kIpv4 ? "IPv4" : "IPv6");
      return;
    }
    if (extension_count_ != 0) sink_.append(", ");
    if (const char* const name = protocol_name(protocol_)) return sink_.append(name);
    number("protocol ", protocol_);
  }
  void write_fragment() {
    if (fragment_bytes_ == 0) return number(" first fragment of ", fragment_id_);
    number(fragment_more_ ? " fragment of " : " last fragment of ", fragment_id_);
    number(" at ", fragment_bytes_);
  }
  void write_end(const IpAddress& address, int port) {
    const bool brackets = port >= 0 && family_ == Family::kIpv6;
    if (brackets) sink_.append('[');
    append_address(sink_, family_, address);
    if (brackets) sink_.append(']');
    if (port < 0) return;
    sink_.append(":");
    sink_.append_number(port);
  }
  void write_flags(uint16_t flags) {
    char separator = ' ';
    for (size_t bit = 0; bit < std::size(kTcpFlagNames); ++bit) {
      if ((flags >> bit & 1) == 0) continue;
      sink_.append(separator);
      sink_.append(kTcpFlagNames[bit]);
      separator = '+';
    }
    if (separator == ' ') sink_.append(" no flags");
  }

  // Of a packet, or of what a tunnel carries, that is no IP.
  void write_following() {
    const Following last = following_;
    part("");
    if (header_ != nullptr) {
      sink_.append_hex(header_ + 6, 6, ":");
      sink_.append(" > ");
      sink_.append_hex(header_, 6, ":");
      sink_.append(' ');
    }
    last.write(sink_);
  }

  void number(const char* name, uint32_t value) {
    sink_.append(name);
    sink_.append_number(value);
  }
  void named(const char* name) {
    sink_.append(' ');
    sink_.append(name);
  }
  void part(const char* text) {
    write_group();
    following_ = {};
    if (any_) sink_.append(" | ");
    any_ = true;
    sink_.append(text);
  }
  void part(const char* text, uint32_t value) {
    part(text);
    sink_.append_number(value);
  }

  TextSink& sink_;
  const char* end_ = "";
  const uint8_t* header_ = nullptr;  // of Ethernet, when no IP has followed
  Following following_;
  bool any_ = false;
  bool quoted_ = false;

  // The IP header group that waits to be written.
  bool waiting_ = false;
  Family family_ = Family::kNone;
  IpAddress source_, destination_;
  uint8_t protocol_ = 0;
  bool protocol_known_ = false;
  std::array<uint8_t, kExtensionsShown> extensions_;
  size_t extension_count_ = 0;
  bool fragment_ = false;
  bool fragment_more_ = false;
  uint32_t fragment_bytes_ = 0;
  uint32_t fragment_id_ = 0;
};

// In universal time, to the nanosecond.
void append_date(TextSink& sink, int64_t time_ns) {
  using namespace std::chrono;
  if (time_ns == kNoTime) return sink.append("-");
  // By whole seconds: the first day that 64 bits hold begins before the first nanosecond.
  const auto second = floor<seconds>(sys_time<nanoseconds>{nanoseconds{time_ns}});
  const auto day = floor<days>(second);
  const year_month_day date{day};
  const hh_mm_ss clock{second - day};
  const auto two = [&sink](char before, auto value) {
    sink.append(before);
    sink.append_padded(static_cast<uint64_t>(value), 2);
  };
  sink.append_number(static_cast<int>(date.year()));
  two('-', static_cast<unsigned>(date.month()));
  two('-', static_cast<unsigned>(date.day()));
  two('T', clock.hours().count());
  two(':', clock.minutes().count());
  two(':', clock.seconds().count());
  sink.append('.');
  constexpr int64_t kSecond = 1'000'000'000;
  sink.append_padded(static_cast<uint64_t>((time_ns % kSecond + kSecond) % kSecond), 9);
  sink.append('Z');
}

}  // namespace

void decode_text(const CaptureRecord& record, TextSink& sink) {
  sink.append_number(record.frame);
  sink.append(' ');
  append_date(sink, record.time_ns);
  sink.append("  ");
  LineVisitor visitor(sink, record.link_type);
  HeaderWalk<LineVisitor>(visitor).walk(record);
  visitor.finish();
  sink.append("  (");
  if (record.captured_bytes != record.original_bytes) {
    sink.append_number(record.captured_bytes);
    sink.append(" of ");
  }
  sink.append_number(record.original_bytes);
  sink.append(")\n");
}

}  // namespace portacl

// One line a packet, for people:
//
//     7 2023-11-14T22:13:20.000005000Z  10.0.0.1:40000 > 10.0.0.2:80 TCP SYN seq 1000 len 0  (54)
//
// Encapsulations stand in front of what they carry, divided by bars; the number in brackets is the
// length on the wire, "54 of 60" where the capture holds less.

#include <chrono>

#include "base/ip_text.h"
#include "decode/decode.h"
#include "packet/header_walk.h"

namespace portacl {

namespace {

struct Named {
  uint8_t number;
  const char* name;
};

constexpr Named kProtocolNames[] = {
    {0, "HOPOPT"},   {1, "ICMP"},  {2, "IGMP"},  {4, "IPv4"},   {6, "TCP"},    {17, "UDP"},
    {33, "DCCP"},    {41, "IPv6"}, {47, "GRE"},  {50, "ESP"},   {51, "AH"},    {58, "ICMPv6"},
    {59, "no next"}, {89, "OSPF"}, {103, "PIM"}, {112, "VRRP"}, {132, "SCTP"}, {136, "UDP-Lite"},
};

constexpr Named kTcpFlagNames[] = {{2, "SYN"}, {16, "ACK"}, {1, "FIN"},
                                   {4, "RST"}, {8, "PSH"},  {32, "URG"}};

void append_protocol(TextSink& sink, uint8_t protocol) {
  for (const Named& row : kProtocolNames) {
    if (row.number == protocol) return sink.append(row.name);
  }
  sink.append("protocol ");
  sink.append_number(protocol);
}

// Writes the packet's headers; addresses wait for the ports that belong behind them.
class LineVisitor : public SilentVisitor {
 public:
  static constexpr bool kTunnels = true;

  explicit LineVisitor(TextSink& sink) : sink_(sink) {}

  void ethernet(const uint8_t* header, uint16_t type) {
    header_ = header;
    type_ = type;
  }
  void vlan(uint16_t, uint16_t control, uint16_t) { part("vlan ", control & 0x0FFF); }
  void mpls(uint32_t label) { part("mpls ", label); }
  void pppoe(uint16_t session) { part("pppoe ", session); }
  void arp(const uint8_t* header) {
    part(load_be16(header + 6) == 1 ? "ARP who has " : "ARP reply, ");
    append_address(sink_, Family::kIpv4, load_ipv4(header + 24));
    sink_.append(load_be16(header + 6) == 1 ? ", asks " : " is told by ");
    append_address(sink_, Family::kIpv4, load_ipv4(header + 14));
  }
  void ipv4(const Ipv4Header& header) {
    begin_group(Family::kIpv4, load_ipv4(header.bytes + 12), load_ipv4(header.bytes + 16));
    mark_fragment(header.fragment_offset, header.more_fragments, header.identification);
  }
  void ipv6(const Ipv6Header& header) {
    begin_group(Family::kIpv6, load_ipv6(header.bytes + 8), load_ipv6(header.bytes + 24));
  }
  void fragment(const Ipv6Fragment& header) {
    mark_fragment(header.fragment_offset, header.more_fragments, header.identification);
  }
  void protocol(uint8_t protocol) { protocol_ = protocol; }

  void tcp(const TcpHeader& header) {
    write_group(header.source_port, header.destination_port);
    if (header.shown_bytes >= 14) {
      char separator = ' ';
      for (const Named& row : kTcpFlagNames) {
        if ((header.flags & row.number) == 0) continue;
        sink_.append(separator);
        sink_.append(row.name);
        separator = '+';
      }
    }
    if (header.shown_bytes >= 8) number(" seq ", header.sequence);
    if (header.shown_bytes >= 13) number(" len ", header.payload_bytes);
  }
  void udp(const UdpHeader& header) {
    write_group(header.source_port, header.destination_port);
    if (header.has_length) number(" len ", header.length >= 8 ? header.length - 8 : 0);
  }
  void ports(uint8_t, uint16_t source, uint16_t destination) { write_group(source, destination); }
  void icmp(uint8_t, const IcmpHeader& header) {
    write_group();
    number(" type ", header.type);
    number(" code ", header.code);
    if (header.has_identifier) number(" id ", header.identifier);
  }
  void quoted(const uint8_t*, uint32_t) { quoted_ = true; }
  void igmp(uint8_t type) {
    write_group();
    number(" type ", type);
  }
  void gre(const GreHeader& header) {
    write_group();
    if (header.has_key) number(" key ", header.key);
  }
  void erspan() { part("erspan"); }
  void vxlan(uint32_t vni) { part("vxlan ", vni); }
  void geneve(uint32_t vni) { part("geneve ", vni); }
  bool tolerates(Oddity) { return true; }
  void stop(Stop reason) {
    if (reason == Stop::kNotIp || quoted_) return;
    end_ = reason == Stop::kCut ? " (cut)" : " (malformed)";
  }

  void finish() {
    write_group();
    if (!any_ && header_ != nullptr) {
      part("");
      sink_.append_hex(header_ + 6, 6, ":");
      sink_.append(" > ");
      sink_.append_hex(header_, 6, ":");
      const uint8_t type[] = {static_cast<uint8_t>(type_ >> 8), static_cast<uint8_t>(type_)};
      sink_.append(type_ >= ether_type::kMin ? " type 0x" : " length 0x");
      sink_.append_hex(type, 2);
    } else if (!any_) {
      part("no IP");
    }
    sink_.append(end_);
  }

 private:
  void begin_group(Family family, const IpAddress& source, const IpAddress& destination) {
    write_group();
    waiting_ = true;
    family_ = family;
    source_ = source;
    destination_ = destination;
    protocol_ = 0;
    fragment_ = false;
  }
  void mark_fragment(uint16_t offset, bool more, uint32_t identification) {
    fragment_ = offset != 0 || more;
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
    append_protocol(sink_, protocol_);
    if (!fragment_) return;
    number(" fragment ", fragment_id_);
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
  void number(const char* name, uint32_t value) {
    sink_.append(name);
    sink_.append_number(value);
  }
  void part(const char* text) {
    write_group();
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
  const uint8_t* header_ = nullptr;  // Ethernet
  uint16_t type_ = 0;
  bool any_ = false;
  bool quoted_ = false;
  bool waiting_ = false;
  Family family_ = Family::kNone;
  IpAddress source_, destination_;
  uint8_t protocol_ = 0;
  bool fragment_ = false;
  uint32_t fragment_bytes_ = 0;
  uint32_t fragment_id_ = 0;
};

// In universal time, to the nanosecond.
void append_date(TextSink& sink, int64_t time_ns) {
  using namespace std::chrono;
  if (time_ns == kNoTime) return sink.append("-");
  const sys_time<nanoseconds> time{nanoseconds{time_ns}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
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
  sink.append_padded(static_cast<uint64_t>(clock.subseconds().count()), 9);
  sink.append('Z');
}

}  // namespace

void decode_text(const CaptureRecord& record, TextSink& sink) {
  sink.append_number(record.frame);
  sink.append(' ');
  append_date(sink, record.time_ns);
  sink.append("  ");
  LineVisitor visitor(sink);
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

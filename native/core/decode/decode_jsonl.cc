// One JSON object a packet, with the layer names and fields of tshark that the test data fixes.
// Source: interfaces.md section 3; ORACLE.md of the capture collection.

#include "base/ip_text.h"
#include "decode/decode.h"
#include "packet/header_walk.h"

namespace portacl {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

// The name of an IPv6 extension header.
const char* extension_name(uint8_t kind) {
  switch (kind) {
    case ip_protocol::kHopByHop:
      return "ipv6.hopopts";
    case ip_protocol::kRouting:
      return "ipv6.routing";
    default:
      return "ipv6.dstopts";
  }
}

const char* ports_name(uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kSctp:
      return "sctp";
    case ip_protocol::kDccp:
      return "dccp";
    default:
      return "udplite";
  }
}

// Writes the list of layers.
class LayersVisitor : public SilentVisitor {
 public:
  static constexpr bool kTunnels = true;

  explicit LayersVisitor(TextSink& sink) : sink_(sink) {}

  bool cut() const { return cut_; }
  bool malformed() const { return malformed_; }

  void ethernet(const uint8_t* header, uint16_t type) {
    begin("eth");
    mac_field("src", header + 6);
    mac_field("dst", header);
    type_field(type);
    end();
  }
  void vlan(uint16_t tag_type, uint16_t control, uint16_t type) {
    begin(tag_type == ether_type::kProviderVlan ? "ieee8021ad" : "vlan");
    field("id", control & 0x0FFF);
    type_field(type);
    end();
  }
  void mpls(uint32_t label) { layer("mpls", "label", label); }
  void pppoe(uint16_t session) { layer("pppoes", "session", session); }
  void ppp(uint16_t protocol) { layer("ppp", "proto", protocol); }
  void sll(uint16_t type, const uint8_t*, uint32_t) { layer("sll", "type", type); }
  void null_family(uint32_t family) { layer("null", "family", family); }
  void radiotap() { layer("radiotap"); }
  void wlan(const uint8_t*, const uint8_t*) { layer("wlan"); }
  void llc(uint8_t, uint8_t) { layer("llc"); }
  void arp(const uint8_t* header) {
    begin("arp");
    field("op", load_be16(header + 6));
    address_field("spa", Family::kIpv4, load_ipv4(header + 14));
    address_field("tpa", Family::kIpv4, load_ipv4(header + 24));
    end();
  }
  void ipv4(const Ipv4Header& header) {
    begin("ip");
    field("hlen", header.header_bytes);
    field("len", header.total_bytes);
    field("id", header.identification);
    field("df", header.dont_fragment ? 1 : 0);
    field("mf", header.more_fragments ? 1 : 0);
    field("frag", header.fragment_offset);
    field("ttl", header.bytes[8]);
    field("proto", header.protocol);
    address_field("src", Family::kIpv4, load_ipv4(header.bytes + 12));
    address_field("dst", Family::kIpv4, load_ipv4(header.bytes + 16));
    end();
  }
  void ipv6(const Ipv6Header& header) {
    begin("ipv6");
    field("plen", header.payload_bytes);
    field("nxt", header.next);
    field("hlim", header.bytes[7]);
    address_field("src", Family::kIpv6, load_ipv6(header.bytes + 8));
    address_field("dst", Family::kIpv6, load_ipv6(header.bytes + 24));
    end();
  }
  void extension(uint8_t kind, uint8_t next) { layer(extension_name(kind), "nxt", next); }
  void fragment(const Ipv6Fragment& header) {
    begin("ipv6.fraghdr");
    field("nxt", header.next);
    field("frag", header.fragment_offset);
    field("mf", header.more_fragments ? 1 : 0);
    field("id", header.identification);
    end();
  }
  void tcp(const TcpHeader& header) {
    begin("tcp");
    field("sport", header.source_port);
    field("dport", header.destination_port);
    if (header.shown_bytes >= 14) field("flags", header.flags);
    if (header.shown_bytes >= 8) field("seq", header.sequence);
    if (header.shown_bytes >= 12) field("ack", header.acknowledgement);
    if (header.shown_bytes >= 16) field("win", header.window);
    if (header.shown_bytes >= 13) {
      field("hlen", header.header_bytes);
      if (!quoted_) field("len", header.payload_bytes);
    }
    end();
  }
  void udp(const UdpHeader& header) {
    begin("udp");
    field("sport", header.source_port);
    field("dport", header.destination_port);
    if (header.has_length) field("len", header.length);
    end();
  }
  void ports(uint8_t protocol, uint16_t source, uint16_t destination) {
    begin(ports_name(protocol));
    field("sport", source);
    field("dport", destination);
    end();
  }
  void icmp(uint8_t protocol, const IcmpHeader& header) {
    begin(protocol == ip_protocol::kIcmpv6 ? "icmpv6" : "icmp");
    field("type", header.type);
    field("code", header.code);
    end();
  }
  void quoted(const uint8_t*, uint32_t) { quoted_ = true; }
  void igmp(uint8_t type) { layer("igmp", "type", type); }
  void authentication(uint8_t next) { layer("ah", "nxt", next); }
  void gre(const GreHeader& header) {
    begin("gre");
    field("proto", header.protocol);
    if (header.has_key) field("key", header.key);
    end();
  }
  void erspan() { layer("erspan"); }
  void vxlan(uint32_t vni) { layer("vxlan", "vni", vni); }
  void geneve(uint32_t vni, uint16_t) { layer("geneve", "vni", vni); }

  // A person wants to see what is there all the same.
  bool tolerates(Oddity) { return true; }

  // A quoted packet ends where the message that quotes it chose to end.
  void stop(Stop reason) {
    if (quoted_) return;
    cut_ = reason == Stop::kCut;
    malformed_ = reason == Stop::kMalformed;
  }

 private:
  void begin(const char* name) {
    sink_.append(any_ ? ",{\"p\":\"" : "{\"p\":\"");
    sink_.append(name);
    sink_.append('"');
    any_ = true;
  }
  void end() { sink_.append(quoted_ ? ",\"emb\":1}" : "}"); }

  void key(const char* name) {
    sink_.append(",\"");
    sink_.append(name);
    sink_.append("\":");
  }
  void field(const char* name, uint32_t value) {
    key(name);
    sink_.append_number(value);
  }
  void address_field(const char* name, Family family, const IpAddress& address) {
    key(name);
    sink_.append('"');
    append_address(sink_, family, address);
    sink_.append('"');
  }
  void mac_field(const char* name, const uint8_t* bytes) {
    key(name);
    sink_.append('"');
    sink_.append_hex(bytes, 6, ":");
    sink_.append('"');
  }
  // A length in the place of the type is none.
  void type_field(uint16_t type) {
    if (type >= ether_type::kMin) field("type", type);
  }

  void layer(const char* name) {
    begin(name);
    end();
  }
  void layer(const char* name, const char* field_name, uint32_t value) {
    begin(name);
    field(field_name, value);
    end();
  }

  TextSink& sink_;
  bool any_ = false;
  bool quoted_ = false;
  bool cut_ = false;
  bool malformed_ = false;
};

// Seconds and nanoseconds since 1970; empty for a packet without time.
void append_time(TextSink& sink, int64_t time_ns) {
  sink.append("\"t\":\"");
  if (time_ns != kNoTime) {
    if (time_ns < 0) sink.append('-');
    const uint64_t magnitude =
        time_ns < 0 ? 0 - static_cast<uint64_t>(time_ns) : static_cast<uint64_t>(time_ns);
    sink.append_number(magnitude / kNsPerSecond);
    sink.append('.');
    sink.append_padded(magnitude % kNsPerSecond, 9);
  }
  sink.append('"');
}

}  // namespace

void decode_jsonl(const CaptureRecord& record, TextSink& sink) {
  sink.append("{\"i\":");
  sink.append_number(record.frame);
  sink.append(',');
  append_time(sink, record.time_ns);
  sink.append(",\"cap\":");
  sink.append_number(record.captured_bytes);
  sink.append(",\"len\":");
  sink.append_number(record.original_bytes);
  if (record.section != 0) {
    sink.append(",\"sec\":");
    sink.append_number(record.section);
    sink.append(",\"if\":");
    sink.append_number(record.interface_index);
  }
  sink.append(",\"layers\":[");
  LayersVisitor visitor(sink);
  HeaderWalk<LayersVisitor>(visitor).walk(record);
  sink.append(']');
  if (visitor.cut()) sink.append(",\"short\":1");
  if (visitor.malformed()) sink.append(",\"malformed\":1");
  sink.append("}\n");
}

}  // namespace portacl

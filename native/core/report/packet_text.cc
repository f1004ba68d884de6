#include "report/packet_text.h"

#include "base/ip_text.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

void append_protocol(StringSink& sink, uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp:
      return sink.append(std::string_view("TCP"));
    case ip_protocol::kUdp:
      return sink.append(std::string_view("UDP"));
    case ip_protocol::kIcmp:
      return sink.append(std::string_view("ICMP"));
    case ip_protocol::kIcmpv6:
      return sink.append(std::string_view("ICMPv6"));
    default:
      sink.append(std::string_view("protocol "));
      sink.append_number(protocol);
  }
}

void append_side(StringSink& sink, const PacketHeaders& packet, const IpAddress& address,
                 uint16_t port) {
  const bool has_ports = (packet.flags & kHasPorts) != 0;
  const bool bracket = has_ports && packet.family == Family::kIpv6;
  if (bracket) sink.append('[');
  append_address(sink, packet.family, address);
  if (bracket) sink.append(']');
  if (!has_ports) return;
  sink.append(':');
  sink.append_number(port);
}

void append_tcp_flags(StringSink& sink, uint8_t flags) {
  struct Name {
    uint8_t bit;
    std::string_view name;
  };
  constexpr Name kNames[] = {{kTcpSyn, " SYN"},
                             {kTcpFin, " FIN"},
                             {kTcpRst, " RST"},
                             {kTcpPsh, " PSH"},
                             {kTcpAck, " ACK"}};
  for (const auto& [bit, name] : kNames) {
    if (flags & bit) sink.append(name);
  }
}

}  // namespace

std::string packet_text(const PacketHeaders& packet) {
  if (packet.family == Family::kNone) return "not IP";
  StringSink sink;
  append_protocol(sink, packet.protocol);
  sink.append(' ');
  append_side(sink, packet, packet.source, packet.source_port);
  sink.append(std::string_view(" > "));
  append_side(sink, packet, packet.destination, packet.destination_port);
  const bool icmp =
      packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6;
  if (packet.flags & kLaterFragment) {
    sink.append(std::string_view(" fragment"));
  } else if (packet.protocol == ip_protocol::kTcp) {
    append_tcp_flags(sink, packet.tcp_flags);
  } else if (icmp) {
    sink.append(std::string_view(" type "));
    sink.append_number(packet.icmp_type);
    sink.append(std::string_view(" code "));
    sink.append_number(packet.icmp_code);
  }
  return sink.text();
}

}  // namespace portacl

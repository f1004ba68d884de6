#include "report/firewall_log.h"

#include <algorithm>
#include <utility>

#include "base/ip_text.h"
#include "packet/header_walk.h"
#include "packet/parse.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

constexpr std::string_view kHeader[] = {"#Version: 1.5", "#Software: Microsoft Windows Firewall",
                                        "#Time Format: Local"};
constexpr std::string_view kFields =
    "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn "
    "tcpack tcpwin icmptype icmpcode info path";
constexpr uint8_t kTcpUrg = 32;
// How long Windows waits for the pieces of a datagram. Source: docs/SEMANTICS.md 5.3.
constexpr int64_t kPiecesNs = 60'000'000'000;
// Without a packet either way a flow of the host to itself ends. Source: windows-firewall.md 6.2.
constexpr int64_t kLoopbackIdleNs = 60'000'000'000;

// What lines tell of a packet beside its PacketHeaders.
class LogVisitor : public SilentVisitor {
 public:
  static constexpr bool kTunnels = false;

  void ipv4(const Ipv4Header& header) {
    size = header.total_bytes;
    set_place(header.fragment_offset, header.more_fragments);
  }
  // Source: windows-firewall.md 8.2, rule 2.
  void ipv6(const Ipv6Header& header) { size = header.payload_bytes + 40u; }
  // A whole datagram has no fragment header.
  void fragment(const Ipv6Fragment& header) {
    set_place(header.fragment_offset, header.more_fragments);
    if (offset != 0 || more) size -= 8;
  }
  void tcp(const TcpHeader& header) { window = header.window; }

  uint32_t size = 0;    // of the IP packet
  uint32_t offset = 0;  // bytes of the datagram before this piece
  uint16_t window = 0;
  bool more = false;

 private:
  void set_place(uint16_t units, bool more_fragments) {
    offset = units * 8u;
    more = more_fragments;
  }
};

LogVisitor visit(const CaptureRecord& record) {
  LogVisitor visitor;
  HeaderWalk<LogVisitor>(visitor).walk(record);
  return visitor;
}

// Drops that are the firewall's own. What the stack throws away before or behind it is not logged,
// nor what stealth hides. Source: windows-firewall.md 6.3, 6.8, 8.2 rule 6. Assumption: W9.
bool is_logged_drop(const Verdict& verdict) {
  if (verdict.outcome != Outcome::kDrop || verdict.stage != Stage::kHost) return false;
  return verdict.rule != kNoRow || verdict.reason == Reason::kIndeterminate;
}

void append_protocol(TextSink& text, uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp:
      return text.append(std::string_view("TCP"));
    case ip_protocol::kUdp:
      return text.append(std::string_view("UDP"));
    // Source: windows-firewall.md 6.5, of both families.
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmpv6:
      return text.append(std::string_view("ICMP"));
    default:
      text.append_number(protocol);
  }
}

constexpr uint8_t flag_of(char letter) {
  switch (letter) {
    case 'F':
      return kTcpFin;
    case 'S':
      return kTcpSyn;
    case 'R':
      return kTcpRst;
    case 'A':
      return kTcpAck;
    case 'P':
      return kTcpPsh;
    case 'U':
      return kTcpUrg;
    default:
      return 0;
  }
}

// `letters` in the order in which they are written. Source: windows-firewall.md 8.2, rule 3.
// Assumption: W23.
void append_flags(TextSink& text, std::string_view letters, uint8_t flags) {
  bool any = false;
  for (const char letter : letters) {
    if (!(flags & flag_of(letter))) continue;
    text.append(letter);
    any = true;
  }
  if (!any) text.append('-');
}

// tcpflags to tcpwin. Source: windows-firewall.md 8.2: inbound drops alone have a packet at hand.
void append_tcp(TextSink& text, std::string_view letters, const PacketHeaders& packet,
                bool has_packet, uint16_t window) {
  if (packet.protocol != ip_protocol::kTcp) return text.append(std::string_view(" - - - -"));
  text.append(' ');
  append_flags(text, letters, has_packet ? packet.tcp_flags : uint8_t{0});
  for (const uint32_t number :
       {packet.tcp_sequence, packet.tcp_acknowledgement, uint32_t{window}}) {
    text.append(' ');
    text.append_number(has_packet ? number : 0);
  }
}

void append_icmp(TextSink& text, const PacketHeaders& packet) {
  if (packet.protocol != ip_protocol::kIcmp && packet.protocol != ip_protocol::kIcmpv6) {
    return text.append(std::string_view(" - -"));
  }
  for (const uint8_t number : {packet.icmp_type, packet.icmp_code}) {
    text.append(' ');
    text.append_number(number);
  }
}

// Of TCP: whether the segment asks for a connection.
bool is_opening(const PacketHeaders& packet) {
  return (packet.tcp_flags & (kTcpSyn | kTcpAck | kTcpRst)) == kTcpSyn;
}

// One for all pieces of a datagram.
FlowKey datagram_key(const VerdictRecord& verdict, const PacketHeaders& packet) {
  PacketHeaders shown;
  shown.family = packet.family;
  shown.source = packet.source;
  shown.destination = packet.destination;
  shown.source_port = static_cast<uint16_t>(packet.fragment_id >> 16);
  shown.destination_port = static_cast<uint16_t>(packet.fragment_id);
  shown.flags = kHasPorts;
  FlowKey key;
  set_flow_key(key, shown, verdict.direction, verdict.endpoint);
  key.scope |= packet.protocol;
  return key;
}

}  // namespace

FirewallLog::FirewallLog(TextSink& sink, FirewallLogForm form, uint64_t hash_secret)
    : sink_(sink),
      form_(std::move(form)),
      seed_(hash_secret),
      attempts_(kAttemptsMax, seed_),
      loopbacks_(kLoopbacksMax, seed_) {
  const auto put_header = [&](std::string_view line, std::string_view more = {}) {
    sink_.append(line);
    sink_.append(more);
    sink_.append(line_end());
  };
  for (const std::string_view line : kHeader) put_header(line);
  put_header(kFields, form_.has_pid ? " pid" : "");
  put_header({});
}

std::string_view FirewallLog::line_end() const { return form_.ends_bare ? "\n" : "\r\n"; }

void FirewallLog::write(const JudgedBatch& batch) {
  capture_ = batch.capture;
  headers_.resize(batch.packets.size());
  parse_headers(batch.packets, headers_);
  for (const VerdictRecord& verdict : batch.verdicts) {
    if (verdict.time_ns != kNoTime) time_ns_ = verdict.time_ns;
    const CaptureRecord& record = batch.packets[verdict.packet_index];
    const PacketHeaders& packet = headers_[verdict.packet_index];
    if (verdict.endpoint == kNoRow) {
      if (form_.has_loopback) put_loopback(verdict, record, packet);
      continue;
    }
    if (packet.flags & kLaterFragment) {
      note_piece(verdict, record, packet);
    } else if (is_logged(verdict, packet) && is_told(verdict, packet)) {
      put(line_of(verdict, record, packet));
    }
  }
  write_front(false);
}

bool FirewallLog::is_logged(const VerdictRecord& verdict, const PacketHeaders& packet) const {
  const uint8_t logs = form_.endpoints[verdict.endpoint];
  if (verdict.verdict.host_flow_made) return (logs & kLogsAllowed) != 0;
  return (logs & kLogsDropped) != 0 && is_logged_drop(verdict.verdict) &&
         is_logged_kind(verdict.direction, packet);
}

// Whether drops of such packets are logged. Source: windows-firewall.md questions 9 and 10.
// Assumption: W23, W24.
bool FirewallLog::is_logged_kind(Direction direction, const PacketHeaders& packet) const {
  switch (packet.protocol) {
    case ip_protocol::kTcp:
      return form_.tcp_drops == LoggedTcp::kAll || is_opening(packet);
    case ip_protocol::kUdp:
      return true;
    default:
      return direction == Direction::kOut || form_.other_drops != LoggedOthers::kNone;
  }
}

// Whether a packet is told of: again, only what came in or is no connection.
// Source: windows-firewall.md 6.8.
bool FirewallLog::is_told(const VerdictRecord& verdict, const PacketHeaders& packet) {
  const bool is_attempt = verdict.direction == Direction::kOut &&
                          verdict.verdict.outcome == Outcome::kDrop &&
                          packet.protocol == ip_protocol::kTcp;
  if (!is_attempt) return true;
  FlowKey key;
  set_flow_key(key, packet, verdict.direction, verdict.endpoint);
  if (uint32_t* const sequence = attempts_.find(key)) {
    return std::exchange(*sequence, packet.tcp_sequence) != packet.tcp_sequence;
  }
  attempts_.add(key, packet.tcp_sequence);
  return true;
}

// Both ends authorise what the host sends to itself. Source: windows-firewall.md 5.2 point 5, 8.2
// rule 4. Assumption: W15.
void FirewallLog::put_loopback(const VerdictRecord& verdict, const CaptureRecord& record,
                               const PacketHeaders& packet) {
  const Reason reason = verdict.verdict.reason;
  if (reason != Reason::kLoopback && reason != Reason::kOwnAddress) return;
  if ((packet.flags & kLaterFragment) || !is_new_loopback(packet)) return;
  VerdictRecord told = verdict;
  for (const Direction direction : {Direction::kOut, Direction::kIn}) {
    told.direction = direction;
    put(line_of(told, record, packet));
  }
}

// Whether a packet of the host to itself begins a flow. One of TCP begins with a SYN.
bool FirewallLog::is_new_loopback(const PacketHeaders& packet) {
  // Told to the socket, not authorised. Source: windows-firewall.md 6.5.
  if (packet.flags & kIcmpError) return false;
  const bool is_tcp = packet.protocol == ip_protocol::kTcp;
  const bool is_open = !is_tcp || is_opening(packet);
  FlowKey there, back;
  set_flow_key(there, packet, Direction::kOut, 0);
  set_flow_key(back, packet, Direction::kIn, 0);
  if (LoopbackNote* const note = loopbacks_.find(back); note != nullptr && !is_tcp) {
    if (time_ns_ - std::exchange(note->time_ns, time_ns_) <= kLoopbackIdleNs) return false;
  }
  if (LoopbackNote* const note = loopbacks_.find(there)) {
    const LoopbackNote before = std::exchange(*note, LoopbackNote{time_ns_, packet.tcp_sequence});
    if (is_tcp) return is_open && before.sequence != packet.tcp_sequence;
    return time_ns_ - before.time_ns > kLoopbackIdleNs;
  }
  if (is_open) loopbacks_.add(there, {time_ns_, packet.tcp_sequence});
  return is_open;
}

FirewallLog::Line FirewallLog::line_of(const VerdictRecord& verdict, const CaptureRecord& record,
                                       const PacketHeaders& packet) const {
  // What the host stage let out and the switch dropped afterwards. Assumption: W10.
  const bool is_drop = verdict.verdict.outcome == Outcome::kDrop && !verdict.verdict.host_flow_made;
  const bool has_ports =
      packet.protocol == ip_protocol::kTcp || packet.protocol == ip_protocol::kUdp;
  const bool has_packet = is_drop && verdict.direction == Direction::kIn &&
                          (has_ports || form_.other_drops == LoggedOthers::kLength);
  const LogVisitor seen = visit(record);
  Line line;
  line.time_ns = time_ns_;
  StringSink text;
  append_local_time(text, time_ns_, form_.zone);
  text.append(std::string_view(is_drop ? " DROP " : " ALLOW "));
  append_protocol(text, packet.protocol);
  for (const IpAddress* const address : {&packet.source, &packet.destination}) {
    text.append(' ');
    append_address(text, packet.family, *address);
  }
  // Source: windows-firewall.md 8.1: of TCP and UDP alone.
  for (const uint16_t port : {packet.source_port, packet.destination_port}) {
    text.append(' ');
    if (has_ports) {
      text.append_number(port);
    } else {
      text.append('-');
    }
  }
  text.append(' ');
  line.before_size = text.text();
  if (has_packet) {
    line.size = seen.size;
    line.is_whole = !seen.more;
    if (seen.more) line.datagram = datagram_key(verdict, packet);
  }
  StringSink rest;
  append_tcp(rest, form_.flags, packet, has_packet, seen.window);
  append_icmp(rest, packet);
  rest.append(std::string_view(verdict.direction == Direction::kIn ? " - RECEIVE" : " - SEND"));
  if (form_.has_pid) rest.append(std::string_view(" -"));
  if (form_.is_traced) put_trace(rest, verdict);
  rest.append(line_end());
  line.after_size = rest.text();
  return line;
}

// Capture, frame, endpoint, rule (NONE for none) and reason: numbers and rows of the program.
void FirewallLog::put_trace(TextSink& text, const VerdictRecord& verdict) const {
  const auto put_number = [&](uint64_t number) {
    text.append(' ');
    text.append_number(number);
  };
  put_number(capture_);
  put_number(verdict.frame);
  put_number(verdict.endpoint);
  put_number(verdict.verdict.rule);
  put_number(static_cast<uint8_t>(verdict.verdict.reason));
}

void FirewallLog::put(Line line) {
  if (line.is_whole && waiting_.empty()) return write_line(line);
  waiting_.push_back(std::move(line));
  if (waiting_.size() > kWaitingMax) {
    waiting_.front().is_whole = true;
    write_front(false);
  }
}

void FirewallLog::write_line(const Line& line) {
  sink_.append(line.before_size);
  sink_.append_number(line.size);
  sink_.append(line.after_size);
}

// A piece of a datagram whose line may wait for it. Source: windows-firewall.md 8.2, rule 2.
void FirewallLog::note_piece(const VerdictRecord& verdict, const CaptureRecord& record,
                             const PacketHeaders& packet) {
  if (waiting_.empty()) return;
  const FlowKey key = datagram_key(verdict, packet);
  const auto line = std::ranges::find_if(
      waiting_, [&](const Line& one) { return !one.is_whole && one.datagram == key; });
  if (line == waiting_.end()) return;
  const LogVisitor seen = visit(record);
  line->size = std::max(line->size, seen.offset + seen.size);
  line->is_whole = !seen.more;
}

// Writes the lines at the front that wait for nothing, or for too long.
void FirewallLog::write_front(bool all) {
  while (!waiting_.empty()) {
    const Line& line = waiting_.front();
    if (!all && !line.is_whole && time_ns_ - line.time_ns < kPiecesNs) return;
    write_line(line);
    waiting_.pop_front();
  }
}

void FirewallLog::finish() { write_front(true); }

}  // namespace portacl

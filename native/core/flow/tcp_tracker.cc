#include "flow/tcp_tracker.h"

#include <algorithm>

namespace portacl {
namespace {

bool completes_handshake(const FlowState& flow, const PacketHeaders& packet, bool from_opener) {
  return flow.tcp == TcpState::kSynAck && from_opener &&
         (packet.tcp_flags & (kTcpSyn | kTcpAck)) == kTcpAck &&
         // Cumulative: what acknowledges more acknowledges the SYN too.
         static_cast<int32_t>(packet.tcp_acknowledgement - (flow.responder_sequence + 1)) >= 0;
}

// Source: docs/SEMANTICS.md 5.2, rows "established" and "closing".
FlowEvent take_fin(FlowState& flow, bool from_opener) {
  const TcpState mine = from_opener ? TcpState::kClosingOpener : TcpState::kClosingResponder;
  const TcpState other = from_opener ? TcpState::kClosingResponder : TcpState::kClosingOpener;
  if (flow.tcp == TcpState::kEstablished) {
    flow.tcp = mine;
    return FlowEvent::kClosing;
  }
  if (flow.tcp == other) {
    flow.tcp = TcpState::kTimeWait;
    return FlowEvent::kClosed;
  }
  return FlowEvent::kNone;
}

}  // namespace

uint32_t tcp_idle_ms(TcpState state, const TcpTimers& timers) {
  switch (state) {
    case TcpState::kSyn:
    case TcpState::kSynAck:
      return timers.half_open_ms;
    case TcpState::kTimeWait:
      return timers.time_wait_ms;
    case TcpState::kReset:
      return timers.reset_ms;
    default:
      return timers.open_ms;
  }
}

FlowEvent open_tcp(FlowState& flow, const PacketHeaders& packet, const TcpTimers& timers,
                   int64_t now_ns) {
  const bool syn = tcp_opening(packet.tcp_flags) == TcpOpening::kSyn;
  flow.tcp = syn ? TcpState::kSyn : TcpState::kEstablished;
  flow.idle_ms = tcp_idle_ms(flow.tcp, timers);
  flow.deadline_ns = after_ms(now_ns, flow.idle_ms);
  return syn ? FlowEvent::kNew : FlowEvent::kMidstream;
}

FlowEvent advance_tcp(FlowState& flow, const PacketHeaders& packet, bool from_opener,
                      const TcpTimers& timers, int64_t now_ns) {
  if (flow.tcp == TcpState::kReset) return FlowEvent::kNone;  // not renewed
  if (packet.tcp_flags & kTcpRst) {
    flow.tcp = TcpState::kReset;
    flow.deadline_ns = std::min(flow.deadline_ns, after_ms(now_ns, timers.reset_ms));
    return FlowEvent::kReset;
  }
  FlowEvent event = FlowEvent::kNone;
  if (!from_opener && (packet.tcp_flags & (kTcpSyn | kTcpAck)) == (kTcpSyn | kTcpAck) &&
      (flow.tcp == TcpState::kSyn || flow.tcp == TcpState::kSynAck)) {
    flow.tcp = TcpState::kSynAck;
    flow.responder_sequence = packet.tcp_sequence;
  } else if (completes_handshake(flow, packet, from_opener)) {
    flow.tcp = TcpState::kEstablished;
    flow.verified = true;
    event = FlowEvent::kEstablished;
  }
  if (packet.tcp_flags & kTcpFin) {
    const FlowEvent fin = take_fin(flow, from_opener);
    if (fin != FlowEvent::kNone) event = fin;
  }
  flow.idle_ms = tcp_idle_ms(flow.tcp, timers);
  flow.deadline_ns = after_ms(now_ns, flow.idle_ms);
  return event;
}

}  // namespace portacl

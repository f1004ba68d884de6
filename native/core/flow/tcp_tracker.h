// The life of a TCP connection in one stage: it decides deadlines and events, never a drop.
// Source: docs/SEMANTICS.md 5.1 (timers), 5.2 (the table); vfp.md 4.3; windows-firewall.md 6.3.
#pragma once

#include <cstdint>

#include "flow/layer_flow.h"
#include "packet/packet_headers.h"

namespace portacl {

struct TcpTimers {
  uint32_t half_open_ms;
  uint32_t open_ms;  // established and one FIN seen
  uint32_t time_wait_ms;
  uint32_t reset_ms;
};

// How a TCP packet meets a layer that has no flow for it.
enum class TcpOpening : uint8_t { kSyn, kReset, kMidstream };

inline TcpOpening tcp_opening(uint8_t tcp_flags) {
  if (tcp_flags & kTcpRst) return TcpOpening::kReset;
  return (tcp_flags & (kTcpSyn | kTcpAck)) == kTcpSyn ? TcpOpening::kSyn : TcpOpening::kMidstream;
}

// Flags that no end of a connection sends, by what two widely used trackers agree on: SYN with FIN
// or RST; without SYN and ACK anything but a bare RST. Source: docs/semantics/state.md 1 (S1).
constexpr bool has_invalid_flags(uint8_t tcp_flags) {
  if (tcp_flags & kTcpSyn) return (tcp_flags & (kTcpFin | kTcpRst)) != 0;
  if (tcp_flags & kTcpAck) return false;
  return (tcp_flags & (kTcpRst | kTcpFin | kTcpUrg)) != kTcpRst;
}

// Whether a TCP packet with these flags may only renew: it neither opens, closes nor resets, and is
// not invalid. `tcp_flags` of what is not TCP is kTcpAck here.
constexpr bool is_plain_segment(uint8_t tcp_flags) {
  return (tcp_flags & (kTcpSyn | kTcpFin | kTcpRst | kTcpAck)) == kTcpAck;
}

// Whether a packet of a live flow changes nothing but its deadline, to now + idle_ms: all but those
// that open, acknowledge an opening, close or reset. advance_tcp() says the same of it, slower.
inline bool only_renews(const FlowState& flow, const PacketHeaders& packet) {
  if (flow.tcp == TcpState::kNotTcp) return true;
  if (packet.tcp_flags & (kTcpSyn | kTcpFin | kTcpRst)) return false;
  return flow.tcp != TcpState::kSynAck && flow.tcp != TcpState::kReset;
}

// The life of a flow after a packet that leaves it in that state.
uint32_t tcp_idle_ms(TcpState state, const TcpTimers& timers);

// State, idle time and deadline of a flow that `packet` makes. Returns kNew or kMidstream.
FlowEvent open_tcp(FlowState& flow, const PacketHeaders& packet, const TcpTimers& timers,
                   int64_t now_ns);

// Takes a packet of the flow in: state, deadline. Returns what it changed, or kNone.
FlowEvent advance_tcp(FlowState& flow, const PacketHeaders& packet, bool from_opener,
                      const TcpTimers& timers, int64_t now_ns);

}  // namespace portacl

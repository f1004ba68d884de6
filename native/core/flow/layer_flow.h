// The state one layer keeps of one flow: the pair of VFP's layer flows in one record, since without
// address rewriting both directions have the same local and remote side.
// Source: vfp.md 3.3, 4.3; docs/SEMANTICS.md 5.
#pragma once

#include <cstdint>
#include <limits>

#include "flow/flow_key.h"
#include "flow/flow_table.h"
#include "program/layout.h"

namespace portacl {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// What is looked at when a flow is found, made or ended.
struct LayerFlow {
  FlowKey key;
  uint32_t expiry_next = kNoFlow;  // chain of the expiry wheel
  uint32_t expiry_previous = kNoFlow;
  uint32_t expiry_bucket = kNoFlow;  // bucket whose chain holds it
  uint32_t unified = kNoFlow;        // entry of the unified flow table that names this flow
};

// What every packet of the flow touches: half a cache line.
struct alignas(32) FlowState {
  int64_t deadline_ns = kNever;  // engine time at which the flow is gone
  uint64_t id = 0;               // flow id, from 1
  uint32_t rule = kNoRow;        // row that let it in
  uint32_t idle_ms = 0;          // life after a packet in its present state; kIdleNever: no limit
  uint32_t responder_sequence = 0;  // TCP: sequence number of the responder's SYN
  TcpState tcp = TcpState::kNotTcp;
  Direction opener = Direction::kOut;  // direction of the packet that made it
  bool verified = false;               // TCP: the whole handshake was seen
};
static_assert(sizeof(FlowState) == 32);

// The answers' side of a flow in a layer that translates.
struct Mirror {
  FlowKey key;
  uint32_t flow = kNoFlow;
};

using LayerFlowTable = FlowTable<LayerFlow, FlowState>;

inline constexpr uint32_t kIdleNever = 0xFFFFFFFF;

constexpr int64_t after_ms(int64_t now_ns, uint32_t ms) {
  return ms == kIdleNever ? kNever : now_ns + static_cast<int64_t>(ms) * 1'000'000;
}

// Whether a new connection may take the place of this one. Source: docs/SEMANTICS.md 5.2.
constexpr bool is_closing(TcpState state) {
  return state == TcpState::kTimeWait || state == TcpState::kReset;
}

}  // namespace portacl

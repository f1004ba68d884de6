// The way of one packet through the stages of one endpoint, before anything is changed by it.
#pragma once

#include <cstdint>

#include "flow/flow_table.h"
#include "flow/tcp_tracker.h"
#include "verdict/verdict.h"

namespace portacl {

constexpr Direction opposite(Direction direction) {
  return direction == Direction::kIn ? Direction::kOut : Direction::kIn;
}

struct WalkStep {
  uint32_t layer;     // row, kNoRow for a switch stage without layers
  uint32_t rule;      // row that decided or that made the flow; kNoRow for neither
  uint32_t flow;      // flow of this layer that the packet belongs to, or kNoFlow
  uint32_t assumed;   // row whose unknown condition could turn the answer, or kNoRow
  uint32_t replaces;  // closing flow whose place a new one would take, or kNoFlow
  Stage stage;
  Reason reason;
  bool allowed;
  bool has_say;
  bool makes_flow;
  bool from_rules;  // a row of the rule table decided, and would again for this key
  bool ended;       // the packet ended its flow
};

struct Walk {
  FlowKey key;         // of the packet, owned by the endpoint
  uint64_t tuple = 0;  // tuple_hash() of the key, the same for every owner
  WalkStep steps[kEndpointLayersMax + 2];
  uint32_t step_count = 0;
  TcpOpening opening = TcpOpening::kSyn;
  uint32_t unified_hash = 0;   // of the key
  uint32_t unified = kNoFlow;  // entry of the key in the unified flow table, if there is one
  bool from_unified = false;   // the steps were kept there

  bool allowed() const { return steps[step_count - 1].allowed; }
};

}  // namespace portacl

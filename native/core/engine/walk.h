// The way of one packet through the stages of one endpoint, before anything is changed by it.
#pragma once

#include <cstdint>

#include "flow/flow_table.h"
#include "flow/tcp_tracker.h"
#include "verdict/verdict.h"

namespace portacl {

struct WalkStep {
  uint32_t layer;     // row, kNoRow for a switch stage without layers
  uint32_t rule;      // row that decided or that made the flow; kNoRow for neither
  uint32_t flow;      // flow of this layer that the packet belongs to, or kNoFlow
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
  WalkStep steps[kEndpointLayersMax + 2];
  uint32_t step_count = 0;
  TcpOpening opening = TcpOpening::kSyn;
  bool from_unified = false;

  bool allowed() const { return steps[step_count - 1].allowed; }
};

}  // namespace portacl

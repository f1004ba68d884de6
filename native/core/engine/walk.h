// The way of one packet through the stages of one endpoint, before anything is changed by it.
#pragma once

#include <cstdint>

#include "capture/capture_record.h"
#include "flow/flow_load.h"
#include "flow/flow_table.h"
#include "flow/tcp_tracker.h"
#include "flow/transposition.h"
#include "packet/packet_headers.h"
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
  FlowLimit full;   // with Reason::kFlowLimit
  uint8_t entry;    // passage that it came with, in a walk that transposes
};

// A packet on its way between two layers. Headers inside it point into it: it does not move.
struct Passage {
  PacketHeaders packet;
  PacketHeaders quoted;   // of an ICMP error about a flow that is transposed
  PacketHeaders carried;  // of a packet that was put into another
  FlowKey key;
  uint64_t tuple = 0;
};

// How a packet comes to an endpoint that was captured otherwise.
struct Arrival {
  StackTransposition sum;  // from as it was captured
  CaptureRecord shown;     // the captured packet, without the headers that are gone
};

// What a layer found that took the outer headers off a packet.
enum class Inside : uint8_t {
  kRead,      // a packet, or no layer has done so
  kRefused,   // what the next stage with a say refuses
  kUnjudged,  // what nobody judges
  kLater,     // a later fragment, whose first one answers for it
};

struct Walk {
  FlowKey key;         // of the packet, as the layers so far left it, owned by the endpoint
  uint64_t tuple = 0;  // tuple_hash() of the key, the same for every owner
  WalkStep steps[kEndpointLayersMax + 2];
  uint32_t step_count = 0;
  TcpOpening opening = TcpOpening::kSyn;
  uint32_t unified_hash = 0;   // of the key
  uint32_t unified = kNoFlow;  // entry of the key in the unified flow table, if there is one
  bool from_unified = false;   // the steps were kept there
  bool translates = false;     // the endpoint has a layer that may rewrite; see translate.cc
  bool keeps = true;           // the unified flow table may hold walks of the endpoint
  bool transposed = false;     // a layer has rewritten: Engine::passages_ begins with the packet
  uint8_t passage = 0;         // of these, the one that `key` is of
  uint8_t opened = 0;          // of these, what a tunnel carried; 0: nothing
  Inside inside = Inside::kRead;
  Reason inside_reason = Reason::kRule;  // with kRefused and kUnjudged

  bool allowed() const { return steps[step_count - 1].allowed; }
};

// The flow that a verdict names, and what the packet did to it, from what it did to each.
// The first flow that the packet belongs to gives both; flows made beside it share its id.
struct NamedFlow {
  uint64_t id = 0;  // 0: none yet
  FlowEvent event = FlowEvent::kNone;

  void found(uint64_t flow, FlowEvent change) {
    if (id != 0) return;
    id = flow;
    event = change;
  }
  // A flow that was made, under the id there is or else under the next.
  void made(FlowEvent change, uint64_t next_id) {
    // A pick-up is marked also where another stage has the flow still. Source:
    // docs/SEMANTICS.md 5.2.
    const bool marked = change == FlowEvent::kMidstream && event == FlowEvent::kNone;
    if (id == 0 || marked) event = change;
    if (id == 0) id = next_id;
  }
};

}  // namespace portacl

// What is said of one packet at one endpoint; a row of `--packets`. Source: docs/SEMANTICS.md 6.
#pragma once

#include <cstdint>

#include "program/layout.h"

namespace portacl {

struct Verdict {
  Outcome outcome = Outcome::kPass;
  Stage stage = Stage::kNone;  // that dropped, or the last one passed that has a say
  Reason reason = Reason::kNoEndpoint;
  FlowEvent flow_event = FlowEvent::kNone;
  uint32_t rule = kNoRow;       // row that decided, a default included
  uint32_t layer = kNoRow;      // layer that decided
  uint32_t departure = kNoRow;  // of Engine::departures(), where the packet was rewritten
  uint64_t flow = 0;            // flow id from 1; 0 is none
  bool host_flow_made = false;  // the host stage let a flow in with this packet
};

struct VerdictRecord {
  uint64_t frame;         // of the packet, from 1
  int64_t time_ns;        // since 1970, or kNoTime
  uint32_t endpoint;      // row, or kNoRow
  uint32_t packet_index;  // of the packet in its batch
  Direction direction;    // meaningless without an endpoint
  Verdict verdict;
};

}  // namespace portacl

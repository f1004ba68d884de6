// What an engine counted. Source: docs/SEMANTICS.md 7.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "program/layout.h"
#include "verdict/verdict.h"

namespace portacl {

// Of one row of the rule table, defaults included.
struct RuleCounter {
  uint64_t packets = 0;
  uint64_t bytes = 0;        // on the wire
  uint64_t flows = 0;        // made by the row
  uint64_t first_frame = 0;  // the smallest number; 0: never hit
  uint64_t last_frame = 0;   // the largest
  // Packets judged by the rules whose verdict a condition of this row that nothing settles could
  // turn. Source: docs/semantics/firewall.md 4.
  uint64_t assumed = 0;
  // Flows of other rows that live on under this one after a change of policy.
  uint64_t taken_over = 0;

  // `frame` is the newest of the packets; it need not be the newest of all.
  void add(uint64_t more_packets, uint64_t more_bytes, uint64_t frame) {
    if (packets == 0 || frame < first_frame) first_frame = frame;
    if (frame > last_frame) last_frame = frame;
    packets += more_packets;
    bytes += more_bytes;
  }

  // What another counter of the same row has seen.
  void add(const RuleCounter& more) {
    if (more.packets != 0) {
      first_frame = packets == 0 ? more.first_frame : std::min(first_frame, more.first_frame);
      last_frame = std::max(last_frame, more.last_frame);
    }
    packets += more.packets;
    bytes += more.bytes;
    flows += more.flows;
    assumed += more.assumed;
    taken_over += more.taken_over;
  }
};

struct PacketCounter {
  uint64_t packets = 0;
  uint64_t bytes = 0;

  void add(uint64_t more_packets, uint64_t more_bytes) {
    packets += more_packets;
    bytes += more_bytes;
  }
};

// Verdicts of one endpoint that no row of the rule table gave: those that one gave are counted
// there.
struct EndpointReasonCounter {
  uint64_t endpoint = 0;
  uint64_t direction = 0;
  uint64_t outcome = 0;
  uint64_t stage = 0;
  uint64_t reason = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t first_frame = 0;
};

inline constexpr uint32_t kOutcomes = kOutcomeCount;
inline constexpr uint32_t kStages = 3;

struct Counters {
  std::vector<RuleCounter> rules;  // by row
  // By endpoint, direction and outcome.
  std::vector<PacketCounter> endpoints;
  // By outcome, stage and reason; packets that nobody judges stand under stage none.
  PacketCounter reasons[kOutcomes][kStages][kReasonCount];
  // By those, in the order of their first packet; few, so each is found by its key.
  std::vector<EndpointReasonCounter> endpoint_reasons;
  std::unordered_map<uint64_t, uint32_t> endpoint_reason_index;
  uint64_t packets = 0;  // read, each once however many endpoints judge it
  uint64_t bytes = 0;
  uint64_t records = 0;  // verdicts given
  uint64_t flows = 0;    // flow ids given out
  uint64_t fragment_overflows = 0;

  PacketCounter& reason(Outcome outcome, Stage stage, Reason reason) {
    return reasons[static_cast<size_t>(outcome)][static_cast<size_t>(stage)]
                  [static_cast<size_t>(reason)];
  }
  EndpointReasonCounter& endpoint_reason(uint32_t row, Direction direction,
                                         const Verdict& verdict) {
    const uint64_t key = uint64_t{row} << 32 | static_cast<uint64_t>(direction) << 24 |
                         static_cast<uint64_t>(verdict.outcome) << 16 |
                         static_cast<uint64_t>(verdict.stage) << 8 |
                         static_cast<uint64_t>(verdict.reason);
    const auto [entry, is_new] =
        endpoint_reason_index.try_emplace(key, static_cast<uint32_t>(endpoint_reasons.size()));
    if (is_new) {
      endpoint_reasons.push_back(
          {row, static_cast<uint64_t>(direction), static_cast<uint64_t>(verdict.outcome),
           static_cast<uint64_t>(verdict.stage), static_cast<uint64_t>(verdict.reason)});
    }
    return endpoint_reasons[entry->second];
  }
  // Adds to the row of its kind; where there is none yet, it is put behind the others.
  void add(const EndpointReasonCounter& more) {
    Verdict verdict;
    verdict.outcome = static_cast<Outcome>(more.outcome);
    verdict.stage = static_cast<Stage>(more.stage);
    verdict.reason = static_cast<Reason>(more.reason);
    EndpointReasonCounter& row = endpoint_reason(static_cast<uint32_t>(more.endpoint),
                                                 static_cast<Direction>(more.direction), verdict);
    if (row.first_frame == 0) row.first_frame = more.first_frame;
    row.packets += more.packets;
    row.bytes += more.bytes;
  }
  PacketCounter& endpoint(uint32_t row, Direction direction, Outcome outcome) {
    return endpoints[(row * 2 + static_cast<uint32_t>(direction)) * kOutcomes +
                     static_cast<uint32_t>(outcome)];
  }
};

}  // namespace portacl

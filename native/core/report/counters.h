// What an engine counted. Source: docs/SEMANTICS.md 7.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "program/layout.h"
#include "program/program.h"
#include "report/condition_values.h"
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

// What a layer of a port did in one direction, and its flows. Source: vfp.md 4.1, 8.2;
// docs/semantics/state.md 4. src/report/layer-counters.ts names the numbers in this order.
struct LayerCounter {
  // Packets, by their direction; one of these, the drops of no_match aside, for each that came to
  // the layer.
  uint64_t flow_match = 0;
  uint64_t rule_match = 0;  // a rule let it through
  uint64_t rule_drop = 0;
  uint64_t no_match = 0;       // a default decided
  uint64_t no_match_drop = 0;  // of these, by dropping
  uint64_t exempt = 0;         // let through by neither: related, neighbour discovery
  uint64_t refused = 0;        // dropped by neither: invalid, non-SYN, limit …
  // Flows, by the direction of the packet that made them.
  uint64_t made[3] = {};  // by FlowClass
  uint64_t ended[3] = {};
  // TCP connections among them.
  uint64_t verified = 0;            // handshake seen
  uint64_t midstream = 0;           // picked up without one
  uint64_t half_open_timeouts = 0;  // ended by their idle time, by the state they were in
  uint64_t timed_out = 0;
  uint64_t expired_time_wait = 0;
  uint64_t closed_by_fin = 0;
  uint64_t resets = 0;
  uint64_t reset_by_syn = 0;  // a new SYN took the place of a closed one
  // Packets that lacked room for a flow, by the limit: of all, half-open, and by FlowClass.
  uint64_t limit_drops[5] = {};
  // Later fragments: their first was let through, or dropped, by this layer last; or is not known.
  uint64_t fragment_match = 0;
  uint64_t fragment_drop = 0;
  uint64_t fragment_no_match = 0;  // counted as refused too
};

// TCP packets of an endpoint by their flags; not those of later fragments.
struct TcpPacketCounter {
  uint64_t syn = 0;
  uint64_t syn_ack = 0;
  uint64_t fin = 0;
  uint64_t rst = 0;
};

// Sums of structures that are 64-bit numbers alone.
template <class Counter>
void add_words(Counter& into, const Counter& from) {
  constexpr size_t kWords = sizeof(Counter) / sizeof(uint64_t);
  const auto more = std::bit_cast<std::array<uint64_t, kWords>>(from);
  auto sum = std::bit_cast<std::array<uint64_t, kWords>>(into);
  for (size_t i = 0; i < kWords; ++i) sum[i] += more[i];
  into = std::bit_cast<Counter>(sum);
}

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
  // By layer and direction.
  std::vector<LayerCounter> layers;
  // By endpoint and direction.
  std::vector<TcpPacketCounter> tcp_packets;
  // By outcome, stage and reason; packets that nobody judges stand under stage none.
  PacketCounter reasons[kOutcomes][kStages][kReasonCount];
  // By those, in the order of their first packet; few, so each is found by its key.
  std::vector<EndpointReasonCounter> endpoint_reasons;
  std::unordered_map<uint64_t, uint32_t> endpoint_reason_index;
  ConditionValues condition_values;  // empty unless EngineOptions::counts_values
  uint64_t packets = 0;              // read, each once however many endpoints judge it
  uint64_t bytes = 0;
  uint64_t flows = 0;  // flow ids given out
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
  // As many as the program has rows, all zero.
  void size_for(const Program& program) {
    rules.resize(program.rules().size());
    endpoints.resize(program.endpoints().size() * 2 * kOutcomes);
    layers.resize(program.layers().size() * 2);
    tcp_packets.resize(program.endpoints().size() * 2);
  }
  LayerCounter& layer(uint32_t row, Direction direction) {
    return layers[row * 2 + static_cast<uint32_t>(direction)];
  }
  PacketCounter& endpoint(uint32_t row, Direction direction, Outcome outcome) {
    return endpoints[(row * 2 + static_cast<uint32_t>(direction)) * kOutcomes +
                     static_cast<uint32_t>(outcome)];
  }
};

}  // namespace portacl

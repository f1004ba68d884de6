#include "sharded/merge.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace portacl {
void add_counters(Counters& into, const Counters& from) {
  for (size_t i = 0; i < into.rules.size(); ++i) into.rules[i].add(from.rules[i]);
  for (size_t i = 0; i < into.endpoints.size(); ++i) {
    into.endpoints[i].add(from.endpoints[i].packets, from.endpoints[i].bytes);
  }
  for (size_t i = 0; i < into.layers.size(); ++i) add_words(into.layers[i], from.layers[i]);
  for (size_t i = 0; i < into.tcp_packets.size(); ++i) {
    add_words(into.tcp_packets[i], from.tcp_packets[i]);
  }
  for (uint32_t outcome = 0; outcome < kOutcomes; ++outcome) {
    for (uint32_t stage = 0; stage < kStages; ++stage) {
      for (uint32_t reason = 0; reason < kReasonCount; ++reason) {
        const PacketCounter& more = from.reasons[outcome][stage][reason];
        into.reasons[outcome][stage][reason].add(more.packets, more.bytes);
      }
    }
  }
  for (const EndpointReasonCounter& row : from.endpoint_reasons) into.add(row);
  into.condition_values.add(from.condition_values);
  into.packets += from.packets;
  into.bytes += from.bytes;
  into.flows += from.flows;
  into.fragment_overflows += from.fragment_overflows;
}

EngineState merge_states(std::span<EngineState> shards, const Counters& counters,
                         const std::function<uint64_t(size_t shard, uint64_t id)>& id_of) {
  EngineState all;
  all.counters = counters;
  for (size_t i = 0; i < shards.size(); ++i) {
    EngineState& shard = shards[i];
    if (shard.clock_set && shard.now_ns >= all.now_ns) {
      all.clock_set = true;
      all.clock_start_ns = shard.clock_start_ns;
      all.now_ns = shard.now_ns;
    }
    all.frame_high = std::max(all.frame_high, shard.frame_high);
    all.next_flow_id += shard.next_flow_id - 1;
    for (FlowCopy& flow : shard.flows) {
      flow.state.id = id_of(i, flow.state.id);
      all.flows.push_back(flow);
    }
    for (FragmentCache::Entry& fragment : shard.fragments) {
      if (fragment.verdict.flow != 0) fragment.verdict.flow = id_of(i, fragment.verdict.flow);
      all.fragments.push_back(fragment);
    }
    all.fragment_overflows += shard.fragment_overflows;
    add_counters(all.counters, shard.counters);
  }
  std::ranges::sort(all.flows, {}, [](const FlowCopy& flow) {
    return std::tuple(flow.state.id, flow.key.layer(), is_any_remote(flow.key));
  });
  std::ranges::stable_sort(all.fragments, {}, [](const FragmentCache::Entry& entry) {
    return std::pair(entry.deadline_ns, entry.frame);
  });
  return all;
}

}  // namespace portacl

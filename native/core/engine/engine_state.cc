#include "engine/engine_state.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/engine.h"

namespace portacl {

EngineState Engine::save() {
  EngineState state;
  state.clock_set = clock_set_;
  state.clock_start_ns = clock_start_ns_;
  state.now_ns = now_ns_;
  state.next_flow_id = next_flow_id_;
  state.frame_high = frame_high_;
  state.counters = counters();  // writes back what the unified flow table has noted
  std::vector<uint32_t> live;
  flows_.each([&](uint32_t index) {
    if (!is_due(index)) live.push_back(index);
  });
  std::sort(live.begin(), live.end(), [this](uint32_t a, uint32_t b) {
    const auto place = [this](uint32_t index) {
      const FlowKey& key = flows_[index].key;
      return std::tuple(flows_.state(index).id, key.layer(), is_any_remote(key));
    };
    return place(a) < place(b);
  });
  state.flows.reserve(live.size());
  for (const uint32_t index : live) {
    state.flows.push_back(copy_of(index));
  }
  state.fragments = fragments_.entries();
  state.fragment_overflows = fragments_.overflows();
  return state;
}

void Engine::restore(const EngineState& state) {
  forget_everything();
  clock_set_ = state.clock_set;
  clock_start_ns_ = state.clock_start_ns;
  newest_time_ns_ = plain_until_ns_ = kNoTime;
  now_ns_ = state.now_ns;
  next_flow_id_ = state.next_flow_id;
  frame_high_ = state.frame_high;
  counters_ = state.counters;
  wheel_.begin_at(now_ns_);
  for (const FlowCopy& flow : state.flows) {
    insert_flow(flow);
    if (is_any_remote(flow.key)) ++asked_flows_[flow.key.layer()];
  }
  for (const FragmentCache::Entry& entry : state.fragments) fragments_.restore(entry);
  fragments_.set_overflows(state.fragment_overflows);
}

void Engine::restore(const EngineState& state, std::shared_ptr<const GroupClassifiers> policy) {
  PortTable ports(*policy->program(), seed_);
  forget_everything();
  adopt(std::move(policy), std::move(ports));
  restore(state);
}

void Engine::forget_everything() {
  unified_.each([this](uint32_t index) { forget_unified(index); });
  flows_.each([this](uint32_t index) { end_flow(index); });
  forget_fragments();
}

void Engine::forget_fragments() {
  const SettingsRow& settings = program_->settings();
  fragments_ = FragmentCache(settings.fragments_max,
                             static_cast<int64_t>(settings.fragment_ms) * 1'000'000, seed_);
}

// Puts a flow into the table and the wheel.
void Engine::insert_flow(const FlowCopy& flow) {
  const uint32_t layer = flow.key.layer();
  const uint32_t index =
      flow.is_pair ? insert_pair(flow.key, flow.mirror)
                   : flows_.insert(flow.key, owner_hash(tuple_hash(flow.key, seed_), layer));
  if (index == kNoFlow) {
    out_of_memory_ = true;
    return;
  }
  flows_.state(index) = flow.state;
  loads_[layer].add(load_of(index));
  wheel_.reschedule(index);
}

}  // namespace portacl

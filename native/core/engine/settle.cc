// The only writer of flows and counters.
//
// Two ways in. settle_established() is nearly all packets of a capture: both stages have a live
// flow, the unified flow table names them, and nothing changes but deadlines and counters. Every
// other packet brings a finished Walk to settle(). Measured: docs/PERFORMANCE.md.
#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {

bool Engine::settle_established(const PortBinding& binding, const PacketHeaders& packet,
                                const Prepared& prepared, const PacketMeta& meta,
                                Verdict& verdict) {
  const uint32_t index = unified_.find(prepared.key, prepared.unified_hash);
  if (index == kNoFlow) return false;
  const UnifiedFlow& entry = unified_[index];
  const auto direction = static_cast<size_t>(binding.direction);
  const uint32_t steps = entry.walks[direction].step_count;
  if (!entry.walks[direction].all_flows) return false;
  for (uint32_t i = 0; i < steps; ++i) {
    const FlowState& state = flows_.state(entry.steps[direction][i].flow());
    if (state.deadline_ns <= now_ns_ || !only_renews(state, packet)) return false;
  }
  for (uint32_t i = 0; i < steps; ++i) {
    FlowState& state = flows_.state(entry.steps[direction][i].flow());
    renew_open(state, packet);
    credit_rule(state.rule, meta);
  }
  verdict = established(entry, direction, steps);
  return true;
}

// Source: docs/SEMANTICS.md 1 (A1).
Verdict Engine::established(const UnifiedFlow& entry, size_t direction, uint32_t steps) const {
  Verdict verdict;
  verdict.outcome = Outcome::kAllow;
  verdict.reason = Reason::kEstablished;
  verdict.flow = flows_.state(entry.steps[direction][0].flow()).id;
  for (uint32_t i = steps; i-- > 0;) {
    verdict.rule = flows_.state(entry.steps[direction][i].flow()).rule;
    verdict.layer = program_->rules()[verdict.rule].layer;
    const LayerRow& layer = program_->layers()[verdict.layer];
    verdict.stage = static_cast<Stage>(layer.stage);
    if (layer.flags & kLayerHasSay) return verdict;
  }
  return verdict;
}

Verdict Engine::settle(const PortBinding& binding, const PacketHeaders& packet,
                       const Prepared& prepared, const PacketMeta& meta, Walk& walk) {
  // Source: docs/SEMANTICS.md 7, stages passed before a refusal are credited too.
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    if (walk.steps[i].rule != kNoRow) credit_rule(walk.steps[i].rule, meta);
  }
  Verdict verdict;
  const WalkStep* deciding = &walk.steps[walk.step_count - 1];
  if (walk.allowed()) {
    // Source: docs/SEMANTICS.md 1, an allow names the last stage that has a say (A1).
    for (uint32_t i = walk.step_count; i-- > 0;) {
      if (!walk.steps[i].has_say) continue;
      deciding = &walk.steps[i];
      break;
    }
  }
  verdict.outcome = walk.allowed() ? Outcome::kAllow : Outcome::kDrop;
  verdict.stage = deciding->stage;
  verdict.reason = deciding->reason;
  verdict.rule = deciding->rule;
  verdict.layer = deciding->layer;
  bool made_flows = false;
  for (uint32_t i = 0; i < walk.step_count; ++i) made_flows |= walk.steps[i].makes_flow;
  // Assumption: A10, nothing changes unless every stage allows.
  if (walk.allowed()) {
    verdict.flow_event = settle_flows(binding.direction, packet, prepared, walk, verdict.flow);
  }
  if (!walk.from_unified) {
    keep_unified(binding, packet, prepared, walk, made_flows && walk.allowed());
  }
  return verdict;
}

FlowEvent Engine::settle_flows(Direction direction, const PacketHeaders& packet,
                               const Prepared& prepared, Walk& walk, uint64_t& flow_id) {
  FlowEvent event = FlowEvent::kNone;
  // The flow a packet belongs to gives the id and the event; made beside it, others share its id.
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    WalkStep& step = walk.steps[i];
    if (step.flow == kNoFlow) continue;
    const bool first = flow_id == 0;
    if (first) flow_id = flows_.state(step.flow).id;
    const FlowEvent change = renew(step.flow, direction, packet);
    if (first) event = change;
    if (flows_.state(step.flow).deadline_ns <=
        now_ns_) {  // a RST on the host stage ends it at once
      end_flow(step.flow);
      step.flow = kNoFlow;
      step.ended = true;
    }
  }
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    WalkStep& step = walk.steps[i];
    if (!step.makes_flow) continue;
    const bool first = flow_id == 0;
    if (first) flow_id = next_flow_id_++;
    const FlowEvent change = make_flow(step, direction, packet, prepared, flow_id);
    if (first) event = change;
    if (step.flow != kNoFlow) ++counters_.rules[step.rule].flows;
  }
  return event;
}

void Engine::credit_rule(uint32_t rule, const PacketMeta& meta) {
  RuleCounter& counter = counters_.rules[rule];
  if (counter.packets++ == 0) counter.first_frame = meta.frame;
  counter.bytes += meta.wire_bytes;
  counter.last_frame = meta.frame;
}

FlowEvent Engine::renew(uint32_t index, Direction direction, const PacketHeaders& packet) {
  FlowState& state = flows_.state(index);
  if (renew_open(state, packet)) return FlowEvent::kNone;
  const int64_t before = state.deadline_ns;
  const TcpTimers timers = tcp_timers(flows_[index].key.owner(), state.rule);
  const FlowEvent event = advance_tcp(state, packet, direction == state.opener, timers, now_ns_);
  const bool in_no_bucket = flows_[index].expiry_bucket == kNoFlow && state.deadline_ns != kNever;
  if (state.deadline_ns < before || in_no_bucket) wheel_.reschedule(index);
  return event;
}

FlowEvent Engine::make_flow(WalkStep& step, Direction direction, const PacketHeaders& packet,
                            const Prepared& prepared, uint64_t flow_id) {
  if (step.replaces != kNoFlow) end_flow(step.replaces);
  const uint32_t index =
      flows_.insert(prepared.key.with_owner(step.layer), owner_hash(prepared.tuple, step.layer));
  if (index == kNoFlow) {
    out_of_memory_ = true;
    return FlowEvent::kNone;
  }
  FlowState& state = flows_.state(index);
  state.id = flow_id;
  state.rule = step.rule;
  state.opener = direction;
  FlowEvent event = FlowEvent::kNew;
  if (packet.protocol == ip_protocol::kTcp) {
    event = open_tcp(state, packet, tcp_timers(step.layer, step.rule), now_ns_);
  } else {
    state.idle_ms = idle_ms(step.stage, step.rule, packet.protocol);
    state.deadline_ns = after_ms(now_ns_, state.idle_ms);
  }
  wheel_.reschedule(index);
  ++layer_flows_[step.layer];
  step.flow = index;
  return event;
}

void Engine::end_flow(uint32_t index) {
  const LayerFlow& flow = flows_[index];
  wheel_.remove(index);
  if (flow.unified != kNoFlow && unified_[flow.unified].in_use) forget_unified(flow.unified);
  const uint32_t layer = flow.key.owner();
  --layer_flows_[layer];
  flows_.erase(index, owner_hash(tuple_hash(flow.key, seed_), layer));
}

// A deadline that only moves away needs no word to the wheel.
bool Engine::renew_open(FlowState& state, const PacketHeaders& packet) const {
  if (!only_renews(state, packet)) return false;
  state.deadline_ns = after_ms(now_ns_, state.idle_ms);
  return true;
}

// Invariant: a kept walk that names a flow is named back by it, so the flow's end reaches it.
void Engine::keep_unified(const PortBinding& binding, const PacketHeaders& packet,
                          const Prepared& prepared, const Walk& walk, bool made_flows) {
  if (!options_.unified_flows || !may_be_unified(packet)) return;
  const FlowKey& key = prepared.key;
  if (made_flows) {
    // Rows had decided for this key in either direction; now a flow does.
    const uint32_t known = unified_.find(key, prepared.unified_hash);
    if (known != kNoFlow) unified_[known].walks[0] = unified_[known].walks[1] = {};
  }
  if (walk.step_count > UnifiedFlow::kStepsMax) return;
  bool names_flow = false;
  bool all_flows = true;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    const bool lacks_flow = step.makes_flow && walk.allowed();
    if (step.ended || (step.flow == kNoFlow && (!step.from_rules || lacks_flow))) return;
    names_flow |= step.flow != kNoFlow;
    all_flows &= step.flow != kNoFlow;
  }
  const uint32_t index = unified_.obtain(key, prepared.unified_hash);
  if (index == kNoFlow) return;
  UnifiedFlow& entry = unified_[index];
  const auto direction = static_cast<size_t>(binding.direction);
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const uint32_t flow = walk.steps[i].flow;
    entry.steps[direction][i] =
        flow == kNoFlow ? UnifiedStep::of_rule(walk.steps[i].rule) : UnifiedStep::of_flow(flow);
    if (flow != kNoFlow) flows_[flow].unified = index;
  }
  entry.walks[direction] = {.step_count = static_cast<uint8_t>(walk.step_count & 3),
                            .all_flows = all_flows,
                            .opening = static_cast<uint8_t>(walk.opening)};
  if (!names_flow) {
    unified_.keep_flowless(index, [this](uint32_t oldest) { forget_unified(oldest); });
  }
}

void Engine::forget_unified(uint32_t index) {
  UnifiedFlow& entry = unified_[index];
  for (size_t direction = 0; direction < 2; ++direction) {
    for (uint32_t i = 0; i < entry.walks[direction].step_count; ++i) {
      const UnifiedStep step = entry.steps[direction][i];
      if (step.is_flow() && flows_[step.flow()].unified == index) {
        flows_[step.flow()].unified = kNoFlow;
      }
    }
  }
  unified_.erase(index);
}

// Source: docs/SEMANTICS.md 5.1, the table of idle times.
TcpTimers Engine::tcp_timers(uint32_t layer_row, uint32_t rule) const {
  const SettingsRow& s = program_->settings();
  if (program_->layers()[layer_row].stage == static_cast<uint8_t>(Stage::kHost)) {
    return {s.host_half_open_ms, kIdleNever, s.host_time_wait_ms, 0};
  }
  return {s.switch_half_open_ms, program_->rules()[rule].flow_ms, s.switch_time_wait_ms,
          s.switch_reset_ms};
}

uint32_t Engine::idle_ms(Stage stage, uint32_t rule, uint8_t protocol) const {
  if (stage == Stage::kSwitch) return program_->rules()[rule].flow_ms;
  const SettingsRow& s = program_->settings();
  const bool icmp = protocol == ip_protocol::kIcmp || protocol == ip_protocol::kIcmpv6;
  return icmp ? s.host_icmp_ms : s.host_udp_ms;
}

}  // namespace portacl

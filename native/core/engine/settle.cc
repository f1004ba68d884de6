// The only writer of flows and counters.
#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {

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
    if (first) flow_id = flows_[step.flow].id;
    const FlowEvent change = renew(step.flow, direction, packet);
    if (first) event = change;
    if (flows_[step.flow].deadline_ns <= now_ns_) {  // a RST on the host stage ends it at once
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
  LayerFlow& flow = flows_[index];
  const int64_t before = flow.deadline_ns;
  FlowEvent event = FlowEvent::kNone;
  if (flow.tcp == TcpState::kNotTcp) {
    flow.deadline_ns = after_ms(now_ns_, flow.idle_ms);
  } else {
    event = advance_tcp(flow, packet, direction == flow.opener, tcp_timers(flow), now_ns_);
  }
  const bool waits_for_none = flow.expiry_bucket == kNoFlow && flow.deadline_ns != kNever;
  if (flow.deadline_ns < before || waits_for_none) wheel_.reschedule(index);
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
  LayerFlow& flow = flows_[index];
  flow.id = flow_id;
  flow.rule = step.rule;
  flow.opener = direction;
  flow.idle_ms = idle_ms(step.stage, step.rule, packet.protocol);
  FlowEvent event = FlowEvent::kNew;
  if (packet.protocol == ip_protocol::kTcp) {
    event = open_tcp(flow, packet, tcp_timers(flow), now_ns_);
  } else {
    flow.deadline_ns = after_ms(now_ns_, flow.idle_ms);
  }
  wheel_.reschedule(index);
  ++layer_flows_[step.layer];
  step.flow = index;
  return event;
}

void Engine::end_flow(uint32_t index) {
  LayerFlow& flow = flows_[index];
  wheel_.remove(index);
  if (flow.unified != kNoFlow && unified_[flow.unified].in_use) forget_unified(flow.unified);
  const uint32_t layer = flow.key.owner();
  --layer_flows_[layer];
  flows_.erase(index, owner_hash(tuple_hash(flow.key, seed_), layer));
}

// Invariant: a kept walk that names a flow is named back by it, so the flow's end reaches it.
void Engine::keep_unified(const PortBinding& binding, const PacketHeaders& packet,
                          const Prepared& prepared, const Walk& walk, bool made_flows) {
  if (!options_.unified_flows || !may_be_unified(packet)) return;
  const FlowKey key = prepared.key.with_owner(binding.endpoint);
  if (made_flows) {
    // Rows had decided for this key in either direction; now a flow does.
    const uint32_t known = unified_.find(key, prepared.unified_hash);
    if (known != kNoFlow) unified_[known].walks[0] = unified_[known].walks[1] = {};
  }
  if (walk.step_count > UnifiedFlow::kStepsMax) return;
  bool names_flow = false;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    const bool lacks_flow = step.makes_flow && walk.allowed();
    if (step.ended || (step.flow == kNoFlow && (!step.from_rules || lacks_flow))) return;
    names_flow |= step.flow != kNoFlow;
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
TcpTimers Engine::tcp_timers(const LayerFlow& flow) const {
  const SettingsRow& s = program_->settings();
  if (program_->layers()[flow.key.owner()].stage == static_cast<uint8_t>(Stage::kHost)) {
    return {s.host_half_open_ms, kIdleNever, s.host_time_wait_ms, 0};
  }
  return {s.switch_half_open_ms, flow.idle_ms, s.switch_time_wait_ms, s.switch_reset_ms};
}

uint32_t Engine::idle_ms(Stage stage, uint32_t rule, uint8_t protocol) const {
  if (stage == Stage::kSwitch) return program_->rules()[rule].flow_ms;
  const SettingsRow& s = program_->settings();
  const bool icmp = protocol == ip_protocol::kIcmp || protocol == ip_protocol::kIcmpv6;
  return icmp ? s.host_icmp_ms : s.host_udp_ms;
}

}  // namespace portacl

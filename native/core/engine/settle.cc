// Writes flows and counters; unified.cc, which notes what changes nothing but deadlines, is the
// only other place that does.
//
// Every packet that judge_quickly() did not note brings a finished Walk here.
#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {

Verdict Engine::settle(const PortBinding& binding, const PacketHeaders& packet,
                       const CaptureRecord& record, Walk& walk) {
  // Source: docs/SEMANTICS.md 7, stages passed before a refusal are credited too.
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    count_step(walk.steps[i], binding.direction);
    if (walk.steps[i].rule != kNoRow) credit_rule(walk.steps[i].rule, record);
    if (options_.counts_values && walk.steps[i].from_rules) {
      // As it came to the layer.
      const WalkStep& step = walk.steps[i];
      counters_.condition_values.note(*program_, step.rule,
                                      walk.transposed ? passages_[step.entry].packet : packet);
    }
    if (walk.steps[i].assumed != kNoRow) ++counters_.rules[walk.steps[i].assumed].assumed;
  }
  Verdict verdict = verdict_of(walk);
  bool made_flows = false;
  if (keeps_flows(walk)) {
    for (uint32_t i = 0; i < walk.step_count; ++i) made_flows |= walk.steps[i].makes_flow;
    const NamedFlow named = settle_flows(binding.direction, packet, walk);
    if (walk.allowed()) {
      verdict.flow = named.id;
      verdict.flow_event = named.event;
    }
    note_asked(binding.direction, packet, walk, named.id);
    for (uint32_t i = 0; i < walk.step_count; ++i) {
      verdict.host_flow_made |= walk.steps[i].makes_flow && walk.steps[i].stage == Stage::kHost;
    }
  }
  keep_unified(binding.direction, packet, record.frame, walk, made_flows);
  return verdict;
}

NamedFlow Engine::settle_flows(Direction direction, const PacketHeaders& packet, Walk& walk) {
  NamedFlow named;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    WalkStep& step = walk.steps[i];
    if (step.flow == kNoFlow) continue;
    const uint64_t id = flows_.state(step.flow).id;
    named.found(id, renew(step.flow, direction, packet_at(step, packet, walk)));
    if (flows_.state(step.flow).deadline_ns <=
        now_ns_) {  // a RST on the host stage ends it at once
      finish_flow(step.flow);
      step.flow = kNoFlow;
      step.ended = true;
    }
  }
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    WalkStep& step = walk.steps[i];
    if (!step.makes_flow) continue;
    const uint64_t id = named.id == 0 ? next_flow_id_++ : named.id;
    named.made(make_flow(step, direction, packet_at(step, packet, walk), walk, id), id);
    if (step.flow != kNoFlow) ++counters_.rules[step.rule].flows;
  }
  return named;
}

// What a walk comes to, flows aside.
Verdict Engine::verdict_of(const Walk& walk) {
  const WalkStep& deciding = walk.steps[deciding_step(walk)];
  Verdict verdict;
  verdict.outcome = walk.allowed() ? Outcome::kAllow : Outcome::kDrop;
  verdict.stage = deciding.stage;
  verdict.reason = deciding.reason;
  verdict.rule = deciding.rule;
  verdict.layer = deciding.layer;
  return verdict;
}

void Engine::credit_rule(uint32_t rule, const CaptureRecord& record) {
  counters_.rules[rule].add(1, record.original_bytes, record.frame);
}

FlowEvent Engine::renew(uint32_t index, Direction direction, const PacketHeaders& packet) {
  FlowState& state = state_of(index);
  // Only who asked keeps it open. Source: windows-firewall.md 6.2.
  if (is_any_remote(flows_[index].key) && !is_any_remote_rule(state.rule)) return FlowEvent::kNone;
  if (only_renews(state, packet)) {
    // A deadline that only moves away needs no word to the wheel; one of shorter timers, which a
    // change of policy brought, may come nearer.
    const int64_t before = state.deadline_ns;
    state.deadline_ns = after_ms(now_ns_, state.idle_ms);
    if (state.deadline_ns < before) [[unlikely]]
      wheel_.reschedule(index);
    return FlowEvent::kNone;
  }
  const int64_t before = state.deadline_ns;
  const uint32_t layer = flows_[index].key.layer();
  const TcpTimers timers = tcp_timers(layer, state.rule);
  const bool was_verified = state.verified;
  const bool was_half_open = is_half_open(state.tcp);
  const FlowEvent event = advance_tcp(state, packet, direction == state.opener, timers, now_ns_);
  loads_[layer].half_open -= was_half_open && !is_half_open(state.tcp);
  note_outcome(state, was_verified, event, layer);
  const bool in_no_bucket = flows_[index].expiry_bucket == kNoFlow && state.deadline_ns != kNever;
  if (state.deadline_ns < before || in_no_bucket) wheel_.reschedule(index);
  return event;
}

FlowEvent Engine::make_flow(WalkStep& step, Direction direction, const PacketHeaders& packet,
                            const Walk& walk, uint64_t flow_id) {
  const FlowEntry entry = entry_of(step, walk);
  if (step.replaces != kNoFlow) {
    // Where its time had come it may have ended when room was made.
    const uint32_t old = flow_under(step.layer, direction, entry);
    if (old != kNoFlow) finish_flow(old);
  }
  const uint32_t index =
      is_paired(step.layer)
          ? insert_pair(
                entry.key.owned_by(paired_owner(step.layer, direction)),
                leaving_of(step, walk).key.owned_by(paired_owner(step.layer, opposite(direction))))
          : flows_.insert(entry.key.owned_by(step.layer), owner_hash(entry.tuple, step.layer));
  if (index == kNoFlow) {
    out_of_memory_ = true;
    return FlowEvent::kNone;
  }
  FlowState& state = flows_.state(index);
  state.id = flow_id;
  state.rule = step.rule;
  state.opener = direction;
  const FlowEvent event = open_flow(state, step, packet);
  wheel_.reschedule(index);
  note_made(index);
  step.flow = index;
  return event;
}

// What a flow that `step` makes begins with.
FlowEvent Engine::open_flow(FlowState& state, const WalkStep& step,
                            const PacketHeaders& packet) const {
  if (packet.protocol == ip_protocol::kTcp) {
    return open_tcp(state, packet, tcp_timers(step.layer, step.rule), now_ns_);
  }
  state.idle_ms = idle_ms(step.layer, step.rule, state.opener, packet);
  state.deadline_ns = after_ms(now_ns_, state.idle_ms);
  return FlowEvent::kNew;
}

void Engine::note_made(uint32_t index) {
  const uint32_t layer = flows_[index].key.layer();
  const FlowState& state = flows_.state(index);
  loads_[layer].add(load_of(index));
  LayerCounter& counter = counters_.layer(layer, state.opener);
  ++counter.made[static_cast<size_t>(flow_class(flows_[index].key.protocol()))];
  counter.midstream += state.tcp == TcpState::kEstablished;
}

// Source: vfp.md 4.1, the outcomes VFP counts.
void Engine::note_outcome(const FlowState& state, bool was_verified, FlowEvent event,
                          uint32_t layer) {
  LayerCounter& counter = counters_.layer(layer, state.opener);
  counter.verified += !was_verified && state.verified;
  counter.closed_by_fin += event == FlowEvent::kClosed;
  counter.resets += event == FlowEvent::kReset;
}

void Engine::finish_flow(uint32_t index) {
  const FlowState& state = flows_.state(index);
  LayerCounter& counter = counters_.layer(flows_[index].key.layer(), state.opener);
  ++counter.ended[static_cast<size_t>(flow_class(flows_[index].key.protocol()))];
  if (state.tcp != TcpState::kNotTcp) {
    if (!is_due(index)) {
      ++counter.reset_by_syn;
    } else if (is_half_open(state.tcp)) {
      ++counter.half_open_timeouts;
    } else if (!is_closing(state.tcp)) {
      ++counter.timed_out;
    } else if (state.tcp == TcpState::kTimeWait) {
      ++counter.expired_time_wait;
    }
  }
  end_flow(index);
}

// Source: vfp.md 8.2, the counters of a layer.
void Engine::count_step(const WalkStep& step, Direction direction) {
  if (step.layer == kNoRow) return;
  LayerCounter& counter = counters_.layer(step.layer, direction);
  if (step.flow != kNoFlow) {
    ++counter.flow_match;
  } else if (!step.from_rules) {
    ++(step.allowed ? counter.exempt : counter.refused);
    counter.fragment_no_match += step.reason == Reason::kFragmentWithoutFirst;
    if (step.reason == Reason::kFlowLimit) ++counter.limit_drops[static_cast<size_t>(step.full)];
  } else if (program_->rules()[step.rule].group == kNoRow) {
    ++counter.no_match;
    counter.no_match_drop += !step.allowed;
  } else {
    ++(step.allowed ? counter.rule_match : counter.rule_drop);
  }
}

void Engine::end_flow(uint32_t index) {
  const LayerFlow& flow = flows_[index];
  wheel_.remove(index);
  if (flow.unified != kNoFlow && unified_[flow.unified].in_use) forget_unified(flow.unified);
  const uint32_t layer = flow.key.layer();
  loads_[layer].take(load_of(index));
  if (is_any_remote(flow.key)) --asked_flows_[layer];
  if (index < mirror_of_.size() && mirror_of_[index] != kNoFlow) end_mirror(index);
  flows_.erase(index, owner_hash(tuple_hash(flow.key, seed_), flow.key.owner()));
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

uint32_t Engine::idle_ms(uint32_t layer_row, uint32_t rule, Direction opener,
                         const PacketHeaders& packet) const {
  const LayerRow& layer = program_->layers()[layer_row];
  if (layer.stage == static_cast<uint8_t>(Stage::kSwitch)) return program_->rules()[rule].flow_ms;
  const SettingsRow& s = program_->settings();
  if (packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6) {
    return s.host_icmp_ms;
  }
  const bool asks_many = opener == Direction::kOut && packet.protocol == ip_protocol::kUdp &&
                         goes_to_many(layer.endpoint, packet);
  return asks_many ? s.host_multicast_ms : s.host_udp_ms;
}

}  // namespace portacl

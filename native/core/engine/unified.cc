// The unified flow table at work: packets noted, walks kept, and what was noted written back.
#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {

void Engine::describe(const UnifiedState& entry, size_t direction, Verdict& verdict) const {
  const UnifiedWalk kept = entry.walks[direction];
  const UnifiedStep deciding = entry.steps[direction][kept.deciding];
  verdict.outcome = Outcome::kAllow;
  verdict.stage = static_cast<Stage>(kept.stage);
  verdict.reason = reason_of(deciding);
  verdict.rule = rule_of(deciding);
  verdict.layer = program_->rules()[verdict.rule].layer;
  for (uint32_t i = kept.step_count; i-- > 0;) {
    const UnifiedStep step = entry.steps[direction][i];
    if (step.is_flow()) verdict.flow = flows_.state(step.flow()).id;
  }
}

uint32_t Engine::rule_of(UnifiedStep step) const {
  return step.is_flow() ? flows_.state(step.flow()).rule : step.rule();
}

Reason Engine::reason_of(UnifiedStep step) const {
  return step.is_flow() ? Reason::kEstablished
                        : static_cast<Reason>(program_->rules()[step.rule()].reason);
}

// Invariant: a kept walk that names a flow is named back by it, so the flow's end reaches it.
void Engine::keep_unified(Direction direction, const PacketHeaders& packet, const Walk& walk,
                          bool made_flows) {
  if (!options_.unified_flows || !may_be_unified(packet)) return;
  // An entry that was there at the walk may have gone with a flow that ended since.
  const bool known = walk.unified != kNoFlow && unified_[walk.unified].in_use;
  if (known && made_flows) {
    // Rows had decided for this key in either direction; now a flow does.
    unified_[walk.unified].walks[0] = unified_[walk.unified].walks[1] = {};
  }
  if (walk.step_count > UnifiedState::kStepsMax) return;
  // Each packet that asks renews what anybody may answer to, which is of no one key.
  if (has_any_remote(walk, direction, packet)) return;
  const bool is_icmp =
      packet.protocol == ip_protocol::kIcmp || packet.protocol == ip_protocol::kIcmpv6;
  bool names_flow = false;
  bool fixed = walk.allowed();
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    const bool lacks_flow = step.makes_flow && walk.allowed();
    // What is assumed is counted for every packet that asks the rules; and rules may ask for the
    // type and code of ICMP, of which the key says only part.
    const bool asked = step.flow == kNoFlow && step.has_say;
    if (step.ended || (asked && (step.assumed != kNoRow || is_icmp))) return;
    if (step.flow == kNoFlow && (!step.from_rules || lacks_flow)) return;
    names_flow |= step.flow != kNoFlow;
    fixed &= step.flow != kNoFlow || !step.has_say;
  }
  const uint32_t index = known ? walk.unified : unified_.insert(walk.key, walk.unified_hash);
  if (index == kNoFlow) return;
  keep_walk(index, direction, walk, fixed);
  if (fixed) {
    remember_flows(index, walk);
    // VFP makes the pair at the first packet: the way back meets the same flows in reverse.
    // Source: vfp.md 5.2.
    if (names_flow) keep_answer(index, opposite(direction), walk);
  }
  if (!names_flow && !walk.from_unified) {
    unified_.keep_flowless(index, [this](uint32_t oldest) { forget_unified(oldest); });
  }
}

void Engine::keep_walk(uint32_t index, Direction direction, const Walk& walk, bool fixed) {
  UnifiedState& entry = unified_[index];
  const auto d = static_cast<size_t>(direction);
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const uint32_t flow = walk.steps[i].flow;
    entry.steps[d][i] =
        flow == kNoFlow ? UnifiedStep::of_rule(walk.steps[i].rule) : UnifiedStep::of_flow(flow);
    if (flow != kNoFlow) flows_[flow].unified = index;
  }
  const uint32_t decides = deciding_step(walk);
  entry.walks[d] = {.step_count = static_cast<uint8_t>(walk.step_count & 3),
                    .fixed = fixed,
                    .opening = static_cast<uint8_t>(walk.opening),
                    .deciding = static_cast<uint8_t>(decides & 1),
                    .stage = static_cast<uint8_t>(walk.steps[decides].stage)};
}

// Keeps the walk of an answer, which passes in `direction`, to a packet whose walk was fixed.
void Engine::keep_answer(uint32_t index, Direction direction, const Walk& walk) {
  UnifiedState& entry = unified_[index];
  const auto d = static_cast<size_t>(direction);
  const uint32_t count = walk.step_count;
  uint32_t decides = count;
  for (uint32_t i = 0; i < count; ++i) {
    const WalkStep& step = walk.steps[count - 1 - i];
    uint32_t rule = step.rule;
    if (step.flow == kNoFlow && step.layer != kNoRow) {
      const LayerRow& layer = program_->layers()[step.layer];
      rule = direction == Direction::kIn ? layer.no_match_in : layer.no_match_out;
    }
    entry.steps[d][i] =
        step.flow == kNoFlow ? UnifiedStep::of_rule(rule) : UnifiedStep::of_flow(step.flow);
    if (step.has_say || decides == count) decides = i;
  }
  entry.walks[d] = {.step_count = static_cast<uint8_t>(count & 3),
                    .fixed = true,
                    .opening = static_cast<uint8_t>(walk.opening),
                    .deciding = static_cast<uint8_t>(decides & 1),
                    .stage = static_cast<uint8_t>(walk.steps[count - 1 - decides].stage)};
}

// What note_established() must know of the flows of a walk that was just settled.
void Engine::remember_flows(uint32_t index, const Walk& walk) {
  UnifiedState& entry = unified_[index];
  entry.last_ns = now_ns_;
  entry.idle_ms = kIdleNever;
  entry.renews_only = true;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    if (walk.steps[i].flow == kNoFlow) continue;
    const FlowState& state = flows_.state(walk.steps[i].flow);
    entry.idle_ms = std::min(entry.idle_ms, state.idle_ms);
    entry.renews_only &= state.tcp != TcpState::kSynAck && state.tcp != TcpState::kReset;
  }
}

// The step that an allow names: the last that has a say. Source: docs/SEMANTICS.md 1 (A1).
uint32_t Engine::deciding_step(const Walk& walk) {
  for (uint32_t i = walk.step_count; walk.allowed() && i-- > 0;) {
    if (walk.steps[i].has_say) return i;
  }
  return walk.step_count - 1;
}

void Engine::forget_unified(uint32_t index) {
  write_back(index);
  const UnifiedState& entry = unified_[index];
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

FlowState& Engine::state_of(uint32_t flow) {
  const uint32_t index = flows_[flow].unified;
  if (index != kNoFlow) write_back(index);
  return flows_.state(flow);
}

void Engine::write_back(uint32_t index) {
  UnifiedState& entry = unified_[index];
  if ((entry.packets[0] | entry.packets[1]) == 0) return;
  const uint64_t frame = frame_high_ << 32 | entry.last_frame;
  for (size_t d = 0; d < 2; ++d) {
    const uint64_t packets = std::exchange(entry.packets[d], uint16_t{0});
    const uint64_t bytes = std::exchange(entry.bytes[d], 0u);
    if (packets == 0) continue;
    const UnifiedWalk kept = entry.walks[d];
    for (uint32_t i = 0; i < kept.step_count; ++i) {
      const UnifiedStep step = entry.steps[d][i];
      counters_.rules[rule_of(step)].add(packets, bytes, frame);
      if (!step.is_flow()) continue;
      FlowState& state = flows_.state(step.flow());
      state.deadline_ns = after_ms(entry.last_ns, state.idle_ms);
    }
    counters_.records += packets;
    counters_
        .reason(Outcome::kAllow, static_cast<Stage>(kept.stage),
                reason_of(entry.steps[d][kept.deciding]))
        .add(packets, bytes);
    counters_.endpoint(unified_.endpoint(index), static_cast<Direction>(d), Outcome::kAllow)
        .add(packets, bytes);
  }
}

void Engine::write_back_all() {
  unified_.each([this](uint32_t index) { write_back(index); });
}

}  // namespace portacl

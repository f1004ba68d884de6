// The unified flow table at work: packets noted, walks kept, and what was noted written back.
#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {

Verdict Engine::describe(const UnifiedState& entry, size_t direction) const {
  Verdict verdict;
  const UnifiedWalk kept = entry.walks[direction];
  const UnifiedStep deciding = entry.steps[direction][kept.deciding];
  verdict.outcome = outcome_of(kept);
  verdict.stage = stage_of(deciding);
  verdict.reason = reason_of(deciding);
  verdict.rule = rule_of(deciding);
  verdict.layer = program_->rules()[verdict.rule].layer;
  for (uint32_t i = kept.step_count; i-- > 0;) {
    const UnifiedStep step = entry.steps[direction][i];
    if (step.is_flow()) verdict.flow = flows_.state(step.flow()).id;
  }
  return verdict;
}

uint32_t Engine::rule_of(UnifiedStep step) const {
  return step.is_flow() ? flows_.state(step.flow()).rule : step.rule();
}

Reason Engine::reason_of(UnifiedStep step) const {
  return step.is_flow() ? Reason::kEstablished
                        : static_cast<Reason>(program_->rules()[step.rule()].reason);
}

Stage Engine::stage_of(UnifiedStep step) const {
  const uint32_t layer = program_->rules()[rule_of(step)].layer;
  // A switch stage without layers has a row of no layer.
  return layer == kNoRow ? Stage::kSwitch : static_cast<Stage>(program_->layers()[layer].stage);
}

// Invariant: a kept walk that names a flow is named back by it, so the flow's end reaches it.
void Engine::keep_unified(Direction direction, const PacketHeaders& packet, uint64_t frame,
                          const Walk& walk, bool made_flows) {
  // Endpoints with a layer that may rewrite, or asks further, stay out: see unified_flow.h.
  if (!options_.unified_flows || !walk.keeps || !may_be_unified(packet)) return;
  // An entry that was there at the walk may have gone with a flow that ended since.
  const bool known = walk.unified != kNoFlow && unified_[walk.unified].in_use;
  if (known) write_back(walk.unified);  // before a walk that was noted is replaced
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
  bool renews = walk.allowed();
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    const bool lacks_flow = step.makes_flow && walk.allowed();
    // What is assumed is counted for every packet that asks the rules; and rules may ask for the
    // type and code of ICMP, of which the key says only part.
    const bool asked = step.flow == kNoFlow && step.has_say;
    if (step.ended || (asked && (step.assumed != kNoRow || is_icmp))) return;
    if (step.flow == kNoFlow && (!step.from_rules || lacks_flow)) return;
    // Another packet of the key would make the flow that this one did not. Assumption: W22.
    if (step.flow == kNoFlow && !step.has_say && keeps_state(step.layer)) return;
    names_flow |= step.flow != kNoFlow;
    renews &= step.flow != kNoFlow || !step.has_say;
  }
  const uint32_t index = known ? walk.unified : unified_.insert(walk.key, walk.unified_hash);
  if (index == kNoFlow) return;
  // What is noted is counted by rows alone, not by the values that packets have.
  const bool repeats = !names_flow && !options_.counts_values;
  const NextPacket next = renews    ? remember_flows(index, walk)
                          : repeats ? NextPacket::kRepeats
                                    : NextPacket::kWalks;
  keep_walk(index, direction, walk, next);
  unified_[index].last_frame[static_cast<size_t>(direction)] = static_cast<uint32_t>(frame);
  // VFP makes the pair at the first packet: the way back meets the same flows in reverse.
  // Source: vfp.md 5.2.
  if (renews && names_flow && !answer_asks_many(walk, direction, packet)) {
    keep_answer(index, opposite(direction), frame, walk, next);
  }
  if (!names_flow && !walk.from_unified) {
    unified_.keep_flowless(index, [this](uint32_t oldest) { forget_unified(oldest); });
  }
}

void Engine::keep_walk(uint32_t index, Direction direction, const Walk& walk, NextPacket next) {
  UnifiedState& entry = unified_[index];
  const auto d = static_cast<size_t>(direction);
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const uint32_t flow = walk.steps[i].flow;
    entry.steps[d][i] =
        flow == kNoFlow ? UnifiedStep::of_rule(walk.steps[i].rule) : UnifiedStep::of_flow(flow);
    if (flow != kNoFlow) flows_[flow].unified = index;
  }
  entry.walks[d] = {.step_count = static_cast<uint8_t>(walk.step_count & 3),
                    .next = static_cast<uint8_t>(next),
                    .opening = static_cast<uint8_t>(walk.opening),
                    .deciding = static_cast<uint8_t>(deciding_step(walk) & 1),
                    .allowed = walk.allowed()};
}

// Keeps the walk of an answer, which passes in `direction`, to a packet that flows let through.
void Engine::keep_answer(uint32_t index, Direction direction, uint64_t frame, const Walk& walk,
                         NextPacket next) {
  UnifiedState& entry = unified_[index];
  const auto d = static_cast<size_t>(direction);
  const uint32_t count = walk.step_count;
  uint32_t decides = count - 1;
  for (uint32_t i = 0; i < count; ++i) {
    const WalkStep& step = walk.steps[count - 1 - i];
    uint32_t rule = step.rule;
    if (step.flow == kNoFlow && step.layer != kNoRow) {
      const LayerRow& layer = program_->layers()[step.layer];
      rule = direction == Direction::kIn ? layer.no_match_in : layer.no_match_out;
      if (!is_credited(rule, frame)) next = NextPacket::kWalks;
    }
    entry.steps[d][i] =
        step.flow == kNoFlow ? UnifiedStep::of_rule(rule) : UnifiedStep::of_flow(step.flow);
    if (step.has_say) decides = i;
  }
  entry.walks[d] = {.step_count = static_cast<uint8_t>(count & 3),
                    .next = static_cast<uint8_t>(next),
                    .opening = static_cast<uint8_t>(walk.opening),
                    .deciding = static_cast<uint8_t>(decides & 1),
                    .allowed = true};
  entry.last_frame[d] = static_cast<uint32_t>(frame);
}

// Whether the first frame that the row is credited with is that one or before it, so that what is
// noted from then on cannot be its first.
bool Engine::is_credited(uint32_t rule, uint64_t frame) const {
  const RuleCounter& counter = counters_.rules[rule];
  return counter.packets != 0 && counter.first_frame <= frame;
}

// What note() must know of the flows of a walk that was just settled; kRenews where it may note.
NextPacket Engine::remember_flows(uint32_t index, const Walk& walk) {
  UnifiedState& entry = unified_[index];
  entry.last_ns = now_ns_;
  entry.idle_ms = kIdleNever;
  bool renews_only = true;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    if (walk.steps[i].flow == kNoFlow) continue;
    const FlowState& state = flows_.state(walk.steps[i].flow);
    entry.idle_ms = std::min(entry.idle_ms, state.idle_ms);
    renews_only &= state.tcp != TcpState::kSynAck && state.tcp != TcpState::kReset;
  }
  return renews_only ? NextPacket::kRenews : NextPacket::kWalks;
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
  for (size_t d = 0; d < 2; ++d) {
    const NotedPackets noted = std::exchange(entry.noted[d], {});
    const uint64_t packets = noted.packets(), bytes = noted.bytes();
    if (packets == 0) continue;
    const uint64_t frame = frame_high_ << 32 | entry.last_frame[d];
    const UnifiedWalk kept = entry.walks[d];
    for (uint32_t i = 0; i < kept.step_count; ++i) {
      const UnifiedStep step = entry.steps[d][i];
      const uint32_t rule = rule_of(step);
      counters_.rules[rule].add(packets, bytes, frame);
      count_kept_step(step, rule, static_cast<Direction>(d), packets);
      if (!step.is_flow()) continue;
      FlowState& state = flows_.state(step.flow());
      state.deadline_ns = after_ms(entry.last_ns, state.idle_ms);
    }
    const UnifiedStep deciding = entry.steps[d][kept.deciding];
    counters_.reason(outcome_of(kept), stage_of(deciding), reason_of(deciding)).add(packets, bytes);
    counters_.endpoint(unified_.endpoint(index), static_cast<Direction>(d), outcome_of(kept))
        .add(packets, bytes);
  }
}

// What count_step() counts for one packet.
void Engine::count_kept_step(UnifiedStep step, uint32_t rule, Direction direction,
                             uint64_t packets) {
  const RuleRow& row = program_->rules()[rule];
  if (row.layer == kNoRow) return;
  LayerCounter& counter = counters_.layer(row.layer, direction);
  const bool allows = row.action == static_cast<uint8_t>(Action::kAllow);
  if (step.is_flow()) {
    counter.flow_match += packets;
  } else if (row.group == kNoRow) {
    counter.no_match += packets;
    if (!allows) counter.no_match_drop += packets;
  } else {
    (allows ? counter.rule_match : counter.rule_drop) += packets;
  }
}

void Engine::write_back_all() {
  unified_.each([this](uint32_t index) { write_back(index); });
}

}  // namespace portacl

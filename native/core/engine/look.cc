// What each layer would say of a packet. Nothing here changes what is known of flows; at most it is
// written back from where it was noted.
#include "engine/engine.h"
#include "layers/layer_rules.h"
#include "packet/parse.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

// Whether a quoted packet shows enough to name its flow.
bool names_a_flow(const PacketHeaders& quoted) {
  if (quoted.flags & kLaterFragment) return false;
  return quoted.result == ParseResult::kOk ||
         (quoted.result == ParseResult::kCutTransport && (quoted.flags & kHasPorts));
}

// What would tell that a port is closed. Source: windows-firewall.md 5.4.
bool reveals_closed_port(const PacketHeaders& packet) {
  if (packet.flags & kLaterFragment) return false;
  if (packet.protocol == ip_protocol::kIcmp) return packet.icmp_type == 3;
  return packet.protocol == ip_protocol::kIcmpv6 && packet.family == Family::kIpv6 &&
         (packet.icmp_type == 1 || packet.icmp_type == 4);
}

}  // namespace

// The order is that of docs/SEMANTICS.md 4.1.
void Engine::look(uint32_t layer_row, const PortBinding& binding, const PacketHeaders& packet,
                  Walk& walk) {
  const LayerRow& layer = program_->layers()[layer_row];
  const auto stage = static_cast<Stage>(layer.stage);
  const bool is_tcp = packet.protocol == ip_protocol::kTcp;
  WalkStep& step = walk.steps[walk.step_count++];
  begin_step(step, layer_row);
  // What no stage refuses comes as far as a firewall that is off. Assumption: W22.
  const bool has_state = keeps_state(layer_row) && (step.has_say || may_be_of_flow(packet));
  step.entry = walk.passage;
  // No rule and no flow can let such a packet out. Source: windows-firewall.md 5.4.
  if (hides(layer_row, binding) && reveals_closed_port(packet)) {
    step.reason = Reason::kStealth;
    return;
  }
  if (has_state) {
    look_for_flow(step, binding, packet, walk);
    if (step.flow == kNoFlow) look_for_asked_many(step, binding, packet, walk);
    if (step.flow != kNoFlow) return;
    if (step.replaces != kNoFlow && is_alien_syn(step.replaces, binding.direction, walk.opening)) {
      step.reason = Reason::kInvalidTcp;
      return;
    }
    if (quoted_flow(layer_row, binding.direction, packet) != kNoFlow) {
      step.allowed = true;
      step.reason = Reason::kRelated;
      return;
    }
  }
  if (is_exempt(layer, binding, packet)) {
    step.allowed = true;
    step.reason = Reason::kNeighborDiscovery;
    return;
  }
  // A layer that has no say refuses nothing. Assumption: N4.
  if (has_state && is_tcp && step.has_say && refuses_opening(stage, walk.opening)) {
    const bool hidden =
        step.replaces != kNoFlow && is_hidden_refusal(step.replaces, binding, walk.opening);
    step.reason = hidden ? Reason::kStealth : Reason::kNonSynWithoutState;
    step.replaces = kNoFlow;
    return;
  }
  if (has_state && step.has_say && is_strict() && is_icmp_answer(packet)) {
    step.reason = Reason::kReplyWithoutRequest;
    return;
  }
  const LayerAnswer answer = find_layer_rule(*classifiers_, layer, binding.direction, packet);
  step.assumed = answer.assumed;
  if (answer.assumed != kNoRow && program_->settings().refuse_indeterminate) {
    // Source: docs/semantics/firewall.md 4, unknownConditions: report.
    step.reason = Reason::kIndeterminate;
    return;
  }
  decide_by_rule(step, answer.rule);
  // Source: docs/SEMANTICS.md 5.1, "never made".
  step.makes_flow = step.allowed && has_state && keeps_flow(program_->rules()[step.rule]) &&
                    !(packet.flags & (kIcmpError | kLaterFragment)) &&
                    !(is_tcp && walk.opening == TcpOpening::kReset);
}

// Assumption: A5.
bool Engine::is_exempt(const LayerRow& layer, const PortBinding& binding,
                       const PacketHeaders& packet) const {
  return layer.stage == static_cast<uint8_t>(Stage::kSwitch) &&
         program_->settings().neighbor_discovery_exempt && !binding.as_told &&
         is_neighbor_discovery(packet) && !(layer.flags & kLayerBlocksAll);
}

// Source: docs/SEMANTICS.md 5.2, rows 2 and 3.
bool Engine::refuses_opening(Stage stage, TcpOpening opening) const {
  if (opening == TcpOpening::kReset) return stage == Stage::kHost;
  return opening == TcpOpening::kMidstream && is_strict();
}

// Whether the layer hides closed ports from those this packet goes to.
bool Engine::hides(uint32_t layer_row, const PortBinding& binding) const {
  return (program_->layers()[layer_row].flags & kLayerStealth) &&
         binding.direction == Direction::kOut;
}

void Engine::look_for_flow(WalkStep& step, const PortBinding& binding, const PacketHeaders& packet,
                           const Walk& walk) {
  const uint32_t index = flow_under(step.layer, binding.direction, {walk.key, walk.tuple});
  if (index == kNoFlow) return;
  if (!is_live(index, binding, packet, walk.opening)) {
    step.replaces = index;
    return;
  }
  step_through(step, index);
}

// The flow of a layer that packets with that key belong to in that direction, live or not.
uint32_t Engine::flow_under(uint32_t layer_row, Direction direction, const FlowEntry& entry) const {
  return is_paired(layer_row)
             ? find_pair(layer_row, direction, entry.key, entry.tuple)
             : flows_.find(entry.key.owned_by(layer_row), owner_hash(entry.tuple, layer_row));
}

// Whether a packet with the flow's key belongs to it. Source: docs/SEMANTICS.md 5.1, 5.2.
bool Engine::is_live(uint32_t index, const PortBinding& binding, const PacketHeaders& packet,
                     TcpOpening opening) {
  const FlowState& flow = state_of(index);
  if (flow.deadline_ns <= now_ns_) return false;
  if (is_hidden_refusal(index, binding, opening)) return false;
  if (is_alien_syn(index, binding.direction, opening)) return false;
  return packet.protocol != ip_protocol::kTcp || opening != TcpOpening::kSyn ||
         !is_closing(flow.tcp);
}

// The RST of a port where nobody listens: a SYN came in and nothing but this answers it.
// Source: windows-firewall.md 5.4.
bool Engine::is_hidden_refusal(uint32_t index, const PortBinding& binding, TcpOpening opening) {
  if (opening != TcpOpening::kReset) return false;
  const FlowState& flow = state_of(index);
  return flow.deadline_ns > now_ns_ && flow.tcp == TcpState::kSyn &&
         flow.opener == Direction::kIn && hides(flows_[index].key.layer(), binding);
}

// A SYN of the end that answered, while the connection is open. One that was picked up in
// mid-stream may have been opened by either. Source: docs/semantics/state.md 1 (S2).
bool Engine::is_alien_syn(uint32_t index, Direction direction, TcpOpening opening) {
  if (opening != TcpOpening::kSyn || !program_->settings().refuse_invalid_tcp) return false;
  const FlowState& flow = state_of(index);
  return flow.verified && !is_closing(flow.tcp) && flow.opener != direction &&
         flow.deadline_ns > now_ns_ && has_say(flows_[index].key.layer());
}

void Engine::step_through(WalkStep& step, uint32_t flow) const {
  step.flow = flow;
  step.rule = flows_.state(flow).rule;
  step.allowed = true;
  step.reason = Reason::kEstablished;
}

// Source: docs/SEMANTICS.md 4.1 step 2; the quoted packet went the other way.
uint32_t Engine::quoted_flow(uint32_t layer_row, Direction direction, const PacketHeaders& packet) {
  if (!(packet.flags & kIcmpError) || !program_->settings().icmp_errors_follow_flow) {
    return kNoFlow;
  }
  const PacketHeaders quoted = quoted_of(packet);
  if (quoted.family != packet.family || !names_a_flow(quoted)) return kNoFlow;
  FlowKey key;
  set_flow_key(key, quoted, opposite(direction), layer_row);
  // What it quotes left on the side where the error comes from: with the ends of packets that come
  // from there, which pass in the error's direction.
  const uint32_t index = flow_under(layer_row, direction, {key, tuple_hash(key, seed_)});
  return index == kNoFlow || is_due(index) ? kNoFlow : index;
}

FlowLoad Engine::load_of(uint32_t index) const {
  FlowLoad load{.all = 1, .half_open = is_half_open(flows_.state(index).tcp)};
  load.of(flow_class(flows_[index].key.protocol())) = 1;
  return load;
}

// Source: docs/semantics/state.md 3.
std::optional<FlowLimit> Engine::full_limit(const FlowLoad& load, const FlowLoad& room,
                                            const WalkStep& step, const Walk& walk) const {
  const SettingsRow& s = program_->settings();
  const FlowClass of = flow_class(entry_of(step, walk).key.protocol());
  if (load.all - room.all >= s.flows_max) return FlowLimit::kAll;
  if (load.of(of) - room.of(of) >= flows_max(s, of)) return limit_of(of);
  const bool half_open = of == FlowClass::kTcp && opening_at(step, walk) == TcpOpening::kSyn;
  if (half_open && load.half_open - room.half_open >= s.half_open_max) return FlowLimit::kHalfOpen;
  return std::nullopt;
}

std::optional<FlowLimit> Engine::full_limit(const WalkStep& step, Direction direction,
                                            const Walk& walk) {
  const auto full = [&] {
    const uint32_t old = flow_under(step.layer, direction, entry_of(step, walk));
    return full_limit(loads_[step.layer], old == kNoFlow ? FlowLoad{} : load_of(old), step, walk);
  };
  // Nearly always there is room, whatever goes for the flow.
  if (!full_limit(loads_[step.layer], {}, step, walk) || !full()) return std::nullopt;
  end_due_flows();
  return full();
}

bool Engine::walk_unified(const PortBinding& binding, const PacketHeaders& packet, Walk& walk) {
  if (!options_.unified_flows || !walk.keeps || !may_be_unified(packet)) return false;
  walk.unified_hash = unified_.hash(walk.key);
  walk.unified = unified_.find(walk.key, walk.unified_hash);
  if (walk.unified == kNoFlow) return false;
  const UnifiedState& entry = unified_[walk.unified];
  const auto direction = static_cast<size_t>(binding.direction);
  const UnifiedWalk kept = entry.walks[direction];
  if (kept.step_count == 0) return false;
  for (uint32_t i = 0; i < kept.step_count; ++i) {
    const UnifiedStep step = entry.steps[direction][i];
    if (step.is_flow()) {
      if (!is_live(step.flow(), binding, packet, walk.opening)) return false;
      begin_step(walk.steps[i], flows_[step.flow()].key.layer());
      step_through(walk.steps[i], step.flow());
    } else {
      if (kept.opening != static_cast<uint8_t>(walk.opening)) return false;
      if (may_answer(step, binding.direction, packet.protocol)) return false;
      begin_step(walk.steps[i], program_->rules()[step.rule()].layer);
      decide_by_rule(walk.steps[i], step.rule());
    }
  }
  walk.step_count = kept.step_count;
  walk.from_unified = true;
  return true;
}

// Steps are filled where they stand: a copy of what was just written has to wait for it.
void Engine::begin_step(WalkStep& step, uint32_t layer_row) const {
  step = {};
  step.layer = layer_row;
  step.rule = kNoRow;
  step.flow = kNoFlow;
  step.replaces = kNoFlow;
  step.assumed = kNoRow;
  step.stage = Stage::kSwitch;
  if (layer_row != kNoRow) {
    const LayerRow& layer = program_->layers()[layer_row];
    step.stage = static_cast<Stage>(layer.stage);
    step.has_say = (layer.flags & kLayerHasSay) != 0;
  }
}

void Engine::decide_by_rule(WalkStep& step, uint32_t rule) const {
  const RuleRow& row = program_->rules()[rule];
  step.rule = rule;
  step.reason = static_cast<Reason>(row.reason);
  step.allowed = lets_pass(row);
  step.from_rules = true;
}

}  // namespace portacl

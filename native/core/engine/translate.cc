// Layers that rewrite: what a packet leaves them as, flows as pairs, and who receives what left.
// Source: docs/semantics/actions.md; vfp.md 3.3, 3.6 to 3.8.
//
// Such a layer keeps a flow under two keys, each for one direction: that of the opener's packets as
// they came, and that of the answers, which is the mirror of the opener's packets as they left.
// What matches one leaves with the ends of the other. So the pair is the transposition and its
// inverse: a chosen backend needs no memory of its own.
#include <algorithm>

#include "engine/engine.h"
#include "packet/parse.h"
#include "packet/protocols.h"
#include "packet/service_ends.h"

namespace portacl {
namespace {

// Source: vfp.md 3.6, nat and lbnat.
Transposition transposition_by(const Program& program, const TranslationRow& row,
                               const PacketHeaders& packet) {
  Transposition out;
  if (row.destination_count > 0) {
    const uint32_t nth =
        row.destination_count == 1
            ? 0
            : choose_target(request_ends(packet), row.distribution, row.destination_count);
    const TargetRow& target = program.targets()[row.destination_first + nth];
    out.set_destination({target.hi, target.lo}, target.port);
  }
  if (row.source != kNoRow) {
    const TargetRow& target = program.targets()[row.source];
    out.set_source({target.hi, target.lo}, target.port);
  }
  return out;
}

}  // namespace

void Engine::note_layer_kinds() {
  layer_kinds_.clear();
  for (const EndpointRow& endpoint : program_->endpoints()) {
    const auto has = [&](uint8_t flag) { return program_->has_layer(endpoint, flag) ? flag : 0; };
    layer_kinds_.push_back(static_cast<uint8_t>(has(kLayerTranslates) | has(kLayerAsksFurther) |
                                                has(kLayerEncapsulates)));
  }
  opens_tunnels_ = std::ranges::any_of(
      layer_kinds_, [](uint8_t kinds) { return (kinds & kLayerEncapsulates) != 0; });
}

// Appends the step of such a layer. The packet behind it. What a stage with a say would refuse
// before any layer is asked (look_through) passes as it is, where none has.
const PacketHeaders* Engine::look_and_transpose(uint32_t layer_row, const PortBinding& binding,
                                                const PacketHeaders& packet, Walk& walk) {
  if (may_be_of_flow(packet)) {
    look(layer_row, binding, packet, walk);
    return transpose(binding, packet, walk);
  }
  const LayerRow& layer = program_->layers()[layer_row];
  WalkStep& step = walk.steps[walk.step_count++];
  begin_step(step, layer_row);
  decide_by_rule(step,
                 binding.direction == Direction::kIn ? layer.no_match_in : layer.no_match_out);
  return &packet;
}

// The packet behind the layer of the last step: as it was, or in the newest of passages_.
const PacketHeaders* Engine::transpose(const PortBinding& binding, const PacketHeaders& packet,
                                       Walk& walk) {
  WalkStep& step = walk.steps[walk.step_count - 1];
  if (!step.allowed) return &packet;
  Transposition change;
  if (step.from_rules) {
    const RuleRow& rule = program_->rules()[step.rule];
    if (rule.action == static_cast<uint8_t>(Action::kEncap)) {
      return encapsulate(rule, binding, packet, walk);
    }
    if (rule.action == static_cast<uint8_t>(Action::kDecap)) {
      return decapsulate(binding, packet, walk);
    }
    if (!transpose_by(rule, step, binding.direction, packet, walk, change)) {
      refuse_step(step, Reason::kNatPortsExhausted);
      return &packet;
    }
  } else {
    change = transposition_through(step, binding.direction, walk);
  }
  const bool related = step.reason == Reason::kRelated && is_paired(step.layer);
  if (change.modified == 0 && !related) return &packet;
  Passage& passage = next_passage(packet, walk);
  if (related) transpose_related(step, binding.direction, passage);
  change.apply(passage.packet);
  now_at_.sum.overlay(change);
  enter(passage, binding, walk);
  return &passage.packet;
}

// A copy of the packet, which is the newest of passages_.
Passage& Engine::next_passage(const PacketHeaders& packet, Walk& walk) {
  if (!walk.transposed) {
    passages_.clear();
    passages_.reserve(kEndpointLayersMax + 1);  // none moves: headers inside point into them
    passages_.push_back({packet, {}, {}, walk.key, walk.tuple});
    walk.transposed = true;
  }
  return passages_.emplace_back(Passage{packet, {}, {}, {}, 0});
}

// The walk goes on with the packet of the newest passage.
void Engine::enter(Passage& passage, const PortBinding& binding, Walk& walk) {
  set_flow_key(passage.key, passage.packet, binding.direction, binding.endpoint);
  passage.tuple = tuple_hash(passage.key, seed_);
  walk.key = passage.key;
  walk.tuple = passage.tuple;
  walk.opening = opening_of(passage.packet.tcp_flags);
  walk.passage = static_cast<uint8_t>(passages_.size() - 1);
}

// What a rule makes of the packet; false where it has nothing left to give.
bool Engine::transpose_by(const RuleRow& rule, const WalkStep& step, Direction direction,
                          const PacketHeaders& packet, const Walk& walk, Transposition& change) {
  if (rule.translation == kNoRow) return true;
  const TranslationRow& row = program_->translations()[rule.translation];
  if (rule.action == static_cast<uint8_t>(Action::kDynnat)) {
    return pick_from_pool(row, step, direction, packet, walk, change);
  }
  change = transposition_by(*program_, row, packet);
  return true;
}

// What the flow of a step, if it has one, makes of the packet.
Transposition Engine::transposition_through(const WalkStep& step, Direction direction,
                                            const Walk& walk) const {
  if (step.flow == kNoFlow || !is_paired(step.layer)) return {};
  return transposition_between(walk.key, partner_key(step.flow, direction), direction);
}

// An ICMP error about a flow is rewritten as the flow's own packets are; what it quotes, as those
// of the other direction. Source: docs/semantics/actions.md 3.
void Engine::transpose_related(const WalkStep& step, Direction direction, Passage& passage) {
  PacketHeaders& packet = passage.packet;
  const uint32_t flow = quoted_flow(step.layer, direction, packet);
  passage.quoted = quoted_of(packet);
  FlowKey key;
  set_flow_key(key, passage.quoted, opposite(direction), step.layer);
  const FlowKey& leaving = partner_key(flow, direction);
  transposition_between(key, leaving, opposite(direction)).apply(passage.quoted);
  packet.quoted_headers = &passage.quoted;
  // Its own ends may be those of a router between.
  const bool out = direction == Direction::kOut;
  IpAddress& local = out ? packet.source : packet.destination;
  IpAddress& remote = out ? packet.destination : packet.source;
  if (local == key.local) local = leaving.local;
  if (remote == key.remote) remote = leaving.remote;
}

// With what the packet came to the layer of the step.
FlowEntry Engine::entry_of(const WalkStep& step, const Walk& walk) const {
  if (!walk.transposed) return {walk.key, walk.tuple};
  const Passage& passage = passages_[step.entry];
  return {passage.key, passage.tuple};
}

// With what it left it. Requires: a step of the walk.
FlowEntry Engine::leaving_of(const WalkStep& step, const Walk& walk) const {
  const auto next = static_cast<uint32_t>(&step - walk.steps) + 1;
  if (next < walk.step_count) return entry_of(walk.steps[next], walk);
  return {walk.key, walk.tuple};
}

// The flow that packets with that key belong to in that direction; the key's owner does not matter.
uint32_t Engine::find_pair(uint32_t layer_row, Direction direction, const FlowKey& key,
                           uint64_t tuple) const {
  const uint32_t owner = paired_owner(layer_row, direction);
  const uint32_t hash = owner_hash(tuple, owner);
  const uint32_t flow = flows_.find(key.owned_by(owner), hash);
  if (flow != kNoFlow) return flow;
  const uint32_t mirror = mirrors_.find(key.owned_by(owner), hash);
  return mirror == kNoFlow ? kNoFlow : mirrors_[mirror].flow;
}

// The ends with which a packet of the flow that passes in `direction` leaves the layer.
const FlowKey& Engine::partner_key(uint32_t flow, Direction direction) const {
  return flows_.state(flow).opener == direction ? mirrors_[mirror_of_[flow]].key : flows_[flow].key;
}

// A fresh flow with both keys, or kNoFlow when memory is out. What stands in the place of the
// mirror gives way: see refuse_conflict().
uint32_t Engine::insert_pair(const FlowKey& forward, const FlowKey& mirror) {
  const auto hash = [this](const FlowKey& key) {
    return owner_hash(tuple_hash(key, seed_), key.owner());
  };
  const auto direction = static_cast<Direction>(mirror.owner() >> 20 & 1);
  const uint32_t other = find_pair(mirror.layer(), direction, mirror, tuple_hash(mirror, seed_));
  if (other != kNoFlow) finish_flow(other);
  const uint32_t flow = flows_.insert(forward, hash(forward));
  if (flow == kNoFlow) return kNoFlow;
  const uint32_t index = mirrors_.insert(mirror, hash(mirror));
  if (index == kNoFlow) {
    flows_.erase(flow, hash(forward));
    return kNoFlow;
  }
  mirrors_[index].flow = flow;
  if (mirror_of_.size() <= flow) mirror_of_.resize(flow + 1, kNoFlow);
  mirror_of_[flow] = index;
  return flow;
}

void Engine::end_mirror(uint32_t flow) {
  const uint32_t index = mirror_of_[flow];
  const FlowKey& key = mirrors_[index].key;
  mirrors_.erase(index, owner_hash(tuple_hash(key, seed_), key.owner()));
  mirror_of_[flow] = kNoFlow;
}

FlowCopy Engine::copy_of(uint32_t flow) const {
  FlowCopy copy{flows_[flow].key, flows_.state(flow), false, {}};
  if (flow < mirror_of_.size() && mirror_of_[flow] != kNoFlow) {
    copy.is_pair = true;
    copy.mirror = mirrors_[mirror_of_[flow]].key;
  }
  return copy;
}

// Turns what a step has allowed into a refusal by its layer.
void Engine::refuse_step(WalkStep& step, Reason reason) const {
  const uint8_t entry = step.entry;
  begin_step(step, step.layer);
  step.entry = entry;
  step.reason = reason;
}

// Turns a walk into a refusal when a flow that it would make has answers that another flow
// has already: nothing could tell whose they are, and no connection is forgotten to make room.
// A closing flow gives way to a SYN. Source: vfp.md 14.8; assumption: N3.
void Engine::refuse_conflict(const PortBinding& binding, const PacketHeaders& packet, Walk& walk) {
  if (!keeps_flows(walk)) return;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    WalkStep& step = walk.steps[i];
    if (!step.makes_flow || !is_paired(step.layer)) continue;
    const FlowEntry leaving = leaving_of(step, walk);
    const uint32_t other =
        find_pair(step.layer, opposite(binding.direction), leaving.key, leaving.tuple);
    if (other == kNoFlow || other == step.replaces ||
        gives_way(other, packet_at(step, packet, walk), opening_at(step, walk))) {
      continue;
    }
    refuse_step(step, Reason::kTranslationConflict);
    walk.step_count = i + 1;
    return;
  }
}

// Whether a flow that the packet would make may take the place of that one.
bool Engine::gives_way(uint32_t flow, const PacketHeaders& packet, TcpOpening opening) {
  if (is_due(flow)) return true;
  return packet.protocol == ip_protocol::kTcp && opening == TcpOpening::kSyn &&
         is_closing(flows_.state(flow).tcp);
}

// Remembers how a packet left its sender, for those who receive it. The place of a packet that was
// told says nothing of others.
void Engine::note_left(const PortBinding& binding, const PacketHeaders& packet, const Walk& walk) {
  const bool otherwise = walk.transposed || binding.from_front() || binding.from_tunnel();
  if (!otherwise || !walk.allowed() || binding.direction != Direction::kOut || binding.as_told) {
    return;
  }
  left_ = Left{HeldPacket(walk.transposed ? passages_[walk.passage].packet : packet), now_at_};
}

// How an allowed packet left the endpoint's layers, where that may be otherwise than it came.
uint32_t Engine::note_departure(const PortBinding& binding, const PacketHeaders& packet,
                                const Walk& walk) {
  const bool otherwise = walk.transposed || binding.from_front();
  // What was captured in the headers that its sender's layers put on has them.
  if (!notes_departures_ || !otherwise || !walk.allowed() || binding.from_tunnel()) return kNoRow;
  const StackTransposition& sum = now_at_.sum;
  const PacketHeaders* last = walk.transposed ? &passages_[walk.passage].packet : &packet;
  for (uint32_t i = 0; i < sum.push_count; ++i) last = last->carried;
  Departure& departure = departures_.emplace_back();
  departure.ends = PacketEnds::of(*last);
  if (last->quoted_headers != nullptr) {
    departure.quoted = PacketEnds::of(*last->quoted_headers);
    departure.has_quoted = true;
  }
  departure.pops = sum.pops;
  departure.push_count = sum.push_count;
  departure.pushes = sum.pushes;
  departure.destination_mac = sum.modify.destination_mac;
  return static_cast<uint32_t>(departures_.size() - 1);
}

void Engine::judge_receivers(const PortBinding& sender, const CaptureRecord& record,
                             std::vector<VerdictRecord>* out) {
  const HeldPacket held = left_->packet;
  const PacketHeaders& packet = held.get();
  came_ = left_->arrival;
  left_.reset();
  placed_.clear();
  bind_receivers(packet, sender);
  for (const PortBinding& binding : placed_) {
    const Verdict verdict = judge(binding, packet, record);
    if (packet.protocol == ip_protocol::kTcp) {
      count_flags(binding.endpoint, binding.direction, packet.tcp_flags);
    }
    count(binding, verdict, record);
    if (out != nullptr) out->push_back(verdict_record(binding, record, verdict));
  }
  came_.reset();
}

bool Engine::still_leads_there(const Program& after, const RuleRow& rule,
                               const FlowCopy& flow) const {
  if (rule.translation == kNoRow) return !flow.is_pair || flow.key.has_ends_of(flow.mirror);
  if (!flow.is_pair) return false;
  const TranslationRow& row = after.translations()[rule.translation];
  if (rule.action == static_cast<uint8_t>(Action::kDynnat)) return has_source_of(after, row, flow);
  const uint32_t choices = std::max(row.destination_count, 1u);
  for (uint32_t i = 0; i < choices; ++i) {
    TranslationRow one = row;
    one.destination_first += i;
    one.destination_count = std::min(row.destination_count, 1u);
    PacketHeaders packet = opening_packet(flow.key, flow.state.opener);
    transposition_by(after, one, packet).apply(packet);
    FlowKey key;
    set_flow_key(key, packet, flow.state.opener, 0);
    if (key.has_ends_of(flow.mirror)) return true;
  }
  return false;
}

}  // namespace portacl

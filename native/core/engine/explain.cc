// Explains a verdict instead of giving it: the same looking as for a packet that is judged
// (look.cc), then every rule asked with what it wanted. Nothing is settled, so nothing changes; the
// clock is put forward to the packet's time and back.
//
// The unified flow table is not asked: it grants nothing (docs/SEMANTICS.md 5.4).
#include <algorithm>

#include "classifier/classifier.h"
#include "engine/engine.h"
#include "layers/layer_rules.h"
#include "packet/parse.h"

namespace portacl {
namespace {

// Shows another time until the end of its scope.
class ClockAt {
 public:
  ClockAt(int64_t& clock, int64_t time) : clock_(clock), before_(clock) { clock = time; }
  ~ClockAt() { clock_ = before_; }
  ClockAt(const ClockAt&) = delete;
  ClockAt& operator=(const ClockAt&) = delete;

 private:
  int64_t& clock_;
  int64_t before_;
};

PacketForm form_of(ParseResult result) {
  switch (result) {
    case ParseResult::kOk:
      return PacketForm::kWhole;
    case ParseResult::kNotIp:
      return PacketForm::kNotIp;
    case ParseResult::kMalformed:
      return PacketForm::kMalformed;
    case ParseResult::kCutLink:
      return PacketForm::kCutLink;
    case ParseResult::kCutTransport:
      return PacketForm::kCutTransport;
  }
  return PacketForm::kMalformed;
}

uint8_t seen_flags(const PacketHeaders& packet, const CaptureRecord& record) {
  const auto flag = [&](uint8_t from, uint8_t to) { return (packet.flags & from) ? to : 0; };
  return static_cast<uint8_t>(
      flag(kHasPorts, kSeenHasPorts) | flag(kFragment, kSeenFragment) |
      flag(kLaterFragment, kSeenLaterFragment) | flag(kIcmpEcho, kSeenIcmpQuery) |
      flag(kIcmpError, kSeenIcmpError) | flag(kHasGreKey, kSeenHasGreKey) |
      (packet.tni == kNoTni ? 0 : kSeenHasTni) | (record.time_ns == kNoTime ? 0 : kSeenHasTime));
}

SeenPacketRow seen(const PacketHeaders& packet, const CaptureRecord& record) {
  SeenPacketRow row{};
  row.frame = record.frame;
  row.time_ns = record.time_ns == kNoTime ? 0 : static_cast<uint64_t>(record.time_ns);
  row.source_hi = packet.source.hi;
  row.source_lo = packet.source.lo;
  row.destination_hi = packet.destination.hi;
  row.destination_lo = packet.destination.lo;
  row.source_mac = packet.source_mac;
  row.destination_mac = packet.destination_mac;
  row.fragment_id = packet.fragment_id;
  row.tni = packet.tni;
  row.gre_key = packet.gre_key;
  row.vlan = packet.vlan;
  row.source_port = packet.source_port;
  row.destination_port = packet.destination_port;
  row.icmp_id = packet.icmp_id;
  row.family = static_cast<uint8_t>(packet.family);
  row.protocol = packet.protocol;
  row.tcp_flags = packet.tcp_flags;
  row.icmp_type = packet.icmp_type;
  row.icmp_code = packet.icmp_code;
  row.form = static_cast<uint8_t>(form_of(packet.result));
  row.flags = seen_flags(packet, record);
  return row;
}

}  // namespace

void Engine::explain(const CaptureRecord& record, Explanation& out) {
  PacketHeaders packet;
  parse_headers({&record, 1}, {&packet, 1});
  placed_.clear();
  ports_->bind_one(packet, 0, placed_);
  bind_carried(packet, record, 0);
  explain_placed(packet, record, out);
}

void Engine::explain_let_through(const CaptureRecord& record, Reason reason, Explanation& out) {
  PacketHeaders packet;
  parse_headers({&record, 1}, {&packet, 1});
  placed_.assign(1, {0, kNoRow, Direction::kOut, reason});
  explain_placed(packet, record, out);
}

// Requires: placed_ says who judges the packet.
void Engine::explain_placed(const PacketHeaders& packet, const CaptureRecord& record,
                            Explanation& out) {
  out.packets.assign(1, seen(packet, record));
  out.steps.clear();
  const ClockAt clock(now_ns_, clock_at(record.time_ns));
  uint64_t next_flow_id = next_flow_id_;
  HeldPacket now(packet);  // as it comes to the endpoint
  bool otherwise = false;  // than it was read
  std::vector<PortBinding> bindings = placed_;
  for (size_t i = 0; i < bindings.size(); ++i) {
    const PortBinding binding = bindings[i];
    if (binding.from_front()) {
      PacketHeaders quoted;
      now = HeldPacket(ports_->fronts().before_front(now.get(), quoted));
    }
    if (binding.from_tunnel()) now = HeldPacket(before_tunnel(now.get(), record));
    otherwise |= binding.from_front() || binding.from_tunnel();
    out.add(TraceEvent::kEndpoint, binding.endpoint).direction =
        static_cast<uint8_t>(binding.direction);
    if (otherwise) explain_translated(kNoRow, now.get(), record, out);
    const Verdict verdict = explain_at(binding, now.get(), record, next_flow_id, out);
    if (binding.from_tunnel()) note_left_tunnel(binding, now.get(), verdict);
    TraceRow& row = out.add(TraceEvent::kVerdict, verdict.rule);
    row.other = verdict.layer;
    row.flow = verdict.flow;
    row.direction = static_cast<uint8_t>(binding.direction);
    row.outcome = static_cast<uint8_t>(verdict.outcome);
    row.stage = static_cast<uint8_t>(verdict.stage);
    row.reason = static_cast<uint8_t>(verdict.reason);
    row.flow_event = static_cast<uint8_t>(verdict.flow_event);
    // What the sender's stages drop never reaches a receiver. Source: hns.md R3, 6.2.
    if (verdict.outcome == Outcome::kDrop && binding.direction == Direction::kOut) break;
    if (!left_) continue;
    // The order is that of judge_receivers().
    now = left_->packet;
    came_ = left_->arrival;
    left_.reset();
    otherwise = true;
    bindings.resize(i + 1);
    placed_.clear();
    bind_receivers(now.get(), binding);
    bindings.insert(bindings.end(), placed_.begin(), placed_.end());
  }
  came_.reset();
}

// The packet as it goes on from here; `rule` is what rewrote it, where a layer did.
void Engine::explain_translated(uint32_t rule, const PacketHeaders& packet,
                                const CaptureRecord& record, Explanation& out) {
  out.add(TraceEvent::kTranslated, static_cast<uint32_t>(out.packets.size())).other = rule;
  out.packets.push_back(seen(packet, record));
}

// The order is that of Engine::judge.
Verdict Engine::explain_at(const PortBinding& binding, const PacketHeaders& packet,
                           const CaptureRecord& record, uint64_t& next_flow_id, Explanation& out) {
  if (binding.endpoint == kNoRow) return unjudged(binding.unjudged);
  if (is_later_fragment(packet)) {
    if (fragments_.find(fragment_key(binding, packet), now_ns_) != nullptr) {
      return explain_fragment(binding, packet, out);
    }
  } else if (packet.result == ParseResult::kCutTransport) {
    return unjudged(Reason::kCutCapture);
  }
  Walk walk;
  if (!is_later_fragment(packet)) set_key(walk, binding, packet);
  begin_arrival(record);
  look_through(binding, packet, walk);
  if (walk.translates) refuse_conflict(binding, packet, walk);
  refuse_without_room(
      walk, [&](const WalkStep& step) { return foreseen_limit(step, binding.direction, walk); });
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    const PacketHeaders& entry = walk.transposed ? passages_[step.entry].packet : packet;
    explain_step(step, binding.direction, entry, out);
    const uint8_t leaves = i + 1 < walk.step_count ? walk.steps[i + 1].entry : walk.passage;
    if (step.allowed && leaves != step.entry) {
      explain_translated(step.rule, passages_[leaves].packet, record, out);
    }
  }
  if (walk.inside == Inside::kUnjudged) return unjudged(walk.inside_reason);
  if (walk.inside == Inside::kLater) {
    return explain_fragment(binding, passages_[walk.opened].packet, out);
  }
  Verdict verdict = verdict_of(walk);
  if (keeps_flows(walk)) {
    const NamedFlow named = foresee_flows(binding.direction, packet, walk, next_flow_id);
    if (walk.allowed()) {
      verdict.flow = named.id;
      verdict.flow_event = named.event;
    }
  }
  if (walk.translates || binding.from_front()) note_left(binding, packet, walk);
  return verdict;
}

// Requires: a later fragment whose first one is known.
Verdict Engine::explain_fragment(const PortBinding& binding, const PacketHeaders& packet,
                                 Explanation& out) const {
  Verdict verdict = *fragments_.find(fragment_key(binding, packet), now_ns_);
  out.add(TraceEvent::kFragment, verdict.rule).other = verdict.layer;
  verdict.flow_event = FlowEvent::kNone;
  return verdict;
}

void Engine::explain_step(const WalkStep& step, Direction direction, const PacketHeaders& packet,
                          Explanation& out) {
  out.add(TraceEvent::kLayer, step.layer).stage = static_cast<uint8_t>(step.stage);
  if (step.flow != kNoFlow) explain_flow(step.flow, TraceEvent::kFlow, out);
  // One whose time has come may stand in the table or not: it is as good as gone.
  if (step.replaces != kNoFlow && !is_due(step.replaces)) {
    const bool refuses = step.reason == Reason::kInvalidTcp;
    explain_flow(step.replaces, refuses ? TraceEvent::kFlow : TraceEvent::kClosingFlow, out);
  }
  // A layer that refuses for want of room, or of certainty, has let its rules decide before.
  const bool asked =
      step.from_rules || step.reason == Reason::kFlowLimit || step.reason == Reason::kIndeterminate;
  if (asked && step.layer != kNoRow) {
    explain_groups(step.layer, direction, packet, out);
  }
  if (step.assumed != kNoRow) out.add(TraceEvent::kAssumed, step.assumed);
  TraceRow& answer = out.add(TraceEvent::kAnswer, step.rule);
  answer.other = step.layer;
  answer.outcome = static_cast<uint8_t>(step.allowed ? Outcome::kAllow : Outcome::kDrop);
  answer.stage = static_cast<uint8_t>(step.stage);
  answer.reason = static_cast<uint8_t>(step.reason);
  answer.count = step.makes_flow;
}

void Engine::explain_flow(uint32_t flow, TraceEvent kind, Explanation& out) {
  const FlowState& state = state_of(flow);
  TraceRow& row = out.add(kind, state.rule);
  row.flow = state.id;
  row.life_ns = state.deadline_ns == kNever ? ~uint64_t{0}
                                            : static_cast<uint64_t>(state.deadline_ns - now_ns_);
  row.direction = static_cast<uint8_t>(state.opener);
  row.tcp_state = static_cast<uint8_t>(state.tcp);
}

// Linear in the rules, whatever algorithm judges.
void Engine::explain_groups(uint32_t layer_row, Direction direction, const PacketHeaders& packet,
                            Explanation& out) const {
  const LayerRow& layer = program_->layers()[layer_row];
  const auto ask = [&](const GroupRow& group, uint32_t group_row) {
    const size_t head = out.steps.size();
    out.add(TraceEvent::kGroup, group_row);
    for (uint32_t row = group.rule_first; row < group.rule_first + group.rule_count; ++row) {
      const Mismatch mismatch =
          find_mismatch(*program_, program_->rules()[row], packet.family, packet);
      TraceRow& rule = out.add(TraceEvent::kRule, row);
      if (mismatch.count > 0) rule.other = program_->conditions()[mismatch.condition].field;
      rule.count = static_cast<uint8_t>(std::min(mismatch.count, 255u));
      if (mismatch.count > 0) continue;
      out.steps[head].other = row;
      return row;
    }
    return kNoRow;
  };
  const uint32_t decides = walk_groups(*program_, layer, direction, packet.family, ask).rule;
  if (program_->rules()[decides].group == kNoRow) out.add(TraceEvent::kDefault, decides);
}

// What settle_flows() would do, on copies.
NamedFlow Engine::foresee_flows(Direction direction, const PacketHeaders& packet, const Walk& walk,
                                uint64_t& next_flow_id) {
  NamedFlow named;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    if (step.flow == kNoFlow) continue;
    FlowState state = state_of(step.flow);
    const TcpTimers timers = tcp_timers(step.layer, state.rule);
    const FlowEvent change = only_renews(state, packet_at(step, packet, walk))
                                 ? FlowEvent::kNone
                                 : advance_tcp(state, packet_at(step, packet, walk),
                                               direction == state.opener, timers, now_ns_);
    named.found(state.id, change);
  }
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    if (!step.makes_flow) continue;
    FlowState state;
    const uint64_t id = named.id == 0 ? next_flow_id++ : named.id;
    named.made(open_flow(state, step, packet_at(step, packet, walk)), id);
  }
  return named;
}

// As full_limit(), without ending the flows that are due.
std::optional<FlowLimit> Engine::foreseen_limit(const WalkStep& step, Direction direction,
                                                const Walk& walk) {
  if (!full_limit(loads_[step.layer], {}, step, walk)) return std::nullopt;
  const uint32_t old = flow_under(step.layer, direction, entry_of(step, walk));
  FlowLoad live;
  for (uint32_t i = 0; i < flows_.record_limit(); ++i) {
    const FlowKey& key = flows_[i].key;
    if (key.layer() != step.layer || i == old) continue;
    // Records that are free keep their last key: only the table knows which are in use.
    const bool in_use = flows_.find(key, owner_hash(tuple_hash(key, seed_), key.owner())) == i;
    if (in_use && !is_due(i)) live.add(load_of(i));
  }
  return full_limit(live, {}, step, walk);
}

}  // namespace portacl

#include "engine/engine.h"

#include <algorithm>
#include <limits>

#include "packet/parse.h"
#include "packet/protocols.h"

namespace portacl {
// cppcheck-suppress uninitMemberVar ; it takes the function count() for a member
Engine::Engine(std::shared_ptr<const GroupClassifiers> policy, const EngineOptions& options)
    : program_(policy->program()),
      classifiers_(std::move(policy)),
      options_(options),
      seed_(options.hash_secret),
      ports_(std::in_place, *program_, seed_),
      wheel_(flows_),
      unified_(seed_),
      fragments_(program_->settings().fragments_max,
                 static_cast<int64_t>(program_->settings().fragment_ms) * 1'000'000, seed_),
      loads_(program_->layers().size()),
      asked_flows_(program_->layers().size(), 0),
      clock_set_(options.clock_from_zero) {
  counters_.size_for(*program_);
  note_broadcasts();
  note_layer_kinds();
}

int64_t Engine::clock_at(int64_t time_ns) const {
  if (time_ns == kNoTime || !clock_set_) return now_ns_;
  // Source: docs/SEMANTICS.md 5.1, time never runs backwards. A difference beyond the range of the
  // clock wraps to something negative, or stands at its end.
  const auto elapsed =
      static_cast<int64_t>(static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(clock_start_ns_));
  if (time_ns < clock_start_ns_ || elapsed <= now_ns_) return now_ns_;
  return std::min(elapsed, kClockMax);
}

// No time is before every other.
inline void Engine::advance_clock(int64_t time_ns) {
  if (time_ns <= newest_time_ns_) return;
  if (time_ns >= plain_until_ns_) [[unlikely]]
    return begin_second(time_ns);
  newest_time_ns_ = time_ns;
  now_ns_ = time_ns - clock_start_ns_;
}

// The first time of a capture, and those that may bring flows to their end.
void Engine::begin_second(int64_t time_ns) {
  if (!clock_set_) {
    clock_set_ = true;
    clock_start_ns_ = time_ns;
  }
  const int64_t now_ns = clock_at(time_ns);
  if (now_ns == now_ns_) return;
  newest_time_ns_ = time_ns;
  now_ns_ = now_ns;
  if (now_ns_ >= wheel_.next_second_ns()) expire_flows();
  // At its end the clock stands, and no time is after the last.
  const int64_t left_ns = wheel_.next_second_ns() - now_ns_;
  if (now_ns_ < kClockMax && time_ns <= std::numeric_limits<int64_t>::max() - left_ns) {
    plain_until_ns_ = time_ns + left_ns;
  }
}

// Kept walks note frames by their lower half: where the upper one changes they are written back.
inline void Engine::note_frame(const CaptureRecord& record) {
  if (record.frame >> 32 == frame_high_) [[likely]]
    return;
  write_back_all();
  unified_.each(
      [this](uint32_t index) { std::ranges::fill(unified_[index].last_frame, UINT32_MAX); });
  frame_high_ = record.frame >> 32;
}

// Whether a packet that meets rows alone meets them again. A row of UDP that comes in is asked anew
// where it may answer to somebody by now.
inline bool Engine::repeats(const UnifiedState& entry, Direction direction, uint8_t protocol,
                            uint8_t tcp_flags) const {
  const UnifiedWalk kept = entry.walks[static_cast<size_t>(direction)];
  if (kept.opening != static_cast<uint8_t>(opening_of(tcp_flags)) || has_invalid_flags(tcp_flags)) {
    return false;
  }
  for (uint32_t i = 0; i < kept.step_count; ++i) {
    if (may_answer(entry.steps[static_cast<size_t>(direction)][i], direction, protocol)) {
      return false;
    }
  }
  return true;
}

// Of several captures frames may come in any order; those that are noted ascend.
inline bool may_be_noted(const UnifiedState& entry, size_t direction, const CaptureRecord& record) {
  return record.original_bytes <= NotedPackets::kBytesMax &&
         static_cast<uint32_t>(record.frame) >= entry.last_frame[direction];
}

// ICMP errors and neighbour discovery have keys under which nothing is ever kept.
template <class Table, class Key>
inline const UnifiedState* Engine::note(Table& table, const Key& key, const Glance& glance,
                                        Direction direction, const CaptureRecord& record) {
  uint32_t index = glance.guess;
  // The guess may have gone since: what is erased has no walks.
  if (index == kNoFlow || !(table[index].key == key)) {
    index = table.find(key, glance.hash);
    if (index == kNoFlow) return nullptr;
  }
  UnifiedState& entry = table[index].state;
  const auto d = static_cast<size_t>(direction);
  const NextPacket next = entry.walks[d].next_packet();
  if (next == NextPacket::kRenews) [[likely]] {
    if (!is_plain_segment(glance.tcp_flags) || after_ms(entry.last_ns, entry.idle_ms) <= now_ns_ ||
        !may_be_noted(entry, d, record)) {
      return nullptr;
    }
    entry.last_ns = now_ns_;
  } else if (next != NextPacket::kRepeats || !may_be_noted(entry, d, record) ||
             !repeats(entry, direction, static_cast<uint8_t>(key.scope), glance.tcp_flags)) {
    return nullptr;
  } else {
    count_flags(key.scope >> 9, direction, glance.tcp_flags);
  }
  if (entry.noted[d].is_full()) [[unlikely]]
    write_back(unified_.index_of(table, index));
  entry.noted[d].add(record.original_bytes);
  entry.last_frame[d] = static_cast<uint32_t>(record.frame);
  return &entry;
}

// Nearly every packet of a long capture ends here: its stages have live flows, the unified flow
// table names them, and nothing changes but deadlines and counters; or rows alone decide, and did.
// The entry that it is noted in, or null.
inline const UnifiedState* Engine::judge_quickly(const PortBinding& binding, const Glance& glance,
                                                 const CaptureRecord& record) {
  if (glance.family == Family::kIpv4) [[likely]] {
    return note(unified_.ipv4(), glance.key4, glance, binding.direction, record);
  }
  if (glance.family == Family::kNone) return nullptr;
  FlowKey key;
  set_flow_key(key, headers_[binding.packet], binding.direction, binding.endpoint);
  return note(unified_.ipv6(), key, glance, binding.direction, record);
}

// Packet by packet in capture order.
void Engine::judge_batch(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>* out) {
  // Pointers of our own: what is written below could otherwise be the vectors' for all one knows.
  const std::span<const PortBinding> bindings(bindings_.data(), binding_count_);
  const Glance* glance = glances_.data();
  for (const CaptureRecord& record : packets) counters_.bytes += record.original_bytes;
  counters_.packets += packets.size();
  uint32_t stopped_packet = kNoRow;
  uint32_t last_packet = kNoRow;
  for (const PortBinding& binding : bindings) {
    const Glance& glanced = *glance++;
    const CaptureRecord& record = packets[binding.packet];
    if (binding.packet != last_packet) {
      last_packet = binding.packet;
      advance_clock(record.time_ns);
      note_frame(record);
    }
    // What the sender's stages drop never reaches a receiver. Source: hns.md R3, 6.2.
    if (binding.packet == stopped_packet) continue;
    const auto push = [&](const Verdict& verdict) {
      out->push_back(verdict_record(binding, record, verdict));
    };
    bool allowed;
    if (const UnifiedState* noted = judge_quickly(binding, glanced, record)) [[likely]] {
      const auto direction = static_cast<size_t>(binding.direction);
      allowed = noted->walks[direction].allowed;
      if (out != nullptr) push(describe(*noted, direction));
    } else {
      PacketHeaders& packet = headers_[binding.packet];
      if (glanced.unparsed) parse_headers({&record, 1}, {&packet, 1});
      if (binding.from_front()) packet = ports_->fronts().before_front(packet, quoted_inside_);
      if (binding.from_tunnel()) packet = before_tunnel(packet, record);
      const Verdict verdict = judge(binding, packet, record);
      if (binding.from_tunnel()) [[unlikely]]
        note_left_tunnel(binding, packet, verdict);
      if (packet.protocol == ip_protocol::kTcp && binding.endpoint != kNoRow) {
        count_flags(binding.endpoint, binding.direction, packet.tcp_flags);
      }
      count(binding, verdict, record);
      allowed = verdict.outcome != Outcome::kDrop;
      if (out != nullptr) push(verdict);
      if (binding.from_tunnel()) [[unlikely]]
        came_.reset();
      if (left_) [[unlikely]] {
        // Who receives it says the packet as it left, not as it was captured.
        stopped_packet = binding.packet;
        judge_receivers(binding, record, out);
        continue;
      }
    }
    if (!allowed && binding.direction == Direction::kOut) stopped_packet = binding.packet;
  }
}

Verdict Engine::judge(const PortBinding& binding, const PacketHeaders& packet,
                      const CaptureRecord& record) {
  if (binding.endpoint == kNoRow) return unjudged(binding.unjudged);
  if (is_later_fragment(packet)) {
    return judge_later_fragment(binding, packet, record);
  }
  const Verdict verdict = packet.result == ParseResult::kCutTransport
                              ? unjudged(Reason::kCutCapture)
                              : judge_by_walk(binding, packet, record);
  if ((packet.flags & kFragment) && !options_.stateless) {
    fragments_.put(fragment_key(binding, packet), verdict, record.frame, now_ns_);
  }
  return verdict;
}

Verdict Engine::judge_by_walk(const PortBinding& binding, const PacketHeaders& packet,
                              const CaptureRecord& record) {
  Walk walk;
  set_key(walk, binding, packet);
  if (walk.translates || binding.from_front()) begin_arrival(record);
  if (!walk_unified(binding, packet, walk)) look_through(binding, packet, walk);
  if (walk.inside == Inside::kUnjudged) return unjudged(walk.inside_reason);
  if (walk.inside == Inside::kLater) return judge_inner_fragment(binding, record, walk);
  if (walk.translates) refuse_conflict(binding, packet, walk);
  refuse_without_room(
      walk, [&](const WalkStep& step) { return full_limit(step, binding.direction, walk); });
  Verdict verdict = settle(binding, packet, record, walk);
  if (walk.translates || binding.from_front()) {
    note_left(binding, packet, walk);
    verdict.departure = note_departure(binding, packet, walk);
  }
  if (walk.opened != 0) note_inner_fragment(binding, record, walk, verdict);
  return verdict;
}

// Where layers may rewrite, what was done to the packet in hand is known from here on.
void Engine::begin_arrival(const CaptureRecord& record) {
  now_at_ = came_ ? *came_ : Arrival{{}, record};
}

void Engine::set_key(Walk& walk, const PortBinding& binding, const PacketHeaders& packet) const {
  set_flow_key(walk.key, packet, binding.direction, binding.endpoint);
  walk.tuple = tuple_hash(walk.key, seed_);
  walk.translates = (layer_kinds_[binding.endpoint] & (kLayerTranslates | kLayerEncapsulates)) != 0;
  walk.keeps = layer_kinds_[binding.endpoint] == 0;
  walk.opening = opening_of(packet.tcp_flags);
}

// The walk of a packet that has no kept one and for which no first fragment answers.
void Engine::look_through(const PortBinding& binding, const PacketHeaders& packet, Walk& walk) {
  if (is_later_fragment(packet)) {
    walk_refused(binding, Reason::kFragmentWithoutFirst, walk);
  } else if (packet.result == ParseResult::kMalformed) {
    walk_refused(binding, Reason::kInvalidPacket, walk);
  } else if (is_invalid_tcp(packet)) {
    walk_refused(binding, Reason::kInvalidTcp, walk);
  }
  // Where no stage has a say no rule asks for ports, and nothing makes a flow of such a packet.
  if (walk.step_count == 0) walk_stages(binding, packet, walk);
}

void Engine::walk_stages(const PortBinding& binding, const PacketHeaders& packet, Walk& walk) {
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  const PacketHeaders* now = &packet;
  const auto pass = [&](uint32_t layer_row) {
    if (walk.inside != Inside::kRead) return pass_unread(layer_row, binding.direction, walk);
    if (rewrites(layer_row)) {
      now = look_and_transpose(layer_row, binding, *now, walk);
    } else {
      look(layer_row, binding, *now, walk);
    }
    return walk.allowed();
  };
  const auto pass_switch = [&] {
    if (endpoint.layer_count == 0) {
      WalkStep& step = walk.steps[walk.step_count++];
      begin_step(step, kNoRow);
      decide_by_rule(step, endpoint.no_layer_rule);
      return true;
    }
    for (uint32_t i = 0; i < endpoint.layer_count; ++i) {
      // The smallest priority is nearest to the container. Source: vfp.md 3.2.
      const uint32_t nth = binding.direction == Direction::kOut ? i : endpoint.layer_count - 1 - i;
      if (!pass(endpoint.layer_first + nth)) return false;
    }
    return true;
  };
  // Source: docs/SEMANTICS.md 1: in, switch then host; out, host then switch.
  if (binding.direction == Direction::kIn) {
    if (pass_switch()) pass(endpoint.host_layer);
  } else {
    if (pass(endpoint.host_layer)) pass_switch();
  }
}

FragmentKey Engine::fragment_key(const PortBinding& binding, const PacketHeaders& packet) {
  return {packet.source,
          packet.destination,
          packet.fragment_id,
          binding.endpoint,
          packet.protocol,
          static_cast<uint8_t>(packet.family),
          static_cast<uint8_t>(binding.direction)};
}

Verdict Engine::judge_later_fragment(const PortBinding& binding, const PacketHeaders& packet,
                                     const CaptureRecord& record) {
  if (const Verdict* first = fragments_.find(fragment_key(binding, packet), now_ns_)) {
    // Source: docs/SEMANTICS.md 5.3.
    Verdict verdict = *first;
    verdict.flow_event = FlowEvent::kNone;
    verdict.departure = kNoRow;
    verdict.host_flow_made = false;
    if (verdict.rule != kNoRow) credit_rule(verdict.rule, record);
    if (verdict.layer != kNoRow) {
      LayerCounter& counter = counters_.layer(verdict.layer, binding.direction);
      ++(verdict.outcome == Outcome::kDrop ? counter.fragment_drop : counter.fragment_match);
    }
    return verdict;
  }
  Walk walk;
  look_through(binding, packet, walk);
  return settle(binding, packet, record, walk);
}

void Engine::walk_refused(const PortBinding& binding, Reason reason, Walk& walk) const {
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  const bool out = binding.direction == Direction::kOut;
  uint32_t by = kNoRow;
  if (out && has_say(endpoint.host_layer)) by = endpoint.host_layer;
  for (uint32_t i = 0; i < endpoint.layer_count && by == kNoRow; ++i) {
    const uint32_t row = endpoint.layer_first + (out ? i : endpoint.layer_count - 1 - i);
    if (has_say(row)) by = row;
  }
  if (by == kNoRow && has_say(endpoint.host_layer)) by = endpoint.host_layer;
  if (by == kNoRow) return;
  WalkStep& step = walk.steps[walk.step_count++];
  begin_step(step, by);
  step.reason = reason;
}

void Engine::expire_flows() {
  wheel_.advance(
      now_ns_, [this](uint32_t index) { return is_due(index); },
      [this](uint32_t index) { finish_flow(index); });
}

// Flows whose time came within the present second still stand in the table.
void Engine::end_due_flows() {
  wheel_.sweep_present([this](uint32_t index) { return is_due(index); },
                       [this](uint32_t index) { finish_flow(index); });
}

void Engine::count(const PortBinding& binding, const Verdict& verdict,
                   const CaptureRecord& record) {
  counters_.reason(verdict.outcome, verdict.stage, verdict.reason).add(1, record.original_bytes);
  if (binding.endpoint == kNoRow) return;
  counters_.endpoint(binding.endpoint, binding.direction, verdict.outcome)
      .add(1, record.original_bytes);
  if (verdict.rule == kNoRow) count_without_row(binding, verdict, record);
}

void Engine::count_without_row(const PortBinding& binding, const Verdict& verdict,
                               const CaptureRecord& record) {
  EndpointReasonCounter& counter =
      counters_.endpoint_reason(binding.endpoint, binding.direction, verdict);
  if (counter.packets++ == 0) counter.first_frame = record.frame;
  counter.bytes += record.original_bytes;
}

void Engine::advance_to(int64_t time_ns) { advance_clock(time_ns); }

// `tcp_flags` of what is not TCP has none of these. Source: vfp.md 8.2.
void Engine::count_flags(uint32_t endpoint, Direction direction, uint8_t tcp_flags) {
  TcpPacketCounter& counter =
      counters_.tcp_packets[endpoint * 2 + static_cast<uint32_t>(direction)];
  if (tcp_flags & kTcpSyn) ++(tcp_flags & kTcpAck ? counter.syn_ack : counter.syn);
  if (tcp_flags & kTcpFin) ++counter.fin;
  if (tcp_flags & kTcpRst) ++counter.rst;
}

const Counters& Engine::counters() {
  write_back_all();
  end_due_flows();
  counters_.flows = next_flow_id_ - 1;
  counters_.fragment_overflows = fragments_.overflows();
  return counters_;
}

}  // namespace portacl

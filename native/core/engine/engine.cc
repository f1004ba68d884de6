#include "engine/engine.h"

#include <algorithm>

#include "packet/parse.h"

namespace portacl {
namespace {

FragmentKey fragment_key(const PortBinding& binding, const PacketHeaders& packet) {
  return {packet.source,
          packet.destination,
          packet.fragment_id,
          binding.endpoint,
          packet.protocol,
          static_cast<uint8_t>(packet.family),
          static_cast<uint8_t>(binding.direction)};
}

}  // namespace

Engine::Engine(std::shared_ptr<const Program> program, const EngineOptions& options)
    : program_(std::move(program)),
      options_(options),
      seed_(options.hash_secret),
      ports_(*program_, seed_),
      wheel_(flows_),
      unified_(seed_),
      fragments_(program_->settings().fragments_max,
                 static_cast<int64_t>(program_->settings().fragment_ms) * 1'000'000, seed_),
      layer_flows_(program_->layers().size(), 0),
      clock_set_(options.clock_from_zero) {
  counters_.rules.resize(program_->rules().size());
  counters_.endpoints.resize(program_->endpoints().size() * 2 * kOutcomes);
}

void Engine::process(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>& out) {
  headers_.resize(packets.size());
  metas_.resize(packets.size());
  parse_headers(packets, headers_);
  for (size_t i = 0; i < packets.size(); ++i) {
    metas_[i] = {packets[i].frame, packets[i].time_ns, packets[i].original_bytes};
  }
  bindings_.clear();
  ports_.bind(headers_, bindings_);
  judge_batch(out);
}

void Engine::judge_batch(std::vector<VerdictRecord>& out) {
  // Rooms without state, a column at a time.
  prepare();

  // Rooms with state, packet by packet in capture order.
  uint32_t stopped_packet = kNoRow;
  uint32_t last_packet = kNoRow;
  for (size_t i = 0; i < bindings_.size(); ++i) {
    const PortBinding& binding = bindings_[i];
    const PacketMeta& meta = metas_[binding.packet];
    if (binding.packet != last_packet) {
      last_packet = binding.packet;
      advance_clock(meta.time_ns);
      ++counters_.packets;
      counters_.bytes += meta.wire_bytes;
    }
    // What the sender's stages drop never reaches a receiver. Source: hns.md R3, 6.2.
    if (binding.packet == stopped_packet) continue;
    const Verdict verdict = judge(binding, headers_[binding.packet], prepared_[i], meta);
    if (verdict.outcome == Outcome::kDrop && binding.direction == Direction::kOut) {
      stopped_packet = binding.packet;
    }
    count(binding, verdict, meta);
    out.push_back(
        {meta.frame, meta.time_ns, binding.endpoint, binding.packet, binding.direction, verdict});
  }
}

Verdict Engine::judge(const PortBinding& binding, const PacketHeaders& packet,
                      const Prepared& prepared, const PacketMeta& meta) {
  if (binding.endpoint == kNoRow) return unjudged(binding.unjudged);
  if (packet.result == ParseResult::kCutTransport) return unjudged(Reason::kCutCapture);
  if ((packet.flags & kLaterFragment) && !options_.stateless) {
    return judge_later_fragment(binding, packet, meta);
  }
  Verdict verdict;
  if (options_.unified_flows && may_be_unified(packet) &&
      settle_established(binding, packet, prepared, meta, verdict)) {
    return remember_fragment(binding, packet, verdict);
  }
  return judge_slowly(binding, packet, prepared, meta);
}

Verdict Engine::judge_slowly(const PortBinding& binding, const PacketHeaders& packet,
                             const Prepared& prepared, const PacketMeta& meta) {
  Walk walk;
  walk.opening = options_.stateless ? TcpOpening::kSyn : tcp_opening(packet.tcp_flags);
  if (!walk_unified(binding, packet, prepared, walk)) {
    if (packet.result == ParseResult::kMalformed) {
      walk_refused(binding, Reason::kInvalidPacket, walk);
    }
    if (walk.step_count == 0) walk_stages(binding, packet, prepared, walk);
  }
  refuse_without_room(walk);
  return remember_fragment(binding, packet, settle(binding, packet, prepared, meta, walk));
}

Verdict Engine::remember_fragment(const PortBinding& binding, const PacketHeaders& packet,
                                  const Verdict& verdict) {
  if ((packet.flags & kFragment) && !options_.stateless) {
    fragments_.put(fragment_key(binding, packet), verdict, now_ns_);
  }
  return verdict;
}

void Engine::walk_stages(const PortBinding& binding, const PacketHeaders& packet,
                         const Prepared& prepared, Walk& walk) {
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  const auto pass = [&](uint32_t layer_row) {
    walk.steps[walk.step_count++] = look(layer_row, binding, packet, prepared, walk);
    return walk.allowed();
  };
  const auto pass_switch = [&] {
    if (endpoint.layer_count == 0) {
      walk.steps[walk.step_count++] = step_of_rule(kNoRow, endpoint.no_layer_rule);
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

Verdict Engine::judge_later_fragment(const PortBinding& binding, const PacketHeaders& packet,
                                     const PacketMeta& meta) {
  if (const Verdict* first = fragments_.find(fragment_key(binding, packet), now_ns_)) {
    // Source: docs/SEMANTICS.md 5.3.
    Verdict verdict = *first;
    verdict.flow_event = FlowEvent::kNone;
    if (verdict.rule != kNoRow) credit_rule(verdict.rule, meta);
    return verdict;
  }
  Walk walk;
  walk_refused(binding, Reason::kFragmentWithoutFirst, walk);
  // Where no stage has a say there is no state either, so the stages need no ports.
  if (walk.step_count == 0) walk_stages(binding, packet, {}, walk);
  return settle(binding, packet, {}, meta, walk);
}

void Engine::walk_refused(const PortBinding& binding, Reason reason, Walk& walk) const {
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  const auto has_say = [&](uint32_t row) {
    return (program_->layers()[row].flags & kLayerHasSay) != 0;
  };
  const bool out = binding.direction == Direction::kOut;
  uint32_t by = kNoRow;
  if (out && has_say(endpoint.host_layer)) by = endpoint.host_layer;
  for (uint32_t i = 0; i < endpoint.layer_count && by == kNoRow; ++i) {
    const uint32_t row = endpoint.layer_first + (out ? i : endpoint.layer_count - 1 - i);
    if (has_say(row)) by = row;
  }
  if (by == kNoRow && has_say(endpoint.host_layer)) by = endpoint.host_layer;
  if (by != kNoRow) walk.steps[walk.step_count++] = refusal(by, reason);
}

void Engine::prepare() {
  prepared_.resize(bindings_.size());
  for (size_t i = 0; i < bindings_.size(); ++i) {
    const PortBinding& binding = bindings_[i];
    const PacketHeaders& packet = headers_[binding.packet];
    Prepared& prepared = prepared_[i];
    if (binding.endpoint == kNoRow) continue;
    prepared.key = flow_key(packet, binding.direction).with_owner(binding.endpoint);
    prepared.tuple = tuple_hash(prepared.key, seed_);
    prepared.unified_hash = owner_hash(prepared.tuple, binding.endpoint);
    unified_.table().prefetch(prepared.unified_hash);
  }
  // Two more passes bring the lines that the one before has named; what dominates a long capture
  // are these misses, not the work between them.
  for (size_t i = 0; i < bindings_.size(); ++i) {
    if (bindings_[i].endpoint == kNoRow) continue;
    prepared_[i].guess = unified_.table().guess(prepared_[i].unified_hash);
    if (prepared_[i].guess != kNoFlow) unified_.table().prefetch_record(prepared_[i].guess);
  }
  for (size_t i = 0; i < bindings_.size(); ++i) {
    if (bindings_[i].endpoint == kNoRow || prepared_[i].guess == kNoFlow) continue;
    const UnifiedFlow& entry = unified_[prepared_[i].guess];
    const auto direction = static_cast<size_t>(bindings_[i].direction);
    for (uint32_t s = 0; s < entry.walks[direction].step_count; ++s) {
      const UnifiedStep step = entry.steps[direction][s];
      if (step.is_flow()) __builtin_prefetch(&flows_.state(step.flow()), 1);
    }
  }
}

void Engine::advance_clock(int64_t time_ns) {
  if (time_ns == kNoTime) return;
  if (!clock_set_) {
    clock_set_ = true;
    clock_start_ns_ = time_ns;
  }
  // A difference beyond the range of the clock stands still at its end instead of wrapping.
  int64_t elapsed;
  if (__builtin_sub_overflow(time_ns, clock_start_ns_, &elapsed)) return;
  // Source: docs/SEMANTICS.md 5.1, time never runs backwards.
  if (elapsed <= now_ns_) return;
  now_ns_ = std::min(elapsed, kClockMax);
  wheel_.advance(now_ns_, [this](uint32_t index) { end_flow(index); });
}

void Engine::count(const PortBinding& binding, const Verdict& verdict, const PacketMeta& meta) {
  ++counters_.records;
  const auto add = [&](PacketCounter& counter) {
    ++counter.packets;
    counter.bytes += meta.wire_bytes;
  };
  add(counters_.reasons[static_cast<size_t>(verdict.outcome)][static_cast<size_t>(verdict.stage)]
                       [static_cast<size_t>(verdict.reason)]);
  if (binding.endpoint != kNoRow) {
    add(counters_.endpoint(binding.endpoint, binding.direction, verdict.outcome));
  }
}

const Counters& Engine::counters() {
  counters_.flows = next_flow_id_ - 1;
  counters_.fragment_overflows = fragments_.overflows();
  return counters_;
}

}  // namespace portacl

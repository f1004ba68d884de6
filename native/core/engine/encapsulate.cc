// Layers that put headers on packets and take them off: what a packet is to the layers behind them,
// and who judges one that was captured in the headers of another.
// Source: docs/semantics/actions.md 8; vfp.md 2.4, 3.1, 3.6, 3.7.
//
// Such rules keep no flow (N24): the other direction has rules of its own. A packet that a layer
// put headers on names the one inside; of a captured tunnel the captured bytes show it
// (now_at_.shown).
#include <algorithm>

#include "engine/engine.h"
#include "layers/layer_rules.h"
#include "packet/parse.h"
#include "packet/tunnel.h"

namespace portacl {
namespace {

// The packet in a tunnel. False where nothing can be read there; `shown` goes where its bytes are.
bool read_carried(const PacketHeaders& packet, CaptureRecord& shown, PacketHeaders& inner) {
  if (!may_carry(packet)) return false;
  if (packet.carried != nullptr) {
    inner = *packet.carried;
  } else {
    CaptureRecord inside;
    if (shown.bytes == nullptr || open_tunnel(shown, inside) == Encapsulation::kNone) return false;
    parse_headers({&inside, 1}, {&inner, 1});
    shown = inside;
  }
  // An IP packet comes in the frame of the one that carried it.
  if (inner.source_mac == kNoMac && inner.destination_mac == kNoMac) {
    inner.source_mac = packet.source_mac;
    inner.destination_mac = packet.destination_mac;
    inner.vlan = packet.vlan;
  }
  return true;
}

}  // namespace

// Whether a layer of the endpoint takes the outer headers off such a packet that comes in.
bool Engine::opens(uint32_t endpoint, const PacketHeaders& packet) const {
  const EndpointRow& row = program_->endpoints()[endpoint];
  const auto layers = program_->layers().subspan(row.layer_first, row.layer_count);
  return std::ranges::any_of(layers, [&](const LayerRow& layer) {
    if ((layer.flags & kLayerEncapsulates) == 0) return false;
    const uint32_t rule = find_layer_rule(*classifiers_, layer, Direction::kIn, packet).rule;
    return program_->rules()[rule].action == static_cast<uint8_t>(Action::kDecap);
  });
}

// In placed_, which says that nobody judges the packet: who does by the packet inside.
void Engine::bind_carried(const PacketHeaders& packet, const CaptureRecord& record,
                          uint32_t index) {
  const bool is_nobodys = placed_.size() == 1 && placed_[0].endpoint == kNoRow &&
                          placed_[0].unjudged == Reason::kNoEndpoint;
  if (!opens_tunnels_ || !is_nobodys) return;
  CaptureRecord shown = record;
  PacketHeaders inner;
  if (!read_carried(packet, shown, inner)) return;
  const PortBinding nobody = placed_[0];
  placed_.clear();
  ports_->bind_one(inner, index, placed_);
  std::erase_if(placed_, [&](const PortBinding& binding) {
    return binding.endpoint == kNoRow || binding.from_front() || !opens(binding.endpoint, packet);
  });
  if (placed_.empty()) {
    placed_.push_back(nobody);
  } else if (placed_[0].direction == Direction::kOut) {
    // It was captured outside: its sender has put the headers on, and who else judges it comes
    // after.
    placed_.resize(1);
    placed_[0].captured = Captured::kInTunnel;
  }
}

// The packet as its sender had it. Requires: a binding by bind_carried().
PacketHeaders Engine::before_tunnel(const PacketHeaders& packet, const CaptureRecord& record) {
  Arrival& came = came_.emplace();
  came.shown = record;
  came.sum.pop();
  PacketHeaders inner;
  read_carried(packet, came.shown, inner);
  return inner;
}

void Engine::bind_receivers(const PacketHeaders& packet, const PortBinding& sender) {
  ports_->bind_receivers(packet, sender.endpoint, sender.packet, placed_);
  if (!placed_.empty() || !opens_tunnels_ || packet.carried == nullptr) return;
  // Who has the other end of a tunnel is who has what is in it.
  ports_->bind_receivers(*packet.carried, sender.endpoint, sender.packet, placed_);
  std::erase_if(placed_, [&](const PortBinding& binding) {
    return binding.endpoint == kNoRow || !opens(binding.endpoint, packet);
  });
}

// The packet behind a rule that put headers on it.
const PacketHeaders* Engine::encapsulate(const RuleRow& rule, const PortBinding& binding,
                                         const PacketHeaders& packet, Walk& walk) {
  const EncapsulationRow& row = program_->encapsulations()[rule.translation];
  if (now_at_.sum.push_count == kOuterHeadersMax) return refuse_encapsulation(packet, walk);
  Passage& passage = next_passage(packet, walk);
  const OuterHeaders outer = outer_headers(row, packet);
  Transposition inside;
  inside.set_destination_mac(row.inner_mac);
  inside.apply(passage.packet);
  now_at_.sum.overlay(inside);
  now_at_.sum.push(outer);
  passage.carried = passage.packet;
  passage.packet = encapsulated(passage.carried, outer);
  enter(passage, binding, walk);
  return &passage.packet;
}

// The packet behind a rule that took its outer headers off.
const PacketHeaders* Engine::decapsulate(const PortBinding& binding, const PacketHeaders& packet,
                                         Walk& walk) {
  PacketHeaders inner;
  const CaptureRecord before = now_at_.shown;
  if (!read_carried(packet, now_at_.shown, inner)) {
    // Assumption: N25.
    const bool is_whole = before.captured_bytes == before.original_bytes;
    const bool is_shown = before.bytes != nullptr && is_whole;
    if (!may_carry(packet) || is_shown) return refuse_encapsulation(packet, walk);
    walk.inside = Inside::kUnjudged;
    walk.inside_reason = Reason::kCutCapture;
    return &packet;
  }
  Passage& passage = next_passage(packet, walk);
  passage.packet = inner;
  now_at_.sum.pop();
  enter(passage, binding, walk);
  walk.opened = walk.passage;
  note_inside(binding, passage.packet, walk);
  return &passage.packet;
}

const PacketHeaders* Engine::refuse_encapsulation(const PacketHeaders& packet, Walk& walk) const {
  refuse_step(walk.steps[walk.step_count - 1], Reason::kInvalidPacket);
  return &packet;
}

// What came in a tunnel was captured outside: who receives it says the packet inside, also where no
// walk has noted how it left, as of a later fragment. Source: docs/semantics/actions.md 8, "Who
// judges".
void Engine::note_left_tunnel(const PortBinding& binding, const PacketHeaders& packet,
                              const Verdict& verdict) {
  if (left_ || verdict.outcome == Outcome::kDrop || binding.direction != Direction::kOut) return;
  left_ = Left{HeldPacket(packet), came_.value_or(Arrival{})};
}

// What can be said of a packet that came out of a tunnel before any layer is asked, as judge() and
// look_through() say it of captured ones.
void Engine::note_inside(const PortBinding& binding, const PacketHeaders& inner, Walk& walk) {
  const auto note = [&](Inside inside, Reason reason) {
    walk.inside = inside;
    walk.inside_reason = reason;
  };
  switch (inner.result) {
    case ParseResult::kNotIp:
      return note(Inside::kUnjudged, Reason::kNotIp);
    case ParseResult::kCutLink:
    case ParseResult::kCutTransport:
      return note(Inside::kUnjudged, Reason::kCutCapture);
    case ParseResult::kMalformed:
      return note(Inside::kRefused, Reason::kInvalidPacket);
    case ParseResult::kOk:
      break;
  }
  if (is_later_fragment(inner)) {
    const bool is_known = fragments_.find(fragment_key(binding, inner), now_ns_) != nullptr;
    return note(is_known ? Inside::kLater : Inside::kRefused, Reason::kFragmentWithoutFirst);
  }
  if (is_invalid_tcp(inner)) note(Inside::kRefused, Reason::kInvalidTcp);
}

// The step of a layer behind one that has opened a tunnel, where that says all: whether the walk
// goes on. Without a say a layer lets it pass, as look_and_transpose() does.
bool Engine::pass_unread(uint32_t layer_row, Direction direction, Walk& walk) const {
  if (walk.inside != Inside::kRefused) return false;
  WalkStep& step = walk.steps[walk.step_count++];
  begin_step(step, layer_row);
  step.entry = walk.passage;
  if (step.has_say) {
    step.reason = walk.inside_reason;
  } else {
    const LayerRow& layer = program_->layers()[layer_row];
    decide_by_rule(step, direction == Direction::kIn ? layer.no_match_in : layer.no_match_out);
  }
  return step.allowed;
}

// What was said of a first fragment that a tunnel carried, for the later ones.
void Engine::note_inner_fragment(const PortBinding& binding, const CaptureRecord& record,
                                 const Walk& walk, const Verdict& verdict) {
  const PacketHeaders& inner = passages_[walk.opened].packet;
  const bool is_first = (inner.flags & kFragment) && !(inner.flags & kLaterFragment);
  if (!is_first || options_.stateless) return;
  fragments_.put(fragment_key(binding, inner), verdict, record.frame, now_ns_);
}

// A later fragment that a tunnel carried: as one that was captured, by the first one in it.
Verdict Engine::judge_inner_fragment(const PortBinding& binding, const CaptureRecord& record,
                                     const Walk& walk) {
  const PacketHeaders fragment = passages_[walk.opened].packet;
  const uint32_t departure = note_departure(binding, fragment, walk);
  Verdict verdict = judge_later_fragment(binding, fragment, record);
  if (verdict.outcome != Outcome::kDrop) verdict.departure = departure;
  return verdict;
}

}  // namespace portacl

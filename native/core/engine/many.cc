// Answers of anybody: what UDP asks of many on the host stage, or by a rule with loose source or
// local only mapping, may be answered from any address for a while. Beside the flow of the packet
// that asked stands one without a far side; only what comes in finds it.
//
// Source: windows-firewall.md 6.2, 6.4; docs/semantics/firewall.md 3.4.
#include <algorithm>

#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

constexpr uint16_t kDhcpServer = 67, kDhcpClient = 68, kDhcpv6Client = 546, kDhcpv6Server = 547;

// Let through unless an option says otherwise. Source: windows-firewall.md 6.4, question 16.
bool answers_dhcp(const PacketHeaders& packet) {
  return (packet.source_port == kDhcpServer && packet.destination_port == kDhcpClient) ||
         (packet.source_port == kDhcpv6Server && packet.destination_port == kDhcpv6Client);
}

// Assumption: W11, UDP alone.
bool can_ask_many(const PacketHeaders& packet) {
  return packet.protocol == ip_protocol::kUdp && (packet.flags & kHasPorts) &&
         !(packet.flags & kLaterFragment);
}

}  // namespace

void Engine::note_broadcasts() {
  broadcasts_.clear();
  for (const auto& [address, endpoint] : program_->broadcasts()) {
    broadcasts_.push_back(uint64_t{endpoint} << 32 | address);
  }
  std::ranges::sort(broadcasts_);
}

bool Engine::is_of_many(uint32_t endpoint, Family family, const IpAddress& address) const {
  if (is_multicast(family, address) || is_limited_broadcast(family, address)) return true;
  return family == Family::kIpv4 &&
         std::ranges::binary_search(broadcasts_, uint64_t{endpoint} << 32 | address.lo);
}

bool Engine::goes_to_many(uint32_t endpoint, const PacketHeaders& packet) const {
  return is_of_many(endpoint, packet.family, packet.destination);
}

// The flow that was asked and that an incoming packet may answer to.
void Engine::look_for_asked_many(WalkStep& step, const PortBinding& binding,
                                 const PacketHeaders& packet, const Walk& walk) {
  if (step.stage != Stage::kHost || binding.direction != Direction::kIn ||
      asked_flows_[step.layer] == 0 || !can_ask_many(packet)) {
    return;
  }
  FlowKey key = any_remote_key(walk.key.owned_by(step.layer));
  const bool to_many = goes_to_many(binding.endpoint, packet);
  const auto try_key = [&] {
    const uint32_t flow = find_asked(step.layer, key);
    if (flow != kNoFlow && admits_answer(flow, step.layer, packet, to_many)) {
      step_through(step, flow);
    }
  };
  if (!to_many) return try_key();
  // What comes to many names no address of the endpoint.
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  for (uint32_t i = 0; i < endpoint.address_count && step.flow == kNoFlow; ++i) {
    const AddressRow& address = program_->addresses()[endpoint.address_first + i];
    if (address.family != static_cast<uint32_t>(packet.family)) continue;
    key.local = {address.hi, address.lo};
    try_key();
  }
}

uint32_t Engine::find_asked(uint32_t layer_row, const FlowKey& key) {
  const uint32_t index = flows_.find(key, owner_hash(tuple_hash(key, seed_), layer_row));
  return index == kNoFlow || is_due(index) ? kNoFlow : index;
}

bool Engine::admits_answer(uint32_t flow, uint32_t layer_row, const PacketHeaders& packet,
                           bool to_many) {
  const bool only_to_many = (program_->layers()[layer_row].flags & kLayerGroupAnswersOnly) &&
                            !is_any_remote_rule(flows_.state(flow).rule);
  if (to_many || !only_to_many) return true;
  // Assumption: W21.
  return program_->settings().dhcp_answers_exempt && answers_dhcp(packet);
}

// Makes or renews what anybody may answer to, after a packet that asks was let out.
void Engine::note_asked(Direction direction, const PacketHeaders& packet, const Walk& walk,
                        uint64_t id) {
  if (!has_any_remote(walk, direction, packet) || direction != Direction::kOut) return;
  const SettingsRow& settings = program_->settings();
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    if (step.stage != Stage::kHost || step.flow == kNoFlow) continue;
    const uint32_t idle_ms =
        is_any_remote_rule(step.rule) ? settings.host_udp_ms : settings.host_multicast_ms;
    make_or_renew_asked(step, any_remote_key(entry_of(step, walk).key.owned_by(step.layer)),
                        idle_ms, id);
  }
}

// Where there is no room, nobody may answer; the packet itself is let out.
void Engine::make_or_renew_asked(const WalkStep& step, const FlowKey& key, uint32_t idle_ms,
                                 uint64_t id) {
  const uint32_t hash = owner_hash(tuple_hash(key, seed_), step.layer);
  uint32_t index = flows_.find(key, hash);
  if (index != kNoFlow && is_due(index)) {
    finish_flow(index);
    index = kNoFlow;
  }
  if (index == kNoFlow) {
    Walk asked;
    asked.key = key;
    if (full_limit(step, Direction::kOut, asked)) return;
    index = flows_.insert(key, hash);
    if (index == kNoFlow) {
      out_of_memory_ = true;
      return;
    }
    FlowState& made = flows_.state(index);
    made.id = id;
    made.rule = step.rule;
    made.opener = Direction::kOut;
    made.idle_ms = idle_ms;
    made.deadline_ns = after_ms(now_ns_, idle_ms);
    wheel_.reschedule(index);
    note_made(index);
    ++asked_flows_[step.layer];
    return;
  }
  FlowState& state = flows_.state(index);
  // What any address may answer stays so.
  if (is_any_remote_rule(step.rule)) {
    state.rule = step.rule;
    state.idle_ms = idle_ms;
  }
  state.deadline_ns = std::max(state.deadline_ns, after_ms(now_ns_, idle_ms));
}

// Whether a walk asks many, or answers to what did.
bool Engine::has_any_remote(const Walk& walk, Direction direction,
                            const PacketHeaders& packet) const {
  if (!can_ask_many(packet)) return false;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    if (step.stage != Stage::kHost) continue;
    if (step.flow != kNoFlow && is_any_remote(flows_[step.flow].key)) return true;
    if (is_any_remote_rule(step.rule)) return true;
    if (direction == Direction::kOut && step.layer != kNoRow && step.has_say &&
        goes_to_many(program_->layers()[step.layer].endpoint, packet)) {
      return true;
    }
  }
  return false;
}

// Whether what answers a packet that came in asks many: the packet claims to come from a broadcast
// address.
bool Engine::answer_asks_many(const Walk& walk, Direction direction,
                              const PacketHeaders& packet) const {
  if (direction == Direction::kOut || !can_ask_many(packet)) return false;
  for (uint32_t i = 0; i < walk.step_count; ++i) {
    const WalkStep& step = walk.steps[i];
    if (step.stage == Stage::kHost && step.layer != kNoRow && step.has_say &&
        is_of_many(program_->layers()[step.layer].endpoint, packet.family, packet.source)) {
      return true;
    }
  }
  return false;
}

}  // namespace portacl

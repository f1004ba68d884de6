// The rooms without state: a batch of packets to the columns that judging reads.
//
// A plain packet (packet/plain_packet.h) at one endpoint is glanced at: its key, hash and TCP flags
// are all that the quick way reads. Its headers are written when the quick way does not do. All
// other packets are parsed here.
#include <bit>

#include "engine/engine.h"
#include "packet/parse.h"

namespace portacl {
namespace {

// Glances at plain packets, with copies of what that reads.
class PlainGlance {
 public:
  PlainGlance(const HashSeed& seed, const FlowTable<UnifiedFlow4>& flows)
      : seed_(seed), prefetch_(flows.prefetcher()) {}

  template <class Glance>
  void operator()(Glance& glance, uint32_t endpoint, Direction direction,
                  const PlainPacket& packet) const {
    // Directions come in no order that a processor could predict: turned around, not branched on.
    const int in = static_cast<int>(direction);
    const uint64_t ends = std::rotl(packet.addresses, in * 32);
    const uint32_t ports = std::rotl(packet.ports, in * 16);
    const uint32_t scope = endpoint << 9 | packet.protocol;
    glance.key4 = {static_cast<uint32_t>(ends >> 32), static_cast<uint32_t>(ends),
                   static_cast<uint16_t>(ports >> 16), static_cast<uint16_t>(ports), scope};
    glance.hash = unified_hash(ends, ports, scope, seed_);
    glance.tcp_flags = packet.tcp_flags;
    glance.family = Family::kIpv4;
    glance.unparsed = true;
    prefetch_(glance.hash);
  }

 private:
  HashSeed seed_;
  FlowTable<UnifiedFlow4>::Prefetcher prefetch_;
};

// The rows of a plain packet, one or two: the sender's first. How many.
template <class Glance>
inline size_t place_plain(const PlainGlance& glance_at, const PlainPacket& packet,
                          const PortTable::Ends& ends, uint32_t index, PortBinding* binding,
                          Glance* glance) {
  // Nearly always one of both is ours.
  const bool out = ends.sender != kNoRow;
  *binding = {index, out ? ends.sender : ends.receiver, static_cast<Direction>(!out)};
  glance_at(*glance, binding->endpoint, binding->direction, packet);
  if (!ends.are_both_ours()) return 1;
  binding[1] = {index, ends.receiver, Direction::kIn};
  glance_at(glance[1], ends.receiver, Direction::kIn, packet);
  return 2;
}

}  // namespace

void Engine::process(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>* out) {
  fill_columns(packets);
  judge_batch(packets, out);
}

void Engine::let_through(const CaptureRecord& packet, Reason reason,
                         std::vector<VerdictRecord>* out) {
  headers_.resize(1);
  keep_room(0, 1);
  bindings_[0] = {0, kNoRow, Direction::kOut, reason};
  glances_[0] = {};
  binding_count_ = 1;
  judge_batch({&packet, 1}, out);
}

void Engine::fill_columns(std::span<const CaptureRecord> packets) {
  const auto count = static_cast<uint32_t>(packets.size());
  headers_.resize(count);
  keep_room(0, count);
  // Copies of what every packet reads: what is written below could otherwise be these for all a
  // compiler knows.
  const Ipv4Owners owners = ports_->ipv4_owners();
  const PlainGlance glance_at_plain(seed_, unified_.ipv4());
  PortBinding* binding = bindings_.data();
  Glance* glance = glances_.data();
  for (uint32_t i = 0; i < count; ++i) {
    PlainPacket plain;
    PortTable::Ends ends;
    if (read_plain(packets[i], plain) && PortTable::bind_plain(owners, plain, ends)) [[likely]] {
      const size_t rows = place_plain(glance_at_plain, plain, ends, i, binding, glance);
      binding += rows;
      glance += rows;
      continue;
    }
    const size_t row =
        place_other(packets[i], i, static_cast<size_t>(glance - glances_.data()), count - i - 1);
    binding = bindings_.data() + row;
    glance = glances_.data() + row;
  }
  binding_count_ = static_cast<size_t>(glance - glances_.data());
  guess_flows();
}

// Any packet. Kept apart: what it needs would crowd out what plain frames keep in registers.
[[gnu::noinline]] size_t Engine::place_other(const CaptureRecord& record, uint32_t index,
                                             size_t row, uint32_t packets_left) {
  PlainPacket plain;
  PortTable::Ends ends;
  // Sessions are sent packets without frames.
  if (read_plain_raw(record, plain) && PortTable::bind_plain(ports_->ipv4_owners(), plain, ends)) {
    const PlainGlance glance(seed_, unified_.ipv4());
    return row + place_plain(glance, plain, ends, index, &bindings_[row], &glances_[row]);
  }
  parse_headers({&record, 1}, {&headers_[index], 1});
  placed_.clear();
  ports_->bind_one(headers_[index], index, placed_);
  if (opens_tunnels_) bind_carried(headers_[index], record, index);
  return place(row, headers_[index], packets_left);
}

// At each packet at most two ends judge, unless it goes to a group.
void Engine::keep_room(size_t rows, uint32_t packets_left) {
  const size_t needed = rows + size_t{2} * packets_left;
  if (needed <= bindings_.size()) return;
  bindings_.resize(needed);
  glances_.resize(needed);
}

// Appends the rows of placed_, those of one packet. The next free row.
size_t Engine::place(size_t row, const PacketHeaders& packet, uint32_t packets_left) {
  keep_room(row + placed_.size(), packets_left);
  for (const PortBinding& binding : placed_) {
    bindings_[row] = binding;
    glance_at(glances_[row++], binding, packet);
  }
  return row;
}

// The same of a packet that is parsed.
void Engine::glance_at(Glance& glance, const PortBinding& binding,
                       const PacketHeaders& packet) const {
  glance = {};
  if (binding.endpoint == kNoRow || packet.result != ParseResult::kOk ||
      (packet.flags & kFragment) || binding.from_front() || binding.from_tunnel()) {
    return;
  }
  glance.family = packet.family;
  glance.tcp_flags = packet.protocol == ip_protocol::kTcp ? packet.tcp_flags : kTcpAck;
  if (packet.family == Family::kIpv4) {
    set_flow_key(glance.key4, packet, binding.direction, binding.endpoint);
    glance.hash = unified_hash(glance.key4, seed_);
    unified_.ipv4().prefetch(glance.hash);
  } else {
    FlowKey key;
    set_flow_key(key, packet, binding.direction, binding.endpoint);
    glance.hash = unified_hash(key, seed_);
    unified_.ipv6().prefetch(glance.hash);
  }
}

// A second pass brings the entries that the first has made findable: what dominates a long capture
// are these two misses, not the work between them.
void Engine::guess_flows() {
  const auto guess_ipv4 = unified_.ipv4().guesser();
  for (size_t i = 0; i < binding_count_; ++i) {
    Glance& glance = glances_[i];
    if (glance.family == Family::kIpv4) [[likely]] {
      glance.guess = guess_ipv4(glance.hash);
    } else if (glance.family == Family::kIpv6) {
      glance.guess = unified_.ipv6().guess(glance.hash);
    } else {
      continue;
    }
    if (glance.guess == kNoFlow) prefetch_new_flow(bindings_[i], glance);
  }
}

// A key that is not kept will be looked for in every layer, and probably made there.
void Engine::prefetch_new_flow(const PortBinding& binding, const Glance& glance) const {
  FlowKey key;
  if (glance.family == Family::kIpv4) {
    key = glance.key4.widened();
  } else {
    set_flow_key(key, headers_[binding.packet], binding.direction, binding.endpoint);
  }
  const uint64_t tuple = tuple_hash(key, seed_);
  const EndpointRow& endpoint = program_->endpoints()[binding.endpoint];
  flows_.prefetch(owner_hash(tuple, endpoint.host_layer));
  for (uint32_t i = 0; i < endpoint.layer_count; ++i) {
    flows_.prefetch(owner_hash(tuple, endpoint.layer_first + i));
  }
}

}  // namespace portacl

// The source that a connection is given from a pool of ports: a dynnat.
// Source: vfp.md 3.6; docs/semantics/actions.md 2 (N29).
#include <algorithm>
#include <numeric>
#include <span>

#include "engine/engine.h"
#include "packet/service_ends.h"

namespace portacl {
namespace {

// Ports of a pool that are asked for one packet whether they are free.
constexpr uint32_t kPortTriesMax = 256;

uint32_t port_count(const TargetRow& range) { return range.port_last - range.port + 1u; }

// Ranges of ports, each of one address, numbered through.
class PortPool {
 public:
  explicit PortPool(std::span<const TargetRow> ranges) : ranges_(ranges) {}

  uint32_t size() const {
    return std::accumulate(
        ranges_.begin(), ranges_.end(), 0u,
        [](uint32_t sum, const TargetRow& range) { return sum + port_count(range); });
  }

  // Requires: nth < size().
  Transposition source(uint32_t nth, bool has_ports) const {
    const TargetRow* range = ranges_.data();
    for (; nth >= port_count(*range); ++range) nth -= port_count(*range);
    Transposition out;
    out.set_source({range->hi, range->lo},
                   has_ports ? static_cast<uint16_t>(range->port + nth) : 0);
    return out;
  }

  bool has(const IpAddress& address, uint16_t port, bool has_ports) const {
    for (const TargetRow& range : ranges_) {
      const bool is_in = !has_ports || (port >= range.port && port <= range.port_last);
      if (is_in && address == IpAddress{range.hi, range.lo}) return true;
    }
    return false;
  }

 private:
  std::span<const TargetRow> ranges_;
};

PortPool pool_of(const Program& program, const TranslationRow& row) {
  return PortPool(program.targets().subspan(row.destination_first, row.destination_count));
}

}  // namespace

// The first source from where the connection's hash points whose answers are nobody's yet; false
// when there is none among those that are asked.
bool Engine::pick_from_pool(const TranslationRow& row, const WalkStep& step, Direction direction,
                            const PacketHeaders& packet, const Walk& walk, Transposition& change) {
  const PortPool pool = pool_of(*program_, row);
  const bool has_ports = (packet.flags & kHasPorts) != 0;
  const uint32_t size = pool.size();
  const uint32_t first = choose_target(request_ends(packet), row.distribution, size);
  change = pool.source(first, has_ports);
  // Without state there are no answers; what shows no ports has one choice (N3).
  if (!is_paired(step.layer) || !has_ports || options_.stateless) return true;
  const uint32_t tries = std::min(size, kPortTriesMax);
  for (uint32_t i = 0; i < tries; ++i) {
    change = pool.source((first + i) % size, has_ports);
    FlowKey key = walk.key;
    const bool out = direction == Direction::kOut;
    (out ? key.local : key.remote) = change.source;
    (out ? key.local_port : key.remote_port) = change.source_port;
    const uint32_t other = find_pair(step.layer, opposite(direction), key, tuple_hash(key, seed_));
    if (other == kNoFlow || other == step.replaces || is_due(other)) return true;
  }
  return false;
}

// Whether a pool has the source that the packets of a flow leave with, and nothing else changed.
bool Engine::has_source_of(const Program& program, const TranslationRow& row,
                           const FlowCopy& flow) {
  const Direction opener = flow.state.opener;
  const bool out = opener == Direction::kOut;
  const auto address = out ? &FlowKey::local : &FlowKey::remote;
  const auto port = out ? &FlowKey::local_port : &FlowKey::remote_port;
  const bool has_ports = (opening_packet(flow.key, opener).flags & kHasPorts) != 0;
  FlowKey left = flow.key;
  left.*address = flow.mirror.*address;
  if (has_ports) left.*port = flow.mirror.*port;
  return left.has_ends_of(flow.mirror) &&
         pool_of(program, row).has(left.*address, left.*port, has_ports);
}

}  // namespace portacl

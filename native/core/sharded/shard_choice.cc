#include "sharded/shard_choice.h"

#include <algorithm>

#include "packet/packet_headers.h"
#include "packet/parse.h"
#include "packet/plain_packet.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

constexpr uint32_t kUdpShard = 0;

bool keeps_host_flows(const LayerRow& layer) {
  return layer.stage == static_cast<uint8_t>(Stage::kHost) && (layer.flags & kLayerStateful);
}

// A connection that is translated has two pairs of addresses, and which they are only its flow
// says; one in a tunnel has those of the tunnel too: all packets meet in one shard. Assumption: N7.
bool meets_everywhere(const Program& program) {
  return !program.fronts().empty() ||
         std::ranges::any_of(program.endpoints(), [&](const EndpointRow& endpoint) {
           return program.has_layer(endpoint, kLayerTranslates | kLayerEncapsulates);
         });
}

}  // namespace

ShardChooser::ShardChooser(uint32_t shard_count, uint64_t secret, const Program& program)
    : shard_count_(meets_everywhere(program) ? 1 : shard_count),
      seed_(secret),
      udp_is_together_(std::ranges::any_of(program.layers(), keeps_host_flows)) {}

ShardChoice ShardChooser::choose(const CaptureRecord& record) const {
  PlainPacket plain;
  if (!read_plain(record, plain)) return choose_by_headers(record);
  if (udp_is_together_ && plain.protocol == ip_protocol::kUdp) return {kUdpShard};
  return {of_pair({0, plain.source()}, {0, plain.destination()})};
}

ShardChoice ShardChooser::choose_by_headers(const CaptureRecord& record) const {
  PacketHeaders packet;
  parse_headers({&record, 1}, {&packet, 1});
  if (packet.family == Family::kNone) return {};
  ShardChoice choice{of_pair(packet.source, packet.destination)};
  const auto is_together = [&](const PacketHeaders& headers) {
    return udp_is_together_ && headers.protocol == ip_protocol::kUdp;
  };
  if (is_together(packet)) choice.shard = kUdpShard;
  choice.is_fragment = (packet.flags & kFragment) != 0;
  if (packet.flags & kIcmpError) {
    const PacketHeaders quoted = parse_quoted(packet.family, packet.quoted, packet.quoted_bytes);
    if (quoted.family == packet.family) choice.shard = of_pair(quoted.source, quoted.destination);
    if (is_together(quoted)) choice.shard = kUdpShard;
    // Its later fragments follow its own pair, its flow the quoted one.
    choice.meets_shards = choice.is_fragment;
  }
  return choice;
}

// Sums and differences do not depend on the order of the two.
uint32_t ShardChooser::of_pair(const IpAddress& one, const IpAddress& other) const {
  const uint64_t low =
      fold_multiply((one.lo ^ other.lo) ^ seed_.words[0], (one.lo + other.lo) ^ seed_.words[1]);
  if ((one.hi | other.hi) == 0) return of_hash(low);
  return of_hash(fold_multiply(low ^ (one.hi ^ other.hi), (one.hi + other.hi) ^ seed_.words[2]));
}

}  // namespace portacl

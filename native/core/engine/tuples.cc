// Packets of a simulation: TupleRows to the columns that captured packets fill.
#include <optional>

#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

uint8_t icmp_flags(const TupleRow& tuple) {
  const uint8_t type = tuple.icmp_type;
  if (tuple.protocol == ip_protocol::kIcmp && tuple.family == 4) {
    return is_icmp_error(type) ? kIcmpError : is_icmp_query(type) ? kIcmpEcho : 0;
  }
  if (tuple.protocol == ip_protocol::kIcmpv6 && tuple.family == 6) {
    return is_icmpv6_error(type) ? kIcmpError : is_icmpv6_query(type) ? kIcmpEcho : 0;
  }
  return 0;
}

CaptureRecord record_of(const TupleRow& tuple, uint64_t frame) {
  CaptureRecord record;
  record.frame = frame;
  if (tuple.flags & kTupleHasTime) record.time_ns = static_cast<int64_t>(tuple.time_ns);
  return record;
}

constexpr uint64_t join(uint32_t high, uint32_t low) {
  return static_cast<uint64_t>(high) << 32 | low;
}

PacketHeaders headers_of(const TupleRow& tuple) {
  PacketHeaders packet;
  packet.result = ParseResult::kOk;
  packet.family = static_cast<Family>(tuple.family);
  packet.source = {join(tuple.source_0, tuple.source_1), join(tuple.source_2, tuple.source_3)};
  packet.destination = {join(tuple.destination_0, tuple.destination_1),
                        join(tuple.destination_2, tuple.destination_3)};
  packet.protocol = tuple.protocol;
  packet.fragment_id = tuple.fragment_id;
  packet.source_mac = tuple.source_mac;
  packet.destination_mac = tuple.destination_mac;
  packet.vlan = tuple.vlan;
  if (tuple.flags & kTupleLaterFragment) {
    packet.flags = kFragment | kLaterFragment;
    return packet;
  }
  packet.flags = (tuple.flags & kTupleFirstFragment) ? kFragment : 0;
  if (has_ports(tuple.protocol)) {
    packet.flags |= kHasPorts;
    packet.source_port = tuple.source_port;
    packet.destination_port = tuple.destination_port;
  }
  packet.flags |= icmp_flags(tuple);
  if (tuple.flags & kTupleHasTni) packet.tni = tuple.tni;
  if (tuple.flags & kTupleHasGreKey) {
    packet.flags |= kHasGreKey;
    packet.gre_key = tuple.gre_key;
  }
  packet.tcp_flags = tuple.tcp_flags;
  packet.tcp_sequence = tuple.tcp_sequence;
  packet.tcp_acknowledgement = tuple.tcp_acknowledgement;
  packet.icmp_type = tuple.icmp_type;
  packet.icmp_code = tuple.icmp_code;
  packet.icmp_id = tuple.icmp_id;
  return packet;
}

// Of packets inside others, which may carry each other: those that are carried stand before.
std::vector<PacketHeaders> headers_of(std::span<const TupleRow> tuples) {
  std::vector<PacketHeaders> headers;
  headers.reserve(tuples.size());  // none moves: they point to one another
  for (const TupleRow& tuple : tuples) {
    headers.push_back(headers_of(tuple));
    if (tuple.carried != kNoRow) headers.back().carried = &headers[tuple.carried];
  }
  return headers;
}

bool is_sound(const TupleRow& tuple) {
  const bool ipv4 = tuple.family == 4;
  const bool high_words = (tuple.source_0 | tuple.source_1 | tuple.source_2 | tuple.destination_0 |
                           tuple.destination_1 | tuple.destination_2) != 0;
  return (ipv4 || tuple.family == 6) && !(ipv4 && high_words) && tuple.direction <= 1;
}

// The first row that is not sound, as an error. `inside_count` packets stand inside others; of
// these themselves it is nothing: they quote none and carry those before them.
Status check(std::span<const TupleRow> tuples, size_t endpoint_count,
             std::optional<size_t> inside_count) {
  for (size_t i = 0; i < tuples.size(); ++i) {
    const uint64_t offset = i * sizeof(TupleRow);
    if (!is_sound(tuples[i])) return {ErrorCode::kProgramValue, offset, i};
    if ((tuples[i].flags & kTupleHasDirection) && tuples[i].endpoint >= endpoint_count) {
      return {ErrorCode::kProgramIndex, offset, tuples[i].endpoint};
    }
    if (tuples[i].quoted != kNoRow && tuples[i].quoted >= inside_count.value_or(0)) {
      return {ErrorCode::kProgramIndex, offset, tuples[i].quoted};
    }
    if (tuples[i].carried != kNoRow && tuples[i].carried >= inside_count.value_or(i)) {
      return {ErrorCode::kProgramIndex, offset, tuples[i].carried};
    }
  }
  return {};
}

}  // namespace

Status Engine::process(std::span<const TupleRow> tuples, std::span<const TupleRow> quoted,
                       uint64_t first_frame, std::vector<VerdictRecord>& out) {
  const size_t endpoint_count = program_->endpoints().size();
  if (const Status status = check(quoted, endpoint_count, std::nullopt); !status.ok())
    return status;
  if (const Status status = check(tuples, endpoint_count, quoted.size()); !status.ok()) {
    return status;
  }
  const std::vector<PacketHeaders> quoted_headers = headers_of(quoted);
  const auto count = static_cast<uint32_t>(tuples.size());
  std::vector<CaptureRecord> records(count);
  headers_.resize(count);
  size_t row = 0;
  for (uint32_t i = 0; i < count; ++i) {
    records[i] = record_of(tuples[i], first_frame + i);
    place_tuple(tuples[i], quoted_headers, i, headers_[i]);
    row = place(row, headers_[i], count - i - 1);
  }
  binding_count_ = row;
  guess_flows();
  judge_batch(records, &out);
  return {};
}

Status Engine::explain(const TupleRow& tuple, std::span<const TupleRow> quoted, uint64_t frame,
                       Explanation& out) {
  const size_t endpoint_count = program_->endpoints().size();
  if (const Status status = check(quoted, endpoint_count, std::nullopt); !status.ok())
    return status;
  if (const Status status = check({&tuple, 1}, endpoint_count, quoted.size()); !status.ok()) {
    return status;
  }
  const std::vector<PacketHeaders> quoted_headers = headers_of(quoted);
  PacketHeaders packet;
  place_tuple(tuple, quoted_headers, 0, packet);
  explain_placed(packet, record_of(tuple, frame), out);
  return {};
}

// The headers of a tuple, and in placed_ who judges it.
void Engine::place_tuple(const TupleRow& tuple, std::span<const PacketHeaders> quoted,
                         uint32_t index, PacketHeaders& packet) {
  packet = headers_of(tuple);
  static constexpr PacketHeaders kNothingQuoted;
  if (packet.flags & kIcmpError) {
    packet.quoted_headers = tuple.quoted == kNoRow ? &kNothingQuoted : &quoted[tuple.quoted];
  }
  if (tuple.carried != kNoRow) packet.carried = &quoted[tuple.carried];
  placed_.clear();
  if (tuple.flags & kTupleHasDirection) {
    placed_.push_back(
        {index, tuple.endpoint, static_cast<Direction>(tuple.direction), Reason::kRule, true});
  } else {
    ports_->bind_one(packet, index, placed_);
    bind_carried(packet, {}, index);
  }
}

}  // namespace portacl

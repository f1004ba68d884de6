// Packets of a simulation: TupleRows to the columns that captured packets fill.
#include "engine/engine.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

constexpr bool has_ports(uint8_t protocol) {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kSctp || protocol == ip_protocol::kUdpLite ||
         protocol == ip_protocol::kDccp;
}

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
  packet.tcp_flags = tuple.tcp_flags;
  packet.tcp_sequence = tuple.tcp_sequence;
  packet.tcp_acknowledgement = tuple.tcp_acknowledgement;
  packet.icmp_type = tuple.icmp_type;
  packet.icmp_code = tuple.icmp_code;
  packet.icmp_id = tuple.icmp_id;
  return packet;
}

bool is_sound(const TupleRow& tuple) {
  const bool ipv4 = tuple.family == 4;
  const bool high_words = (tuple.source_0 | tuple.source_1 | tuple.source_2 | tuple.destination_0 |
                           tuple.destination_1 | tuple.destination_2) != 0;
  return (ipv4 || tuple.family == 6) && !(ipv4 && high_words) && tuple.direction <= 1;
}

// The first row that is not sound, as an error; `limit` bounds its endpoint.
Status check(std::span<const TupleRow> tuples, size_t endpoint_count, size_t quoted_count) {
  for (size_t i = 0; i < tuples.size(); ++i) {
    const uint64_t offset = i * sizeof(TupleRow);
    if (!is_sound(tuples[i])) return {ErrorCode::kProgramValue, offset, i};
    if ((tuples[i].flags & kTupleHasDirection) && tuples[i].endpoint >= endpoint_count) {
      return {ErrorCode::kProgramIndex, offset, tuples[i].endpoint};
    }
    if (tuples[i].quoted != kNoRow && tuples[i].quoted >= quoted_count) {
      return {ErrorCode::kProgramIndex, offset, tuples[i].quoted};
    }
  }
  return {};
}

}  // namespace

Status Engine::process(std::span<const TupleRow> tuples, std::span<const TupleRow> quoted,
                       uint64_t first_frame, std::vector<VerdictRecord>& out) {
  const size_t endpoint_count = program_->endpoints().size();
  if (const Status status = check(quoted, endpoint_count, 0); !status.ok()) return status;
  if (const Status status = check(tuples, endpoint_count, quoted.size()); !status.ok()) {
    return status;
  }
  std::vector<PacketHeaders> quoted_headers;
  quoted_headers.reserve(quoted.size());
  for (const TupleRow& tuple : quoted) quoted_headers.push_back(headers_of(tuple));

  const auto count = static_cast<uint32_t>(tuples.size());
  std::vector<CaptureRecord> records(count);
  headers_.resize(count);
  size_t row = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const TupleRow& tuple = tuples[i];
    headers_[i] = headers_of(tuple);
    static constexpr PacketHeaders kNothingQuoted;
    if (headers_[i].flags & kIcmpError) {
      headers_[i].quoted_headers =
          tuple.quoted == kNoRow ? &kNothingQuoted : &quoted_headers[tuple.quoted];
    }
    records[i].frame = first_frame + i;
    if (tuple.flags & kTupleHasTime) records[i].time_ns = static_cast<int64_t>(tuple.time_ns);
    placed_.clear();
    if (tuple.flags & kTupleHasDirection) {
      placed_.push_back(
          {i, tuple.endpoint, static_cast<Direction>(tuple.direction), Reason::kRule, true});
    } else {
      ports_.bind_one(headers_[i], i, placed_);
    }
    row = place(row, headers_[i], count - i - 1);
  }
  binding_count_ = row;
  guess_flows();
  judge_batch(records, &out);
  return {};
}

}  // namespace portacl

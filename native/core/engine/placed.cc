// Packets of a session: bytes whose place may be told.
#include "engine/engine.h"
#include "packet/parse.h"

namespace portacl {

void Engine::process(std::span<const CaptureRecord> packets, std::span<const Placement> placements,
                     std::vector<VerdictRecord>* out) {
  const auto count = static_cast<uint32_t>(packets.size());
  headers_.resize(count);
  parse_headers(packets, headers_);
  size_t row = 0;
  for (uint32_t i = 0; i < count; ++i) {
    place_as_told(headers_[i], packets[i], placements[i], i);
    row = place(row, headers_[i], count - i - 1);
  }
  binding_count_ = row;
  guess_flows();
  judge_batch(packets, out);
}

void Engine::explain(const CaptureRecord& packet, const Placement& placement, Explanation& out) {
  PacketHeaders headers;
  parse_headers({&packet, 1}, {&headers, 1});
  place_as_told(headers, packet, placement, 0);
  explain_placed(headers, packet, out);
}

// In placed_ who judges the packet.
void Engine::place_as_told(const PacketHeaders& packet, const CaptureRecord& record,
                           const Placement& told, uint32_t index) {
  placed_.clear();
  if (told.endpoint == kNoRow || packet.family == Family::kNone) {
    ports_->bind_one(packet, index, placed_);
    bind_carried(packet, record, index);
  } else {
    placed_.push_back({index, told.endpoint, told.direction, Reason::kRule, true});
  }
}

}  // namespace portacl

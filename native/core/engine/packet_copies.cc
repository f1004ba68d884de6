#include "engine/packet_copies.h"

#include <algorithm>
#include <optional>

#include "engine/engine.h"

namespace portacl {
namespace {

std::optional<uint64_t> packet_id(const CaptureRecord& record) {
  if (record.options_bytes == 0) return std::nullopt;
  return read_packet_options(record).packet_id;
}

}  // namespace

bool PacketCopies::is_copy(const CaptureRecord& record, uint32_t capture) const {
  const std::optional<uint64_t> id = packet_id(record);
  return id.has_value() && judged_.contains({*id, capture, record.section});
}

void PacketCopies::process(Engine& engine, std::span<const CaptureRecord> records,
                           std::span<const CaptureRecord> packets,
                           std::span<const uint32_t> captures, std::vector<VerdictRecord>* out) {
  // All at once: a question for each would be a branch.
  uint32_t options = 0;
  for (const CaptureRecord& record : records) options |= record.options_bytes;
  if (options == 0) return engine.process(packets, out);
  // Records without an id are judged together, as many as stand side by side.
  size_t first = 0;
  const auto judge_until = [&](size_t end) {
    if (first == end) return;
    const size_t before = out == nullptr ? 0 : out->size();
    engine.process(packets.subspan(first, end - first), out);
    if (out == nullptr) return;
    for (VerdictRecord& record : std::span(*out).subspan(before)) {
      record.packet_index += static_cast<uint32_t>(first);
    }
  };
  for (size_t i = 0; i < records.size(); ++i) {
    const std::optional<uint64_t> id = packet_id(records[i]);
    if (!id.has_value()) continue;
    judge_until(i);
    verdicts_.clear();
    process_one(engine, {*id, captures[i], records[i].section}, packets[i], out);
    for (VerdictRecord& record : verdicts_) {
      if (out == nullptr) break;
      record.packet_index = static_cast<uint32_t>(i);
      out->push_back(record);
    }
    first = i + 1;
  }
  judge_until(records.size());
}

// Writes to verdicts_, where they are wanted or looked at.
void PacketCopies::process_one(Engine& engine, const Key& key, const CaptureRecord& packet,
                               std::vector<VerdictRecord>* out) {
  if (judged_.contains(key)) {
    engine.let_through(packet, Reason::kDuplicate, out == nullptr ? nullptr : &verdicts_);
    return;
  }
  engine.process({&packet, 1}, &verdicts_);
  const auto is_judged = [](const VerdictRecord& record) {
    return record.verdict.outcome != Outcome::kPass;
  };
  if (std::ranges::any_of(verdicts_, is_judged)) remember(key);
}

void PacketCopies::remember(const Key& key) {
  judged_.insert(key);
  order_.push_back(key);
  if (order_.size() <= kIdsMax) return;
  judged_.erase(order_.front());
  order_.pop_front();
}

}  // namespace portacl

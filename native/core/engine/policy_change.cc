#include "engine/policy_change.h"

namespace portacl {

bool PolicySchedule::is_due(const PolicyMark& mark, const CaptureRecord& packet) const {
  if (mark.kind == PolicyMark::Kind::kFrame) {
    return packet.frame >= static_cast<uint64_t>(mark.value);
  }
  if (packet.time_ns == kNoTime) return false;
  if (mark.kind == PolicyMark::Kind::kTime) return packet.time_ns >= mark.value;
  // Times before the first one are no reason; the difference of the others fits.
  return packet.time_ns >= first_time_ns_ &&
         static_cast<uint64_t>(packet.time_ns) - static_cast<uint64_t>(first_time_ns_) >=
             static_cast<uint64_t>(mark.value);
}

size_t PolicySchedule::before_next(std::span<const CaptureRecord> packets) {
  if (next_ == changes_.size()) return packets.size();
  const PolicyMark& mark = changes_[next_].mark;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (first_time_ns_ == kNoTime) first_time_ns_ = packets[i].time_ns;
    if (is_due(mark, packets[i])) return i;
  }
  return packets.size();
}

Status PolicySchedule::apply_next(Engine& engine, const CaptureRecord& packet, uint32_t capture,
                                  std::span<ReplayOutput* const> outputs) {
  PolicyChange& change = changes_[next_++];
  engine.advance_to(packet.time_ns);
  const Status status = engine.apply(change.policy, change.rows(), change.mode, change.report);
  if (!status.ok()) return status;
  change.applied = true;
  change.capture = capture;
  change.frame = packet.frame;
  change.time_ns = packet.time_ns;
  for (ReplayOutput* const output : outputs) {
    output->policy_changed(*change.policy->program(), change.texts);
  }
  return {};
}

}  // namespace portacl

#include "report/timeline.h"

#include <algorithm>

namespace portacl {

void Timeline::write(const JudgedBatch& batch) {
  for (const VerdictRecord& record : batch.verdicts) {
    if (record.time_ns == kNoTime) continue;
    if (start_ns_ == kNoTime) start_ns_ = record.time_ns;
    // Times of a capture may lie further apart than a signed number holds.
    const uint64_t elapsed = record.time_ns <= start_ns_ ? 0
                                                         : static_cast<uint64_t>(record.time_ns) -
                                                               static_cast<uint64_t>(start_ns_);
    while (elapsed / static_cast<uint64_t>(width_ns_) >= kBuckets) widen();
    const auto bucket = static_cast<uint32_t>(elapsed / static_cast<uint64_t>(width_ns_));
    used_ = std::max(used_, bucket + 1);
    ++buckets_[bucket][static_cast<size_t>(record.verdict.outcome)];
  }
}

// Pairs of buckets become one.
void Timeline::widen() {
  for (uint32_t i = 0; i < kBuckets / 2; ++i) {
    for (uint32_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
      buckets_[i][outcome] = buckets_[2 * i][outcome] + buckets_[2 * i + 1][outcome];
    }
  }
  std::fill(buckets_.begin() + kBuckets / 2, buckets_.end(), Bucket{});
  used_ = (used_ + 1) / 2;
  width_ns_ *= 2;
}

}  // namespace portacl

// Verdicts over capture time, in a fixed number of buckets whatever the capture's length: they
// begin a millisecond wide, and double when time runs out of them.
#pragma once

#include <array>
#include <cstdint>

#include "report/replay_output.h"

namespace portacl {

class Timeline final : public ReplayOutput {
 public:
  static constexpr uint32_t kBuckets = 512;
  using Bucket = std::array<uint64_t, kOutcomeCount>;  // verdicts by outcome

  // Verdicts without a time are left out; those before the first time stand in the first bucket.
  void write(const JudgedBatch& batch) override;

  bool empty() const { return start_ns_ == kNoTime; }
  int64_t start_ns() const { return start_ns_; }
  int64_t width_ns() const { return width_ns_; }
  // Up to the last one in use.
  std::span<const Bucket> buckets() const { return {buckets_.data(), used_}; }

 private:
  void widen();

  int64_t start_ns_ = kNoTime;
  int64_t width_ns_ = 1'000'000;
  uint32_t used_ = 0;
  std::array<Bucket, kBuckets> buckets_{};
};

}  // namespace portacl

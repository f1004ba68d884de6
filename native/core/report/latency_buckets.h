// Times counted by their size, for percentiles of many: a bucket is at most 1/16 as wide as its
// smallest value is large, and below 32 ns it has one value. Eight KiB, whatever comes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace portacl {

class LatencyBuckets {
 public:
  static constexpr uint32_t kStepBits = 4;
  static constexpr size_t kCount = (65 - kStepBits) << kStepBits;

  void add(uint64_t ns) { ++counts_[bucket_of(ns)]; }
  uint64_t count(size_t bucket) const { return counts_[bucket]; }

  static constexpr size_t bucket_of(uint64_t ns) {
    if (ns >> kStepBits == 0) return ns;
    const int shift = std::bit_width(ns) - 1 - static_cast<int>(kStepBits);
    return (static_cast<size_t>(shift) << kStepBits) + static_cast<size_t>(ns >> shift);
  }
  // The largest value of a bucket.
  static constexpr uint64_t most_of(size_t bucket) {
    if (bucket >> (kStepBits + 1) == 0) return bucket;
    const size_t shift = (bucket >> kStepBits) - 1;
    const uint64_t lead = (bucket & ((size_t{1} << kStepBits) - 1)) | uint64_t{1} << kStepBits;
    return ((lead + 1) << shift) - 1;
  }

 private:
  std::array<uint64_t, kCount> counts_{};
};

}  // namespace portacl

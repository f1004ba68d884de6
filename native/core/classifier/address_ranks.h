// Ranks of addresses: the address space cut at every bound of every rule. Addresses of one rank
// meet the same address conditions, so behind this point an address is a small number, and IPv4 and
// IPv6 are the same thing.
//
// An IPv4 address is found by its /16, which names a bucket of bounds, and by its lower half among
// the bounds of the bucket. Up to 32 bounds are one line of memory and one comparison of an AVX-512
// kernel; up to 1,024 are two, the first of them of 32 samples; more are halved besides. There is
// no branch for up to 1,024. IPv6 is a binary search.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ip.h"

namespace portacl {

// The bounds within one /16, or within a run of /16s that have none.
struct RankBucket {
  uint32_t first = 0;   // bounds below it
  uint32_t packed = 0;  // count() and samples()

  static constexpr uint32_t kCountBits = 17;
  uint32_t count() const { return packed & ((1u << kCountBits) - 1); }
  // Line of 32 samples; line 0 has none.
  uint32_t samples() const { return packed >> kCountBits; }
};

// What kernels read. rank = number of bounds that are not above the address.
struct RankView {
  const uint16_t* upper = nullptr;      // IPv4: the bucket of each /16
  const RankBucket* buckets = nullptr;  // IPv4
  const uint16_t* low = nullptr;        // IPv4: lower halves of the bounds
  const uint16_t* samples = nullptr;    // IPv4: every 2^stride-th bound of a bucket, 32 a line
  const IpAddress* bounds = nullptr;    // IPv6: the bounds
  uint32_t bound_count = 0;
};

class AddressRanks {
 public:
  // Bounds that one step of a kernel compares.
  static constexpr uint32_t kStepBounds = 32;
  static constexpr uint32_t kSampledBoundsMax = kStepBounds * kStepBounds;

  // Of a bucket with `count` bounds every 2^stride-th is a sample: at most 32 of them.
  static constexpr uint32_t stride(uint32_t count) {
    return count == 0 ? 0 : static_cast<uint32_t>(std::bit_width((count - 1) / kStepBounds));
  }

  AddressRanks() = default;
  // `bounds`: first addresses of intervals and the ones behind their ends, in any order.
  AddressRanks(Family family, std::vector<IpAddress> bounds);

  uint32_t count() const { return bound_count_ + 1; }
  // For builds; kernels have a faster way.
  std::span<const IpAddress> bounds() const { return bounds_; }
  uint32_t rank_of(const IpAddress& address) const;
  RankView view() const;
  size_t bytes() const;
  // Drops what only rank_of() needs. IPv6 kernels search the bounds themselves.
  void finish_build();

 private:
  void fill_buckets();
  uint32_t append_samples(uint32_t first, uint32_t count);

  Family family_ = Family::kNone;
  uint32_t bound_count_ = 0;
  std::vector<IpAddress> bounds_;  // ascending, without 0, which every address reaches
  std::vector<uint16_t> upper_;
  std::vector<RankBucket> buckets_;
  std::vector<uint16_t> low_;
  std::vector<uint16_t> samples_;
};

}  // namespace portacl

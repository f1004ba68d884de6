// Ranks of addresses: the address space cut at every bound of every rule. Addresses of one rank
// meet the same address conditions, so behind this point an address is a small number, and IPv4 and
// IPv6 are the same thing.
//
// An IPv4 address is found by its /16, which names a bucket, and by its lower half among the bounds
// of the bucket: a tree of one or two nodes, each one comparison of a vector. Up to 12 bounds stand
// in the bucket itself; more stand in lines of 32 behind it, and the bucket has what separates
// them. Up to 416 bounds of a /16 are found without a branch; for more the lines are halved first.
// IPv6 is a binary search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ip.h"

namespace portacl {

// A lower half of an address as nodes hold it: less one, so that a bound counts when the address is
// above it, and free places, which are the largest, never count; with the upper bit turned, so
// that signed comparisons serve, which every vector unit has.
using NodeBound = int16_t;
inline constexpr NodeBound node_value(uint32_t lower) {
  return static_cast<NodeBound>(static_cast<uint16_t>(lower ^ 0x8000));
}
inline constexpr NodeBound node_bound(uint32_t lower) { return node_value(lower - 1); }
inline constexpr NodeBound kNoBound = 0x7FFF;

// The bounds within one /16, or within a run of /16s that have none.
struct alignas(32) RankBucket {
  static constexpr uint32_t kBounds = 12;
  uint32_t first = 0;  // bounds not above its first address
  // First line | log2 of the bounds between two separators << kStepShift; 0 when the bucket has all
  // bounds itself.
  uint32_t packed = 0;
  NodeBound bounds[kBounds];  // or separators

  static constexpr uint32_t kStepShift = 27;
  uint32_t line() const { return packed & ((1u << kStepShift) - 1); }
  uint32_t step() const { return packed >> kStepShift; }
};
static_assert(sizeof(RankBucket) == 32);

struct alignas(64) RankLine {
  static constexpr uint32_t kBounds = 32;
  NodeBound bounds[kBounds];
};

// What kernels read. rank = number of bounds that are not above the address.
struct RankView {
  const uint16_t* upper = nullptr;      // IPv4: the bucket of each /16
  const RankBucket* buckets = nullptr;  // IPv4
  const RankLine* lines = nullptr;      // IPv4; the first one is free
  const IpAddress* bounds = nullptr;    // IPv6: the bounds
  uint32_t bound_count = 0;
};

class AddressRanks {
 public:
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
  void append_bucket(std::span<const IpAddress> inside, uint32_t first);

  Family family_ = Family::kNone;
  uint32_t bound_count_ = 0;
  std::vector<IpAddress> bounds_;  // ascending, without 0, which every address reaches
  std::vector<uint16_t> upper_;
  std::vector<RankBucket> buckets_;
  std::vector<RankLine> lines_;
};

}  // namespace portacl

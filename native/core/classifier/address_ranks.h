// Ranks of addresses: the address space cut at every bound of every rule. Addresses of one rank
// meet the same address conditions, so behind this point an address is a small number, and IPv4 and
// IPv6 are the same thing.
//
// IPv4 is found by its upper half in a table of 65,537 first ranks and by its lower half among the
// bounds within that /16: 32 of them are one line of memory and one comparison of an AVX-512
// kernel. Where a /16 holds more bounds they are halved first. IPv6 is a binary search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip.h"

namespace portacl {

// What kernels read. rank = number of bounds that are not above the address.
struct RankView {
  const uint32_t* first = nullptr;    // IPv4: bounds below each /16; 65,537 entries
  const uint16_t* low = nullptr;      // IPv4: lower halves of the bounds
  const IpAddress* bounds = nullptr;  // IPv6: the bounds
  uint32_t bound_count = 0;
};

class AddressRanks {
 public:
  // Bounds that one step of a kernel compares.
  static constexpr uint32_t kStepBounds = 32;

  AddressRanks() = default;
  // `bounds`: first addresses of intervals and the ones behind their ends, in any order.
  AddressRanks(Family family, std::vector<IpAddress> bounds);

  uint32_t count() const { return bound_count_ + 1; }
  // For builds; kernels have a faster way.
  uint32_t rank_of(const IpAddress& address) const;
  RankView view() const;
  size_t bytes() const;
  // Drops what only rank_of() needs. IPv6 kernels search the bounds themselves.
  void finish_build();

 private:
  Family family_ = Family::kNone;
  uint32_t bound_count_ = 0;
  std::vector<IpAddress> bounds_;  // ascending, without 0, which every address reaches
  std::vector<uint32_t> first_;
  std::vector<uint16_t> low_;
};

}  // namespace portacl

#include "classifier/address_ranks.h"

#include <algorithm>
#include <utility>

namespace portacl {

AddressRanks::AddressRanks(Family family, std::vector<IpAddress> bounds)
    : family_(family), bounds_(std::move(bounds)) {
  std::sort(bounds_.begin(), bounds_.end());
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end()), bounds_.end());
  if (!bounds_.empty() && is_unspecified(bounds_.front())) bounds_.erase(bounds_.begin());
  bounds_.shrink_to_fit();
  bound_count_ = static_cast<uint32_t>(bounds_.size());
  if (family != Family::kIpv4) return;
  first_.reserve(65'537);
  // Kernels read a whole step whatever the count.
  low_.resize(bounds_.size() + kStepBounds, 0xFFFF);
  uint32_t at = 0;
  for (uint32_t upper = 0; upper <= 65'535; ++upper) {
    first_.push_back(at);
    for (; at < bounds_.size() && bounds_[at].lo >> 16 == upper; ++at) {
      low_[at] = static_cast<uint16_t>(bounds_[at].lo);
    }
  }
  first_.push_back(at);
}

uint32_t AddressRanks::rank_of(const IpAddress& address) const {
  return static_cast<uint32_t>(std::upper_bound(bounds_.begin(), bounds_.end(), address) -
                               bounds_.begin());
}

RankView AddressRanks::view() const {
  return {first_.data(), low_.data(), bounds_.data(), bound_count_};
}

size_t AddressRanks::bytes() const {
  return first_.capacity() * sizeof(uint32_t) + low_.capacity() * sizeof(uint16_t) +
         bounds_.capacity() * sizeof(IpAddress);
}

void AddressRanks::finish_build() {
  if (family_ == Family::kIpv4) std::vector<IpAddress>().swap(bounds_);
}

}  // namespace portacl

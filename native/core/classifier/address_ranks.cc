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
  if (family == Family::kIpv4) fill_buckets();
}

void AddressRanks::fill_buckets() {
  // Kernels read a whole step whatever the count.
  low_.resize(bounds_.size() + kStepBounds, 0xFFFF);
  samples_.assign(kStepBounds, 0xFFFF);
  upper_.resize(65'536);
  uint32_t at = 0;
  for (uint32_t upper = 0; upper < 65'536; ++upper) {
    const uint32_t first = at;
    for (; at < bounds_.size() && bounds_[at].lo >> 16 == upper; ++at) {
      low_[at] = static_cast<uint16_t>(bounds_[at].lo);
    }
    const uint32_t count = at - first;
    const bool continues = count == 0 && !buckets_.empty() && buckets_.back().count() == 0;
    if (!continues) {
      buckets_.push_back({first, count | append_samples(first, count) << RankBucket::kCountBits});
    }
    upper_[upper] = static_cast<uint16_t>(buckets_.size() - 1);
  }
  buckets_.shrink_to_fit();
  samples_.shrink_to_fit();
}

// The line of samples of a bucket, 0 where none is needed.
uint32_t AddressRanks::append_samples(uint32_t first, uint32_t count) {
  if (count <= kStepBounds) return 0;
  const auto line = static_cast<uint32_t>(samples_.size() / kStepBounds);
  const uint32_t step = 1u << stride(count);
  for (uint32_t i = 1; i <= kStepBounds; ++i) {
    samples_.push_back(i * step <= count ? low_[first + i * step - 1] : uint16_t{0xFFFF});
  }
  return line;
}

uint32_t AddressRanks::rank_of(const IpAddress& address) const {
  return static_cast<uint32_t>(std::upper_bound(bounds_.begin(), bounds_.end(), address) -
                               bounds_.begin());
}

RankView AddressRanks::view() const {
  return {upper_.data(),   buckets_.data(), low_.data(),
          samples_.data(), bounds_.data(),  bound_count_};
}

size_t AddressRanks::bytes() const {
  return (upper_.capacity() + low_.capacity() + samples_.capacity()) * sizeof(uint16_t) +
         buckets_.capacity() * sizeof(RankBucket) + bounds_.capacity() * sizeof(IpAddress);
}

void AddressRanks::finish_build() {
  if (family_ == Family::kIpv4) std::vector<IpAddress>().swap(bounds_);
}

}  // namespace portacl

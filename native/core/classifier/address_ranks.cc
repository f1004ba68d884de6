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
  upper_.resize(65'536);
  lines_.resize(1);  // where buckets without lines lead: nothing counts there
  std::ranges::fill(lines_[0].bounds, kNoBound);
  uint32_t at = 0;
  for (uint32_t upper = 0; upper < 65'536; ++upper) {
    // A bound at the first address of the /16 counts for all of it.
    at += at < bounds_.size() && bounds_[at].lo == upper << 16;
    const uint32_t first = at;
    while (at < bounds_.size() && bounds_[at].lo >> 16 == upper) ++at;
    const bool continues = first == at && !buckets_.empty() && buckets_.back().first == first &&
                           buckets_.back().bounds[0] == kNoBound;
    if (!continues) append_bucket(std::span(bounds_).subspan(first, at - first), first);
    upper_[upper] = static_cast<uint16_t>(buckets_.size() - 1);
  }
  buckets_.shrink_to_fit();
  lines_.shrink_to_fit();
}

void AddressRanks::append_bucket(std::span<const IpAddress> inside, uint32_t first) {
  RankBucket bucket;
  bucket.first = first;
  std::ranges::fill(bucket.bounds, kNoBound);
  const auto bound = [&](size_t i) { return node_bound(static_cast<uint16_t>(inside[i].lo)); };
  if (inside.size() <= RankBucket::kBounds) {
    for (size_t i = 0; i < inside.size(); ++i) bucket.bounds[i] = bound(i);
    buckets_.push_back(bucket);
    return;
  }
  uint32_t step = 5;  // a line
  while (inside.size() > (size_t{RankBucket::kBounds} + 1) << step) ++step;
  bucket.packed = static_cast<uint32_t>(lines_.size()) | step << RankBucket::kStepShift;
  // A separator is the first bound behind a step: it counts here, so its line is without it.
  for (size_t i = 1; i << step < inside.size(); ++i) bucket.bounds[i - 1] = bound((i << step) - 1);
  const size_t line_count = (((inside.size() - 1) >> step) + 1) << (step - 5);
  for (size_t line = 0; line < line_count; ++line) {
    lines_.emplace_back();
    std::ranges::fill(lines_.back().bounds, kNoBound);
    for (size_t i = 0; i < RankLine::kBounds && line * 32 + i < inside.size(); ++i) {
      lines_.back().bounds[i] = bound(line * 32 + i);
    }
  }
  buckets_.push_back(bucket);
}

uint32_t AddressRanks::rank_of(const IpAddress& address) const {
  return static_cast<uint32_t>(std::upper_bound(bounds_.begin(), bounds_.end(), address) -
                               bounds_.begin());
}

RankView AddressRanks::view() const {
  return {upper_.data(), buckets_.data(), lines_.data(), bounds_.data(), bound_count_};
}

size_t AddressRanks::bytes() const {
  return upper_.capacity() * sizeof(uint16_t) + buckets_.capacity() * sizeof(RankBucket) +
         lines_.capacity() * sizeof(RankLine) + bounds_.capacity() * sizeof(IpAddress);
}

void AddressRanks::finish_build() {
  if (family_ == Family::kIpv4) std::vector<IpAddress>().swap(bounds_);
}

}  // namespace portacl

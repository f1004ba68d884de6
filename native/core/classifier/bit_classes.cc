#include "classifier/bit_classes.h"

#include <algorithm>

namespace portacl {

uint64_t BitClasses::hash_of(std::span<const uint64_t> set) const {
  // A sum, so that the many empty words cost a multiplication each and no dependency.
  uint64_t sum = 0;
  uint64_t factor = 0x9E3779B97F4A7C15;
  for (const uint64_t word : set) {
    sum += word * factor + (word >> 29);
    factor = factor * 0xD1342543DE82EF95 + 2;
  }
  return (sum ^ sum >> 32) * 0xBF58476D1CE4E5B9;
}

uint32_t BitClasses::class_of(std::span<const uint64_t> set) {
  const uint64_t hash = hash_of(set);
  const size_t mask = slots_.size() - 1;
  size_t at = hash >> 32 & mask;
  for (; slots_[at] != kFree; at = (at + 1) & mask) {
    const uint32_t known = slots_[at];
    if (hashes_[known] == hash && std::ranges::equal(this->set(known), set)) return known;
  }
  if (count_ == limit_) return kFull;
  slots_[at] = count_;
  hashes_.push_back(hash);
  sets_.insert(sets_.end(), set.begin(), set.end());
  if (++count_ * 2 > slots_.size()) grow();
  return count_ - 1;
}

void BitClasses::grow() {
  slots_.assign(slots_.size() * 2, kFree);
  const size_t mask = slots_.size() - 1;
  for (uint32_t number = 0; number < count_; ++number) {
    size_t at = hashes_[number] >> 32 & mask;
    while (slots_[at] != kFree) at = (at + 1) & mask;
    slots_[at] = number;
  }
}

}  // namespace portacl

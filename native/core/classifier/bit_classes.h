// Equivalence classes of bit sets: equal sets get equal numbers, in the order they are first met.
//
// Every stage of a class table is one of these: the set of a class says which rules (or port sets)
// its members meet. Sets are compared word for word; the hash only finds candidates, so no choice
// of rules can make two different sets one class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace portacl {

using BitWords = std::vector<uint64_t>;

inline uint32_t words_for(uint32_t bits) { return (bits + 63) / 64; }
inline bool has_bit(std::span<const uint64_t> words, uint32_t bit) {
  return words[bit / 64] >> (bit % 64) & 1;
}
inline void set_bit(std::span<uint64_t> words, uint32_t bit) {
  words[bit / 64] |= uint64_t{1} << (bit % 64);
}
inline void flip_bit(std::span<uint64_t> words, uint32_t bit) {
  words[bit / 64] ^= uint64_t{1} << (bit % 64);
}

class BitClasses {
 public:
  // More classes than `limit` are refused.
  BitClasses(uint32_t words, uint32_t limit) : words_(words), limit_(limit), slots_(64, kFree) {}

  static constexpr uint32_t kFull = 0xFFFFFFFF;

  // The class of `set`; kFull when it would be one too many.
  uint32_t class_of(std::span<const uint64_t> set);

  uint32_t count() const { return count_; }
  std::span<const uint64_t> set(uint32_t number) const {
    return std::span(sets_).subspan(size_t{number} * words_, words_);
  }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  uint64_t hash_of(std::span<const uint64_t> set) const;
  void grow();

  uint32_t words_;
  uint32_t limit_;
  uint32_t count_ = 0;
  std::vector<uint64_t> sets_;  // `words_` for each class
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;  // open addressing, a power of two
};

}  // namespace portacl

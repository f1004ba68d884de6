// Keyed mixing of 64-bit words for tables whose keys come from captures: without the seed nobody
// can build packets that collide.
#pragma once

#include <cstdint>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace portacl {

// Product of two words, its halves folded.
inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
#if defined(_MSC_VER) && !defined(__clang__)
  uint64_t high;
  const uint64_t low = _umul128(a, b, &high);
  return low ^ high;
#else
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#endif
}

struct HashSeed {
  uint64_t words[4];

  // Spreads one secret over four words. Source: the finaliser of splitmix64.
  explicit HashSeed(uint64_t secret) {
    for (uint64_t& word : words) {
      uint64_t z = secret += 0x9E3779B97F4A7C15;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
      word = (z ^ (z >> 31)) | 1;
    }
  }
};

}  // namespace portacl

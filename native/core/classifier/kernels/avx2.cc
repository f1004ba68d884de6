// AVX2, with BMI and POPCNT, which every CPU that has it has too.
#include "classifier/kernels/kernel.h"

#if defined(__AVX2__)

#include <immintrin.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Avx2 {
  static uint32_t count_not_above(const uint16_t* bounds, uint32_t count, uint16_t value) {
    const __m256i values = _mm256_set1_epi16(static_cast<int16_t>(value));
    const auto not_above = [&](const uint16_t* at) {
      const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
      return _mm256_cmpeq_epi16(_mm256_min_epu16(lanes, values), lanes);
    };
    // Packing puts the quarters in the order 0 2 1 3; the permutation undoes it.
    const __m256i bytes = _mm256_permute4x64_epi64(
        _mm256_packs_epi16(not_above(bounds), not_above(bounds + 16)), 0xD8);
    const auto mask = static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
    return static_cast<uint32_t>(
        std::popcount(static_cast<uint32_t>(mask & ((uint64_t{1} << count) - 1))));
  }

  static uint32_t match_two(const ListEntry* entries, __m256i values) {
    const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(entries));
    const auto bits = [](__m256i what) {
      return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(what)));
    };
    const uint32_t from = bits(_mm256_cmpeq_epi32(_mm256_min_epu32(lanes, values), lanes));
    const uint32_t to = bits(_mm256_cmpeq_epi32(_mm256_max_epu32(lanes, values), lanes));
    return from & to >> 1 & 0x11;
  }

  static uint32_t match_four(const ListLine& line, uint32_t value) {
    const __m256i values = _mm256_set1_epi32(static_cast<int32_t>(value));
    return match_two(line.entries, values) | match_two(line.entries + 2, values) << 8;
  }
};

constexpr Kernel kKernel = kernel_of<Avx2>("avx2");

}  // namespace

const Kernel* const kAvx2Kernel = &kKernel;

}  // namespace portacl

#else

const portacl::Kernel* const portacl::kAvx2Kernel = nullptr;

#endif

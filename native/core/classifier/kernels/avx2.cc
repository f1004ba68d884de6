// AVX2, with BMI and POPCNT, which every CPU that has it has too.
#include "classifier/kernels/kernel.h"

#if defined(__AVX2__)

#include <immintrin.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Avx2 {
  // Two bits for each of the sixteen that are below.
  static uint32_t below(const void* sixteen, NodeBound value) {
    const __m256i lanes = _mm256_load_si256(static_cast<const __m256i*>(sixteen));
    return static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpgt_epi16(_mm256_set1_epi16(value), lanes)));
  }

  static uint32_t count_below(const RankBucket& bucket, NodeBound value) {
    // The eight bytes before the bounds are other fields.
    return static_cast<uint32_t>(std::popcount(below(&bucket, value) >> 8)) / 2;
  }

  static uint32_t count_below(const RankLine& line, NodeBound value) {
    const uint32_t low = below(line.bounds, value), high = below(line.bounds + 16, value);
    return static_cast<uint32_t>(std::popcount(uint64_t{high} << 32 | low)) / 2;
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

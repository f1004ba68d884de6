// AVX-512 F, BW and VL: 32 bounds or four list entries a comparison.
#include "classifier/kernels/kernel.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Avx512 {
  static uint32_t count_below(const RankBucket& bucket, NodeBound value) {
    // The four lanes before the bounds are other fields.
    const __m256i lanes = _mm256_load_si256(reinterpret_cast<const __m256i*>(&bucket));
    const uint32_t below = _mm256_cmplt_epi16_mask(lanes, _mm256_set1_epi16(value));
    return static_cast<uint32_t>(std::popcount(below >> 4));
  }

  static uint32_t count_below(const RankLine& line, NodeBound value) {
    const uint32_t below =
        _mm512_cmplt_epi16_mask(_mm512_load_si512(&line), _mm512_set1_epi16(value));
    return static_cast<uint32_t>(std::popcount(below));
  }

  static uint32_t match_four(const ListLine& line, uint32_t value) {
    const __m512i lanes = _mm512_load_si512(&line);
    const __m512i values = _mm512_set1_epi32(static_cast<int32_t>(value));
    const uint32_t from = _mm512_cmple_epu32_mask(lanes, values);
    const uint32_t to = _mm512_cmpge_epu32_mask(lanes, values);
    return from & to >> 1 & 0x1111;
  }
};

constexpr Kernel kKernel = kernel_of<Avx512>("avx512");

}  // namespace

const Kernel* const kAvx512Kernel = &kKernel;

}  // namespace portacl

#else

const portacl::Kernel* const portacl::kAvx512Kernel = nullptr;

#endif

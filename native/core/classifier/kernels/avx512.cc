// AVX-512 F, BW and VL: 32 bounds or four list entries a comparison.
#include "classifier/kernels/kernel.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Avx512 {
  static uint32_t count_not_above(const uint16_t* bounds, uint32_t count, uint16_t value) {
    const __m512i lanes = _mm512_loadu_si512(bounds);
    const uint32_t not_above =
        _mm512_cmple_epu16_mask(lanes, _mm512_set1_epi16(static_cast<int16_t>(value)));
    // Bounds of the next /16 may stand behind the count.
    return static_cast<uint32_t>(std::popcount(_bzhi_u32(not_above, count)));
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

// NEON, which every 64-bit ARM CPU has.
#include "classifier/kernels/kernel.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Neon {
  // One for each of the eight that are below.
  static uint16x8_t below(const NodeBound* eight, NodeBound value) {
    return vshrq_n_u16(vcltq_s16(vld1q_s16(eight), vdupq_n_s16(value)), 15);
  }

  static uint32_t count_below(const RankBucket& bucket, NodeBound value) {
    // The last eight overlap the first by four lanes, which count once.
    const uint16x4_t last = vget_high_u16(below(bucket.bounds + 4, value));
    return vaddvq_u16(below(bucket.bounds, value)) + vaddv_u16(last);
  }

  static uint32_t count_below(const RankLine& line, NodeBound value) {
    const uint16x8_t low = vaddq_u16(below(line.bounds, value), below(line.bounds + 8, value));
    const uint16x8_t high =
        vaddq_u16(below(line.bounds + 16, value), below(line.bounds + 24, value));
    return vaddvq_u16(vaddq_u16(low, high));
  }

  static uint32_t match_four(const ListLine& line, uint32_t value) {
    const uint32x4x4_t fields = vld4q_u32(reinterpret_cast<const uint32_t*>(&line));
    const uint32x4_t values = vdupq_n_u32(value);
    const uint32x4_t matches =
        vandq_u32(vcleq_u32(fields.val[0], values), vcleq_u32(values, fields.val[1]));
    constexpr uint32_t kBits[4] = {1, 1 << 4, 1 << 8, 1 << 12};
    return vaddvq_u32(vandq_u32(matches, vld1q_u32(kBits)));
  }
};

constexpr Kernel kKernel = kernel_of<Neon>("neon");

}  // namespace

const Kernel* const kNeonKernel = &kKernel;

}  // namespace portacl

#else

const portacl::Kernel* const portacl::kNeonKernel = nullptr;

#endif

// NEON, which every 64-bit ARM CPU has.
#include "classifier/kernels/kernel.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Neon {
  static uint32_t count_not_above(const uint16_t* bounds, uint32_t count, uint16_t value) {
    const uint16x8_t values = vdupq_n_u16(value);
    const auto limit = vdupq_n_u16(static_cast<uint16_t>(count));
    constexpr uint16_t kLanes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint16x8_t lane = vld1q_u16(kLanes);
    uint16x8_t counts = vdupq_n_u16(0);
    for (uint32_t i = 0; i < 32; i += 8) {
      const uint16x8_t reached = vcleq_u16(vld1q_u16(bounds + i), values);
      counts = vsubq_u16(counts, vandq_u16(reached, vcltq_u16(lane, limit)));
      lane = vaddq_u16(lane, vdupq_n_u16(8));
    }
    return vaddvq_u16(counts);
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

// The kernel of every CPU.
#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Scalar {
  static uint32_t count_not_above(const uint16_t* bounds, uint32_t count, uint16_t value) {
    uint32_t first = 0;
    while (count > 0) {
      const uint32_t half = (count + 1) / 2;
      first += bounds[first + half - 1] <= value ? half : 0;
      count -= half;
    }
    return first;
  }

  static uint32_t match_four(const ListLine& line, uint32_t value) {
    uint32_t matches = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      const ListEntry& entry = line.entries[i];
      matches |= static_cast<uint32_t>((entry.from <= value) & (value <= entry.to)) << 4 * i;
    }
    return matches;
  }
};

constexpr Kernel kKernel = kernel_of<Scalar>("scalar");

}  // namespace

const Kernel* const kScalarKernel = &kKernel;

}  // namespace portacl

// The kernel of every CPU.
#include "classifier/kernels/ranked_search.h"

namespace portacl {
namespace {

struct Scalar {
  // Sums of comparisons, which compilers turn into vectors.
  static uint32_t count_below(const RankBucket& bucket, NodeBound value) {
    uint16_t count = 0;
    for (const NodeBound bound : bucket.bounds) count += bound < value ? 1 : 0;
    return count;
  }

  static uint32_t count_below(const RankLine& line, NodeBound value) {
    uint16_t count = 0;
    for (const NodeBound bound : line.bounds) count += bound < value ? 1 : 0;
    return count;
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

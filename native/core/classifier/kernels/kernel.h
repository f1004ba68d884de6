// A kernel: the search of a ranked classifier, compiled for one instruction set.
//
// The algorithm stands once, in ranked_search.h, over two primitives; a kernel's file has these
// two and nothing else. A new instruction set is such a file and a row in dispatch.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "classifier/kernels/ranked_view.h"

namespace portacl {

// Which parts of a view are in use; each has its own code, without tests in the loop.
enum class RankedParts : uint8_t { kTables = 0, kLists = 1, kBoth = 2, kRows = 3 };
inline constexpr uint32_t kRankedParts = 4;

// rows[i] is the first rule that keys[i] meets, a row of the program, or kNoRow.
template <class Key>
using RankedSearch = void (*)(const RankedView& view, const Key* keys, uint32_t* rows,
                              size_t count);

struct Kernel {
  const char* name;
  RankedSearch<MatchKey4> find4[kRankedParts];
  RankedSearch<MatchKey6> find6[kRankedParts];
};

// The kernels that are compiled in and that this CPU runs, best first; the last is `scalar`.
std::span<const Kernel* const> usable_kernels();

// The kernel of that name, or the best one when the name is empty.
// Errors: kKernelUnknown for a name that is not among the usable ones.
Status find_kernel(std::string_view name, const Kernel*& out);

// Each null where the file was not compiled for its instruction set.
extern const Kernel* const kAvx512Kernel;
extern const Kernel* const kAvx2Kernel;
extern const Kernel* const kNeonKernel;
extern const Kernel* const kScalarKernel;

}  // namespace portacl

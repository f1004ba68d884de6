// The kernels in order of preference, once.
#include <array>
#include <vector>

#include "classifier/kernels/kernel.h"
#include "platform/cpu_features.h"

namespace portacl {
namespace {

struct Candidate {
  const Kernel* kernel;
  bool usable;
};

std::vector<const Kernel*> find_usable() {
  const CpuFeatures cpu = cpu_features();
  const std::array candidates = {
      Candidate{kAvx512Kernel, cpu.avx512},
      Candidate{kAvx2Kernel, cpu.avx2},
      Candidate{kNeonKernel, true},  // compiled in only where every CPU has it
      Candidate{kScalarKernel, true},
  };
  std::vector<const Kernel*> usable;
  for (const auto& [kernel, runs] : candidates) {
    if (kernel != nullptr && runs) usable.push_back(kernel);
  }
  return usable;
}

}  // namespace

std::span<const Kernel* const> usable_kernels() {
  static const std::vector<const Kernel*> kernels = find_usable();
  return kernels;
}

Status find_kernel(std::string_view name, const Kernel*& out) {
  for (const Kernel* kernel : usable_kernels()) {
    if (!name.empty() && name != kernel->name) continue;
    out = kernel;
    return {};
  }
  return {ErrorCode::kKernelUnknown};
}

}  // namespace portacl

// What the CPU and the operating system can do for kernels. The only place that asks.
#pragma once

#include <string>

namespace portacl {

struct CpuFeatures {
  bool avx2 = false;    // with BMI, BMI2, LZCNT and POPCNT
  bool avx512 = false;  // F, BW, VL, beside all of the above
};

// Of this machine; all false where nobody can be asked. Under valgrind AVX-512 is not reported.
CpuFeatures cpu_features();

// What the environment variable PORTACL_KERNEL asks for; empty when it is not set.
std::string kernel_wanted();

// The name of the CPU as it gives it, or an empty text.
std::string cpu_name();

}  // namespace portacl

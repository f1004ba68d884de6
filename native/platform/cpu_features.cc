#include "platform/cpu_features.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define PORTACL_X64 1
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace portacl {

#if defined(PORTACL_X64)

namespace {

struct CpuId {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuId cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  CpuId id;
#if defined(_MSC_VER) && !defined(__clang__)
  int words[4];
  __cpuidex(words, static_cast<int>(leaf), static_cast<int>(subleaf));
  std::memcpy(&id, words, sizeof id);
#else
  __cpuid_count(leaf, subleaf, id.eax, id.ebx, id.ecx, id.edx);
#endif
  return id;
}

// Which registers the operating system saves. Requires: OSXSAVE.
uint64_t saved_state() {
#if defined(_MSC_VER) && !defined(__clang__)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
#endif
}

constexpr bool all(uint64_t word, uint64_t bits) { return (word & bits) == bits; }
constexpr uint64_t bit(int n) { return uint64_t{1} << n; }

}  // namespace

// Source: Intel SDM volume 2A, CPUID; volume 1, 13.3 (XCR0) and 15.2 (detection of AVX-512).
CpuFeatures cpu_features() {
  CpuFeatures features;
  if (cpuid(0).eax < 7) return features;
  const CpuId base = cpuid(1);
  const CpuId extended = cpuid(7);
  constexpr uint64_t kOsxsaveAvxPopcntMovbe = bit(27) | bit(28) | bit(23) | bit(22);
  if (!all(base.ecx, kOsxsaveAvxPopcntMovbe)) return features;
  const uint64_t saved = saved_state();
  const bool lzcnt = cpuid(0x80000000).eax >= 0x80000001 && all(cpuid(0x80000001).ecx, bit(5));
  constexpr uint64_t kBmiAvx2Bmi2 = bit(3) | bit(5) | bit(8);
  features.avx2 = all(saved, 0x06) && lzcnt && all(extended.ebx, kBmiAvx2Bmi2);
  constexpr uint64_t kAvx512FBwVl = bit(16) | bit(30) | bit(31);
  features.avx512 = features.avx2 && all(saved, 0xE6) && all(extended.ebx, kAvx512FBwVl);
  return features;
}

std::string cpu_name() {
  if (cpuid(0x80000000).eax < 0x80000004) return {};
  char text[49] = {};
  for (uint32_t i = 0; i < 3; ++i) {
    const CpuId part = cpuid(0x80000002 + i);
    std::memcpy(text + 16 * i, &part, 16);
  }
  std::string name(text);
  const size_t begin = name.find_first_not_of(' ');
  const size_t end = name.find_last_not_of(' ');
  return begin == std::string::npos ? std::string() : name.substr(begin, end - begin + 1);
}

#else

CpuFeatures cpu_features() { return {}; }
std::string cpu_name() { return {}; }

#endif

std::string kernel_wanted() {
  const char* const name = std::getenv("PORTACL_KERNEL");
  return name == nullptr ? std::string() : std::string(name);
}

}  // namespace portacl

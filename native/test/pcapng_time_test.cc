#include "capture/pcapng_time.h"

#include <gtest/gtest.h>

namespace portacl {
namespace {

struct Case {
  uint8_t resolution;
  int64_t offset;
  uint64_t ticks;
  int64_t ns;
};

constexpr uint64_t kMinusOne = ~uint64_t{0};

TEST(PcapngClock, CountsInAnyTick) {
  const Case cases[] = {
      {0, 0, 5, 5'000'000'000},
      {3, 0, 1700000000'250, 1700000000'250000000},
      {6, 0, 1700000000'000001, 1700000000'000001000},
      {9, 0, 1700000000'000000001, 1700000000'000000001},
      {12, 1700000000, 750'000'000'003, 1700000000'750000000},
      {12, 0, 17000000'750000000'003u, 17000000'750000000},
      {19, 0, 1'000000000'9999999999u, 1'000000000},
      {20, 0, 999'999'999'999, 9},
      {28, 0, 18446744073709551615u, 1},
      {29, 0, 18446744073709551615u, 0},
      {127, 0, 18446744073709551615u, 0},
      {0x80, 0, 7, 7'000'000'000},
      {0x80 | 10, 0, (1700000000ull << 10) + 257, 1700000000'250976562},
      {0x80 | 30, 0, (1700000000ull << 30) + (1ull << 29) + 1, 1700000000'500000000},
      {0x80 | 32, 0, (5ull << 32) + (1ull << 31), 5'500000000},
      {0x80 | 40, 0, (5ull << 40) + (1ull << 38) + 1, 5'250000000},
      {0x80 | 62, 0, (1ull << 62) + (1ull << 61), 1'500000000},
      {0x80 | 64, 0, 1ull << 62, 250000000},
      {0x80 | 127, 0, 1ull << 62, 0},
      {6, 3600, 1, 3600'000001000},
      {6, -3600, 1, -3600'000000000 + 1000},
      // Counts before 1970 are written as negative numbers.
      {6, 0, kMinusOne, -1000},
      {9, 0, kMinusOne - 999'999'999, -1'000'000'000},
      {0x80 | 20, 0, kMinusOne, -953},
      // At finer ticks the same count is a real time.
      {12, 0, kMinusOne, 18446744'073709551},
      {0x80 | 64, 0, 3ull << 62, 750000000},
      {0, 0, kMinusOne, -1'000'000'000},
      // Beyond what 64 bits of nanoseconds hold.
      {0, 0, 10'000'000'000, kNoTime},
      {0, INT64_MAX, 1, kNoTime},
      {0, INT64_MIN, 1, kNoTime},
      {0, 0, 1ull << 63, kNoTime},
      {6, 9'000'000'000, 9'000'000'000'000'000, kNoTime},
  };
  for (const Case& c : cases) {
    PcapngClock clock;
    clock.set_resolution(c.resolution);
    clock.set_offset(c.offset);
    EXPECT_EQ(clock.to_ns(c.ticks), c.ns)
        << "resolution " << int{c.resolution} << " ticks " << c.ticks << " offset " << c.offset;
  }
}

}  // namespace
}  // namespace portacl

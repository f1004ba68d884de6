#include "capture/pcapng_time.h"

namespace portacl {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

struct Time {
  uint64_t seconds;
  uint64_t ns;  // 0 to kNsPerSecond - 1
};

// Requires: exponent <= 19.
constexpr uint64_t power_of_ten(unsigned exponent) {
  uint64_t power = 1;
  while (exponent-- != 0) power *= 10;
  return power;
}

// Bits beyond the width of a number: all gone.
constexpr uint64_t shift_right(uint64_t value, unsigned bits) {
  return bits < 64 ? value >> bits : 0;
}

// `ticks` of 10^-exponent seconds.
Time from_decimal(uint64_t ticks, unsigned exponent) {
  if (exponent > 9 + 19) return {0, 0};
  if (exponent > 19) return {0, ticks / power_of_ten(exponent - 9)};
  const uint64_t per_second = power_of_ten(exponent);
  const uint64_t rest = ticks % per_second;
  const uint64_t ns =
      exponent <= 9 ? rest * power_of_ten(9 - exponent) : rest / power_of_ten(exponent - 9);
  return {ticks / per_second, ns};
}

// `ticks` of 2^-exponent seconds. The fraction times 10^9 needs 94 bits: it is taken in two halves,
// and what the lower one loses is below the floor.
Time from_binary(uint64_t ticks, unsigned exponent) {
  const uint64_t seconds = shift_right(ticks, exponent);
  const uint64_t fraction = exponent < 64 ? ticks & ((uint64_t{1} << exponent) - 1) : ticks;
  if (exponent < 32) {
    return {seconds, (fraction * kNsPerSecond) >> exponent};
  }
  const uint64_t high = (fraction >> 32) * kNsPerSecond;
  const uint64_t low = (fraction & 0xFFFFFFFF) * kNsPerSecond >> 32;
  return {seconds, shift_right(high + low, exponent - 32)};
}

}  // namespace

void PcapngClock::set_resolution(uint8_t resolution) {
  binary_ = (resolution & 0x80) != 0;
  exponent_ = resolution & 0x7F;
  ns_per_tick_ = 0;
  ticks_max_ = 0;
  if (!binary_ && exponent_ <= 9) {
    ns_per_tick_ = static_cast<uint32_t>(power_of_ten(9 - exponent_));
    ticks_max_ = static_cast<uint64_t>(INT64_MAX) / ns_per_tick_;
  }
}

int64_t PcapngClock::to_ns_slowly(uint64_t ticks) const {
  // One second is kept clear at either end, so that the nanoseconds always fit.
  constexpr int64_t kSecondsMax = INT64_MAX / kNsPerSecond - 1;
  const auto split = [this](uint64_t count) {
    return binary_ ? from_binary(count, exponent_) : from_decimal(count, exponent_);
  };
  Time time = split(ticks);
  const bool negative = time.seconds > kSecondsMax && ticks >> 63 != 0;
  if (negative) time = split(0 - ticks);
  if (time.seconds > kSecondsMax) return kNoTime;
  auto seconds = static_cast<int64_t>(time.seconds);
  int64_t ns = static_cast<int64_t>(time.ns);
  if (negative) {
    seconds = -seconds - (ns != 0 ? 1 : 0);
    ns = ns != 0 ? kNsPerSecond - ns : 0;
  }
  if (offset_seconds_ > 2 * kSecondsMax || offset_seconds_ < -2 * kSecondsMax) return kNoTime;
  seconds += offset_seconds_;
  if (seconds > kSecondsMax || seconds < -kSecondsMax) return kNoTime;
  return seconds * kNsPerSecond + ns;
}

}  // namespace portacl

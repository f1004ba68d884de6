// Time stamps of a pcapng interface: a count of ticks whose length the interface chooses.
#pragma once

#include <cstdint>

#include "capture/capture_record.h"

namespace portacl {

class PcapngClock {
 public:
  // The value of option if_tsresol: the tick is 10^-n seconds, or 2^-n with the high bit set.
  void set_resolution(uint8_t resolution);

  // The value of option if_tsoffset: seconds to be added to every time stamp.
  void set_offset(int64_t seconds) { offset_seconds_ = seconds; }

  // Nanoseconds since 1970 of a time stamp, fractions dropped. A count too large for 64
  // bits of nanoseconds is read as a negative one: some writers put times before 1970 there.
  // kNoTime where that cannot be held either.
  int64_t to_ns(uint64_t ticks) const {
    // Microseconds and nanoseconds without offset: one multiplication.
    if (offset_seconds_ == 0 && ticks <= ticks_max_) [[likely]] {
      return static_cast<int64_t>(ticks * ns_per_tick_);
    }
    return to_ns_slowly(ticks);
  }

 private:
  int64_t to_ns_slowly(uint64_t ticks) const;

  uint8_t exponent_ = 6;
  bool binary_ = false;
  uint32_t ns_per_tick_ = 1000;  // with ticks_max_ != 0: whole nanoseconds a tick
  uint64_t ticks_max_ = INT64_MAX / 1000;
  int64_t offset_seconds_ = 0;
};

}  // namespace portacl

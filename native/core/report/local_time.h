// Local time of a zone, as logs write it.
#pragma once

#include <cstdint>
#include <span>

#include "base/text_sink.h"

namespace portacl {

// From `from_s` (seconds since 1970) on, local time is UTC and `offset_s` more.
struct ZoneOffset {
  int64_t from_s;
  int32_t offset_s;
};

// Seconds that local time is ahead of UTC; that of the first offset also before it begins, 0 when
// there is none. Requires: `zone` ascending.
int32_t zone_offset(std::span<const ZoneOffset> zone, int64_t time_s);

// `2021-06-22 12:19:41`: the second in which `time_ns` (nanoseconds since 1970) lies.
void append_local_time(TextSink& sink, int64_t time_ns, std::span<const ZoneOffset> zone);

}  // namespace portacl

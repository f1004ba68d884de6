#include "report/local_time.h"

#include <algorithm>
#include <chrono>

namespace portacl {

int32_t zone_offset(std::span<const ZoneOffset> zone, int64_t time_s) {
  const auto after = std::ranges::upper_bound(zone, time_s, {}, &ZoneOffset::from_s);
  if (after != zone.begin()) return std::prev(after)->offset_s;
  return zone.empty() ? 0 : zone.front().offset_s;
}

void append_local_time(TextSink& sink, int64_t time_ns, std::span<const ZoneOffset> zone) {
  using std::chrono::days;
  using std::chrono::floor;
  using std::chrono::seconds;
  const auto utc = floor<seconds>(std::chrono::nanoseconds(time_ns));
  const std::chrono::sys_seconds local(utc + seconds(zone_offset(zone, utc.count())));
  const auto day = floor<days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  const auto put = [&](auto value, unsigned digits, char after) {
    sink.append_padded(static_cast<uint64_t>(value), digits);
    sink.append(after);
  };
  // Times of 64 bits in nanoseconds lie between 1677 and 2262.
  put(static_cast<int>(date.year()), 4, '-');
  put(static_cast<unsigned>(date.month()), 2, '-');
  put(static_cast<unsigned>(date.day()), 2, ' ');
  put(clock.hours().count(), 2, ':');
  put(clock.minutes().count(), 2, ':');
  sink.append_padded(static_cast<uint64_t>(clock.seconds().count()), 2);
}

}  // namespace portacl

// Verdicts over time, and the limits of time.
#include "report/timeline.h"

#include <gtest/gtest.h>

namespace portacl {
namespace {

VerdictRecord at(int64_t time_ns, Outcome outcome) {
  VerdictRecord record{};
  record.time_ns = time_ns;
  record.verdict.outcome = outcome;
  return record;
}

TEST(Timeline, WidensUntilTheCaptureFits) {
  Timeline timeline;
  const VerdictRecord records[] = {at(0, Outcome::kDrop), at(1'000'000, Outcome::kAllow),
                                   at(511'999'999, Outcome::kAllow)};
  timeline.write({{}, records, {}, 0, {}});
  EXPECT_EQ(timeline.width_ns(), 1'000'000);
  EXPECT_EQ(timeline.buckets().size(), 512u);
  const VerdictRecord later[] = {at(512'000'000, Outcome::kPass), at(kNoTime, Outcome::kDrop),
                                 at(-5, Outcome::kDrop)};
  timeline.write({{}, later, {}, 0, {}});
  EXPECT_EQ(timeline.width_ns(), 2'000'000);
  ASSERT_EQ(timeline.buckets().size(), 257u);
  EXPECT_EQ(timeline.buckets()[0], (Timeline::Bucket{2, 1, 0}));
  EXPECT_EQ(timeline.buckets()[255], (Timeline::Bucket{0, 1, 0}));
  EXPECT_EQ(timeline.buckets()[256], (Timeline::Bucket{0, 0, 1}));
}

TEST(Timeline, HoldsTheFurthestTimes) {
  Timeline timeline;
  const VerdictRecord records[] = {at(INT64_MIN + 1, Outcome::kDrop),
                                   at(INT64_MAX, Outcome::kDrop)};
  timeline.write({{}, records, {}, 0, {}});
  EXPECT_LE(timeline.buckets().size(), Timeline::kBuckets);
}

}  // namespace
}  // namespace portacl

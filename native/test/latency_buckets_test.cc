// Times counted by their size.
#include "report/latency_buckets.h"

#include <gtest/gtest.h>

namespace portacl {
namespace {

TEST(LatencyBuckets, CoversEveryTimeInOrderWithoutGaps) {
  uint64_t next = 0;
  for (size_t bucket = 0; bucket < LatencyBuckets::kCount; ++bucket) {
    const uint64_t most = LatencyBuckets::most_of(bucket);
    ASSERT_EQ(LatencyBuckets::bucket_of(next), bucket);
    ASSERT_EQ(LatencyBuckets::bucket_of(most), bucket);
    ASSERT_LE(most - next, next / 16) << bucket;
    next = most + 1;
  }
  EXPECT_EQ(next, 0u);  // past the largest time there is
}

TEST(LatencyBuckets, CountsIntoTheBucketOfATime) {
  LatencyBuckets buckets;
  buckets.add(31);
  buckets.add(32);
  buckets.add(33);
  EXPECT_EQ(buckets.count(31), 1u);
  EXPECT_EQ(buckets.count(32), 2u);
  EXPECT_EQ(buckets.count(33), 0u);
}

}  // namespace
}  // namespace portacl

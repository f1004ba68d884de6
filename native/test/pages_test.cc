#include "platform/pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace portacl {
namespace {

TEST(Pages, BeginZeroed) {
  for (const size_t count : {size_t{1}, size_t{1000}, kHugePiece, 3 * kHugePiece + 1}) {
    PageArray<uint8_t> rows(count);
    ASSERT_EQ(rows.size(), count);
    EXPECT_EQ(rows[0], 0);
    EXPECT_EQ(rows[count - 1], 0);
    rows[count - 1] = 1;
  }
}

// From and to pieces with and without huge pages.
TEST(Pages, GrowWithWhatTheyHold) {
  PageArray<uint64_t> rows;
  size_t filled = 0;
  for (const size_t count : {size_t{100}, size_t{60'000}, size_t{200'000}, size_t{2'000'000}}) {
    ASSERT_TRUE(rows.grow(count));
    ASSERT_EQ(rows.size(), count);
    for (size_t i = 0; i < filled; ++i) ASSERT_EQ(rows[i], i * 3) << count;
    for (size_t i = filled; i < count; ++i) {
      ASSERT_EQ(rows[i], 0u) << i;
      rows[i] = i * 3;
    }
    filled = count;
  }
}

TEST(Pages, StayAsTheyAreWhereMemoryIsOut) {
  PageArray<uint64_t> rows(10);
  rows[9] = 7;
  EXPECT_FALSE(rows.grow(SIZE_MAX / sizeof(uint64_t)));
  EXPECT_FALSE(rows.grow(SIZE_MAX / 4));
  EXPECT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows[9], 7u);
  EXPECT_EQ(PageArray<uint64_t>(SIZE_MAX / 4).size(), 0u);
}

TEST(Pages, MoveWithTheirOwner) {
  PageArray<uint64_t> rows(10);
  rows[0] = 7;
  PageArray<uint64_t> other = std::move(rows);
  EXPECT_EQ(other[0], 7u);
  EXPECT_EQ(rows.size(), 0u);
  rows = std::move(other);
  EXPECT_EQ(rows[0], 7u);
}

}  // namespace
}  // namespace portacl

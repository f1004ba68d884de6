#include "capture/snoop.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

const Bytes kFrame = ethernet(0x0800, ipv4(17, udp(5000, 53)));

TEST(Snoop, GivesLengthsTimesAndBytes) {
  const Snoop snoop;
  const Bytes file = snoop.header() + snoop.record(kFrame, 911274719, 885516) +
                     snoop.record(kFrame, 4102444800, 0, 1500) + snoop.record(Bytes(3, 9), 1, 2);
  for (const size_t bytes_per_read : {SIZE_MAX, size_t{1}, size_t{17}}) {
    const auto result = read_all(file, 2, bytes_per_read);
    ASSERT_TRUE(result.status.ok());
    ASSERT_EQ(result.records.size(), 3u);
    EXPECT_EQ(result.records[0].record.time_ns, 911274719'885516000);
    EXPECT_EQ(result.records[0].bytes, kFrame);
    EXPECT_EQ(result.records[1].record.time_ns, 4102444800'000000000);
    EXPECT_EQ(result.records[1].record.original_bytes, 1500u);
    EXPECT_EQ(result.records[2].bytes, Bytes(3, 9));
    EXPECT_EQ(result.records[2].record.frame, 3u);
    EXPECT_EQ(result.records[2].record.link_type, kLinkEthernet);
    EXPECT_EQ(result.bytes_read, file.size());
  }
}

TEST(Snoop, TakesBothKindsOfEthernetAndRefusesOtherHeaders) {
  const Snoop snoop;
  EXPECT_EQ(read_all(snoop.header(0) + snoop.record(kFrame, 1, 2)).records.size(), 1u);
  const auto fddi = read_all(snoop.header(8) + snoop.record(kFrame, 1, 2)).status;
  EXPECT_EQ(fddi.code, ErrorCode::kCaptureLinkType);
  EXPECT_EQ(fddi.offset, 12u);
  EXPECT_EQ(fddi.detail, kSnoopLinkBase + 8);
  const auto old = read_all(snoop.header(4, 1)).status;
  EXPECT_EQ(old.code, ErrorCode::kCaptureVersion);
  EXPECT_EQ(old.detail, 1u << 16);
  Bytes other = snoop.header();
  other[7] = 1;
  EXPECT_EQ(read_all(other).status.code, ErrorCode::kCaptureUnknownFormat);
  EXPECT_EQ(read_all(prefix(other, 5)).status.code, ErrorCode::kCaptureUnknownFormat);
}

TEST(Snoop, ReadsThePacketsBeforeEveryCut) {
  const Snoop snoop;
  const Bytes record = snoop.record(kFrame, 1, 2);
  const Bytes file = snoop.header() + record + record;
  for (size_t size = 1; size <= file.size(); ++size) {
    const auto result = read_all(prefix(file, size));
    const size_t whole = size < 16 ? 0 : (size - 16) / record.size();
    EXPECT_EQ(result.records.size(), whole) << size;
    const bool end = size >= 16 && (size - 16) % record.size() == 0;
    EXPECT_EQ(result.status.ok(), end) << size;
    if (size >= 16 && !end) {
      EXPECT_EQ(result.status.offset, 16 + whole * record.size()) << size;
    }
  }
}

TEST(Snoop, RefusesLengthsThatContradictEachOther) {
  const Snoop snoop;
  const Bytes good = snoop.record(kFrame, 1, 2);
  const auto with = [&](size_t at, uint32_t value) {
    Bytes bad = good;
    const Bytes number = be32(value);
    std::copy(number.begin(), number.end(), bad.begin() + static_cast<ptrdiff_t>(at));
    return read_all(snoop.header() + good + bad);
  };
  const auto captured = static_cast<uint32_t>(good.size());
  for (const auto& [at, value] : {std::pair<size_t, uint32_t>{4, captured},
                                  {4, 0xFFFFFFFF},
                                  {8, 0},
                                  {8, 23},
                                  {8, kRecordBytesMax + 1}}) {
    const auto result = with(at, value);
    EXPECT_EQ(result.records.size(), 1u);
    EXPECT_EQ(result.status.code, ErrorCode::kCaptureRecordLength);
    EXPECT_EQ(result.status.offset, 16 + good.size());
    EXPECT_EQ(result.status.detail, value);
  }
}

}  // namespace
}  // namespace portacl::capture_test

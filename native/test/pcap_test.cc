#include <gtest/gtest.h>

#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

const Bytes kFrame = ethernet(0x0800, ipv4(17, udp(5000, 53)));

struct Form {
  const char* name;
  Order order;
  uint32_t magic;
  int64_t ns_per_tick;
};

class PcapForms : public testing::TestWithParam<Form> {};

TEST_P(PcapForms, GivesLengthsTimesAndBytes) {
  const Form& form = GetParam();
  const Pcap pcap(form.order, form.magic);
  const Bytes extra = form.magic == 0xA1B2CD34 ? zeros(8) : Bytes{};
  const auto record = [&](uint32_t seconds, uint32_t ticks, int original) {
    const Bytes plain = pcap.record(kFrame, seconds, ticks, original);
    return prefix(plain, 16) + extra + kFrame;
  };
  const auto result = read_all(pcap.header() + record(1700000000, 999, -1) +
                               record(4102444800, 0, 1500) + record(1, 2, -1));
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.records.size(), 3u);
  EXPECT_EQ(result.records[0].record.time_ns, 1700000000'000000000 + 999 * form.ns_per_tick);
  EXPECT_EQ(result.records[1].record.time_ns, 4102444800'000000000);
  EXPECT_EQ(result.records[1].record.captured_bytes, kFrame.size());
  EXPECT_EQ(result.records[1].record.original_bytes, 1500u);
  EXPECT_EQ(result.records[2].bytes, kFrame);
  EXPECT_EQ(result.records[2].record.frame, 3u);
  EXPECT_EQ(result.records[2].record.section, 0u);
}

INSTANTIATE_TEST_SUITE_P(AllMagics, PcapForms,
                         testing::Values(Form{"MicroLittle", Order::kLittle, 0xA1B2C3D4, 1000},
                                         Form{"MicroBig", Order::kBig, 0xA1B2C3D4, 1000},
                                         Form{"NanoLittle", Order::kLittle, 0xA1B23C4D, 1},
                                         Form{"NanoBig", Order::kBig, 0xA1B23C4D, 1},
                                         Form{"ModifiedLittle", Order::kLittle, 0xA1B2CD34, 1000},
                                         Form{"ModifiedBig", Order::kBig, 0xA1B2CD34, 1000}),
                         [](const auto& about) { return about.param.name; });

struct HeaderCase {
  const char* name;
  Bytes file;
  ErrorCode code;
  uint64_t offset;
  uint64_t detail;
};

TEST(Pcap, RefusesHeadersItCannotRead) {
  const Pcap pcap(Order::kLittle);
  const HeaderCase cases[] = {
      {"no bytes", {}, ErrorCode::kCaptureEmpty, 0, 0},
      {"three bytes", {0xD4, 0xC3, 0xB2}, ErrorCode::kCaptureUnknownFormat, 0, 0},
      {"gzip", {0x1F, 0x8B, 8, 0, 0}, ErrorCode::kCaptureUnknownFormat, 0, 0x1F8B0800},
      {"header cut", prefix(pcap.header(), 4), ErrorCode::kCaptureCut, 0, 24},
      {"version 1.4", pcap.header(1, 1, 4), ErrorCode::kCaptureVersion, 4, 0x10004},
      {"version 2.5", pcap.header(1, 2, 5), ErrorCode::kCaptureVersion, 4, 0x20005},
      {"reserved bits", pcap.header(0x00300001), ErrorCode::kCaptureLinkType, 20, 0x00300001},
  };
  for (const HeaderCase& c : cases) {
    const auto result = read_all(c.file);
    EXPECT_EQ(result.status.code, c.code) << c.name;
    EXPECT_EQ(result.status.offset, c.offset) << c.name;
    EXPECT_EQ(result.status.detail, c.detail) << c.name;
    EXPECT_TRUE(result.records.empty()) << c.name;
  }
}

TEST(Pcap, IgnoresFrameCheckSequenceBits) {
  const Pcap pcap(Order::kLittle);
  const auto result = read_all(pcap.header(0x44000001) + pcap.record(kFrame, 1, 0));
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.records.size(), 1u);
}

TEST(Pcap, ReadsTheLengthsOfOldVersionsInTheirOrder) {
  const Pcap pcap(Order::kLittle);
  const Bytes times = pcap.u32(1) + pcap.u32(2);
  const Bytes exchanged = times + pcap.u32(90) + pcap.u32(kFrame.size()) + kFrame;
  for (const uint16_t minor : {uint16_t{2}, uint16_t{3}}) {
    const auto result = read_all(pcap.header(1, 2, minor) + exchanged);
    ASSERT_EQ(result.records.size(), 1u) << minor;
    EXPECT_EQ(result.records[0].record.original_bytes, 90u);
    EXPECT_EQ(result.records[0].record.captured_bytes, kFrame.size());
  }
}

TEST(Pcap, NamesAnUnknownLinkTypeAtTheFirstPacketOnly) {
  const Pcap pcap(Order::kBig);
  EXPECT_TRUE(read_all(pcap.header(147)).status.ok());
  const auto result = read_all(pcap.header(147) + pcap.record(kFrame, 1, 0));
  EXPECT_EQ(result.status.code, ErrorCode::kCaptureLinkType);
  EXPECT_EQ(result.status.offset, 24u);
  EXPECT_EQ(result.status.detail, 147u);
}

TEST(Pcap, DeliversRecordsBeforeAnImpossibleLength) {
  const Pcap pcap(Order::kLittle);
  for (const uint32_t length : {kRecordBytesMax + 1, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    const Bytes bad = pcap.u32(1) + pcap.u32(2) + pcap.u32(length) + pcap.u32(60);
    const auto result =
        read_all(pcap.header() + pcap.record(kFrame, 1, 0) + pcap.record(kFrame, 2, 0) + bad);
    EXPECT_EQ(result.records.size(), 2u);
    EXPECT_EQ(result.status.code, ErrorCode::kCaptureRecordLength);
    EXPECT_EQ(result.status.offset, 24 + 2 * (16 + kFrame.size()));
    EXPECT_EQ(result.status.detail, length);
  }
}

TEST(Pcap, ReadsARecordLargerThanTheBuffer) {
  const Pcap pcap(Order::kLittle);
  Bytes large(ReadBuffer::kBufferBytes + 12345);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<uint8_t>(i * 7);
  const auto result = read_all(pcap.header() + pcap.record(kFrame, 1, 0) +
                               pcap.record(large, 2, 0) + pcap.record(kFrame, 3, 0));
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.records.size(), 3u);
  EXPECT_EQ(result.records[1].bytes, large);
  EXPECT_EQ(result.records[2].bytes, kFrame);
}

TEST(Pcap, TakesOddLengthsAsTheyAre) {
  const Pcap pcap(Order::kLittle);
  const auto result = read_all(pcap.header() + pcap.record(kFrame, 1, 0, 10) +
                               pcap.record({}, 1, 0, 60) + pcap.record({}, 1, 0));
  ASSERT_EQ(result.records.size(), 3u);
  EXPECT_EQ(result.records[0].record.original_bytes, 10u);
  EXPECT_EQ(result.records[1].record.captured_bytes, 0u);
}

TEST(Pcap, CarriesFractionsOfASecondOrMore) {
  const Pcap pcap(Order::kLittle, 0xA1B23C4D);
  const auto result = read_all(pcap.header() + pcap.record(kFrame, 5, 1'500'000'000));
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.records[0].record.time_ns, 6'500'000'000);
}

}  // namespace
}  // namespace portacl::capture_test

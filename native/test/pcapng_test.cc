#include <gtest/gtest.h>

#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

const Bytes kFrame = ethernet(0x0800, ipv4(6, tcp(40000, 80)));
constexpr uint64_t kTicks = 1'700'000'000'000'001;  // microseconds
constexpr int64_t kTicksNs = 1'700'000'000'000'001'000;

class PcapngOrders : public testing::TestWithParam<Order> {};

TEST_P(PcapngOrders, ReadsEveryKindOfPacketBlock) {
  const Pcapng png(GetParam());
  const auto result = read_all(png.section() + png.interface() + png.packet(0, kTicks, kFrame) +
                               png.simple_packet(kFrame) + png.old_packet(0, kTicks, kFrame) +
                               png.packet(0, kTicks, kFrame));
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.records.size(), 4u);
  const int64_t times[] = {kTicksNs, kNoTime, kTicksNs, kTicksNs};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.records[i].bytes, kFrame) << i;
    EXPECT_EQ(result.records[i].record.time_ns, times[i]) << i;
    EXPECT_EQ(result.records[i].record.frame, i + 1);
    EXPECT_EQ(result.records[i].record.section, 1u);
  }
}

TEST_P(PcapngOrders, ForgetsInterfacesAtASectionOfTheOtherOrder) {
  const Order other = GetParam() == Order::kBig ? Order::kLittle : Order::kBig;
  const Pcapng first(GetParam()), second(other);
  const auto result =
      read_all(first.section() + first.interface(101) + first.interface(228) +
               first.packet(1, kTicks, kFrame) + second.section() + second.interface(1) +
               second.packet(0, kTicks, kFrame) + second.packet(1, kTicks, kFrame));
  ASSERT_EQ(result.records.size(), 2u);
  EXPECT_EQ(result.records[0].record.link_type, 228);
  EXPECT_EQ(result.records[0].record.interface_index, 1u);
  EXPECT_EQ(result.records[1].record.link_type, 1);
  EXPECT_EQ(result.records[1].record.section, 2u);
  EXPECT_EQ(result.status.code, ErrorCode::kCaptureUnknownInterface);
  EXPECT_EQ(result.status.detail, 1u);
}

INSTANTIATE_TEST_SUITE_P(BothOrders, PcapngOrders, testing::Values(Order::kLittle, Order::kBig),
                         [](const auto& about) {
                           return about.param == Order::kLittle ? "Little" : "Big";
                         });

TEST(Pcapng, PassesOverOtherBlocksOfAnySize) {
  const Pcapng png(Order::kLittle);
  const Bytes huge = png.block(0x0BAD, zeros(3 * ReadBuffer::kBufferBytes));
  const auto result = read_all(png.section() + png.block(4, zeros(20)) + png.interface() + huge +
                               png.packet(0, kTicks, kFrame) + png.block(10, zeros(9)) +
                               png.packet(0, kTicks, kFrame) + huge);
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.records.size(), 2u);
}

TEST(Pcapng, AppliesResolutionAndOffset) {
  const Pcapng png(Order::kBig);
  const Bytes options = png.option(9, {9}) + png.option(14, png.u64(static_cast<uint64_t>(-3600))) +
                        png.option(0, {}) + png.option(9, {3});
  const auto result = read_all(png.section() + png.interface(1, 0, options) +
                               png.packet(0, 7200'000000005, kFrame));
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.records[0].record.time_ns, 3600'000000005);
}

TEST(Pcapng, BoundsASimplePacketBySnapLengthAndBlock) {
  const Pcapng png(Order::kLittle);
  const auto result = read_all(png.section() + png.interface(1, 20) + png.simple_packet(kFrame) +
                               png.section() + png.interface(1) + png.simple_packet(kFrame, 4000));
  ASSERT_EQ(result.records.size(), 2u);
  EXPECT_EQ(result.records[0].record.captured_bytes, 20u);
  EXPECT_EQ(result.records[0].record.original_bytes, kFrame.size());
  EXPECT_EQ(result.records[1].record.captured_bytes, padded(kFrame).size());
  EXPECT_EQ(result.records[1].record.original_bytes, 4000u);
}

TEST(Pcapng, LetsAnUnusedInterfaceBeOfAnyType) {
  const Pcapng png(Order::kLittle);
  const Bytes good =
      png.section() + png.interface(1) + png.interface(147) + png.packet(0, kTicks, kFrame);
  EXPECT_TRUE(read_all(good).status.ok());
  const auto result = read_all(good + png.packet(1, kTicks, kFrame));
  EXPECT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.status.code, ErrorCode::kCaptureLinkType);
  EXPECT_EQ(result.status.offset, good.size());
  EXPECT_EQ(result.status.detail, 147u);
}

struct DamageCase {
  const char* name;
  Bytes block;
  ErrorCode code;
  uint64_t detail;
};

TEST(Pcapng, DeliversPacketsBeforeDamageAndNamesItsPlace) {
  const Pcapng png(Order::kLittle);
  Bytes wrong_trailer = png.packet(0, kTicks, kFrame);
  wrong_trailer[wrong_trailer.size() - 4] ^= 0x10;
  Bytes wrong_magic = png.section();
  wrong_magic[8] = 0;
  const DamageCase cases[] = {
      {"unaligned", png.u32(6) + png.u32(33) + zeros(40), ErrorCode::kCaptureRecordLength, 33},
      {"too short", png.u32(9) + png.u32(8) + zeros(40), ErrorCode::kCaptureRecordLength, 8},
      {"packet too short", png.block(6, zeros(16)), ErrorCode::kCaptureRecordLength, 28},
      {"interface too short", png.block(1, zeros(4)), ErrorCode::kCaptureRecordLength, 16},
      {"section too short", png.block(0x0A0D0D0A, png.u32(0x1A2B3C4D)),
       ErrorCode::kCaptureRecordLength, 16},
      {"simple packet too short", png.block(3, {}), ErrorCode::kCaptureRecordLength, 12},
      {"huge packet", png.u32(6) + png.u32(0xFFFFFFF0) + zeros(40), ErrorCode::kCaptureRecordLength,
       0xFFFFFFF0},
      {"huge unknown block", png.u32(99) + png.u32(0xFFFFFFF0) + zeros(40), ErrorCode::kCaptureCut,
       0xFFFFFFF0},
      {"more captured than the block", png.packet(0, kTicks, kFrame, 4000),
       ErrorCode::kCaptureRecordLength, 4000},
      {"no such interface", png.packet(7, kTicks, kFrame), ErrorCode::kCaptureUnknownInterface, 7},
      {"trailer", wrong_trailer, ErrorCode::kCaptureBlock,
       png.packet(0, kTicks, kFrame).size() ^ 0x10},
      {"byte order", wrong_magic, ErrorCode::kCaptureBlock, 0x1A2B3C00},
      {"version", png.section(2, 0), ErrorCode::kCaptureVersion, 0x20000},
      {"cut", png.u32(6) + png.u32(400) + zeros(4), ErrorCode::kCaptureCut, 400},
      {"cut head", png.u32(6), ErrorCode::kCaptureCut, 0},
  };
  const Bytes good = png.section() + png.interface() + png.packet(0, kTicks, kFrame) +
                     png.simple_packet(kFrame) + png.packet(0, kTicks, kFrame);
  for (const DamageCase& c : cases) {
    for (const size_t batch : {1, 2, 3, 10}) {
      const auto result = read_all(good + c.block, batch);
      EXPECT_EQ(result.records.size(), 3u) << c.name;
      EXPECT_EQ(result.status.code, c.code) << c.name;
      EXPECT_EQ(result.status.detail, c.detail) << c.name;
      if (c.code != ErrorCode::kCaptureCut || c.detail != 0xFFFFFFF0) {
        EXPECT_EQ(result.bytes_read, good.size()) << c.name;
      }
      EXPECT_EQ(result.status.offset, good.size()) << c.name;
    }
  }
}

TEST(Pcapng, ASimplePacketNeedsAnInterface) {
  const Pcapng png(Order::kLittle);
  const auto result = read_all(png.section() + png.simple_packet(kFrame));
  EXPECT_EQ(result.status.code, ErrorCode::kCaptureUnknownInterface);
}

TEST(Pcapng, LimitsTheInterfacesOfASection) {
  const Pcapng png(Order::kLittle);
  Bytes file = png.section();
  const Bytes interface = png.interface();
  for (uint32_t i = 0; i <= 65536; ++i) file.insert(file.end(), interface.begin(), interface.end());
  const auto result = read_all(file);
  EXPECT_EQ(result.status.code, ErrorCode::kCaptureBlock);
  EXPECT_EQ(result.status.detail, 65537u);
}

TEST(Pcapng, StopsReadingOptionsAtDamage) {
  const Pcapng png(Order::kLittle);
  const Bytes options = png.option(9, {9}) + png.u16(14) + png.u16(200) + zeros(8);
  const auto result =
      read_all(png.section() + png.interface(1, 0, options) + png.packet(0, 5, kFrame));
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.records[0].record.time_ns, 5);
}

}  // namespace
}  // namespace portacl::capture_test

#include <gtest/gtest.h>

#include <array>

#include "capture/packet_options.h"
#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

// Five bytes, so that padding stands between them and the options.
const Bytes kFive = {1, 2, 3, 4, 5};

Bytes text(const char* value) {
  const std::string_view view(value);
  return {view.begin(), view.end()};
}

CaptureReader reader_of(const Bytes& file) {
  return CaptureReader(std::make_unique<MemorySource>(file));
}

class PacketOptionOrders : public testing::TestWithParam<Order> {};

TEST_P(PacketOptionOrders, AreReadBehindThePacketsPadding) {
  const Pcapng png(GetParam());
  const Bytes options = png.option(1, text("dropped")) + png.option(2, png.u32(0x102)) +
                        png.option(4, png.u64(7)) + png.option(5, png.u64(0x1122334455667788)) +
                        png.option(7, Bytes{2} + png.u64(1)) + png.option(0, {});
  const Bytes file = png.section() + png.interface() + png.packet(0, 1, kFive, -1, options) +
                     png.old_packet(0, 1, kFive, options);
  auto reader = reader_of(file);
  std::array<CaptureRecord, 4> records;
  ASSERT_EQ(reader.next_batch(records), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const PacketOptions read = read_packet_options(records[i]);
    EXPECT_EQ(read.comment, "dropped");
    EXPECT_EQ(read.flags, 0x102u);
    EXPECT_EQ(read.drop_count, 7u);
    EXPECT_EQ(lost_before(records[i]), 7u);
    EXPECT_EQ(read.packet_id, 0x1122334455667788u);
    ASSERT_TRUE(read.verdict.has_value());
    EXPECT_EQ(read.verdict->kind, 2);
    const Bytes value(read.verdict->value.begin(), read.verdict->value.end());
    EXPECT_EQ(value, png.u64(1));
  }
}

INSTANTIATE_TEST_SUITE_P(BothOrders, PacketOptionOrders,
                         testing::Values(Order::kLittle, Order::kBig), [](const auto& about) {
                           return about.param == Order::kLittle ? "Little" : "Big";
                         });

TEST(PacketOptions, AreAbsentWhereThereAreNone) {
  const Pcapng png(Order::kLittle);
  const Pcap pcap(Order::kLittle);
  const Bytes files[] = {
      png.section() + png.interface() + png.packet(0, 1, kFive) + png.simple_packet(kFive),
      pcap.header() + pcap.record(kFive, 1, 1)};
  for (const Bytes& file : files) {
    auto reader = reader_of(file);
    // Records that a batch before has filled keep nothing of it.
    CaptureRecord record;
    record.options_bytes = 999;
    while (reader.next_batch({&record, 1}) != 0) {
      const PacketOptions read = read_packet_options(record);
      EXPECT_EQ(record.options_bytes, 0u);
      EXPECT_TRUE(read.comment.empty());
      EXPECT_FALSE(read.packet_id || read.drop_count || read.flags || read.verdict);
      EXPECT_EQ(lost_before(record), 0u);
    }
  }
}

TEST(PacketOptions, KeepTheirOrderAndThoseThatAreNotKnown) {
  const Pcapng png(Order::kLittle);
  const Bytes options = png.option(2988, text("any")) + png.option(1, text("one")) +
                        png.option(1, text("two")) + png.option(0, {}) + png.option(5, png.u64(1));
  const Bytes file = png.section() + png.interface() + png.packet(0, 1, kFive, -1, options);
  auto reader = reader_of(file);
  CaptureRecord record;
  ASSERT_EQ(reader.next_batch({&record, 1}), 1u);
  OptionList list = packet_option_list(record);
  std::vector<uint16_t> codes;
  for (CaptureOption option; list.next(option);) codes.push_back(option.code);
  EXPECT_EQ(codes, (std::vector<uint16_t>{2988, 1, 1}));
  const PacketOptions read = read_packet_options(record);
  EXPECT_EQ(read.comment, "one");
  EXPECT_FALSE(read.packet_id);  // stands behind the end of the list
}

TEST(PacketOptions, EndAtDamageAndKeepThePacket) {
  const Pcapng png(Order::kLittle);
  const Bytes damaged[] = {
      png.option(5, png.u64(3)) + png.u16(1) + png.u16(400) + zeros(4),  // longer than the block
      png.option(5, png.u64(3)) + png.u32(0x00010001),                   // a head and no value
      png.option(5, png.u64(3)) + png.option(4, zeros(2)) + png.option(7, {}),  // wrong lengths
  };
  for (const Bytes& options : damaged) {
    const Bytes file = png.section() + png.interface() + png.packet(0, 1, kFive, -1, options) +
                       png.packet(0, 2, kFive);
    auto reader = reader_of(file);
    std::array<CaptureRecord, 4> records;
    ASSERT_EQ(reader.next_batch(records), 2u);
    const PacketOptions read = read_packet_options(records[0]);
    EXPECT_EQ(read.packet_id, 3u);
    EXPECT_TRUE(read.comment.empty());
    EXPECT_FALSE(read.drop_count || read.verdict);
  }
}

TEST(Interfaces, HaveNameDescriptionResolutionAndOffset) {
  const Pcapng png(Order::kBig);
  const Bytes options = png.option(2, text("vEthernet (nat)")) + png.option(3, text("switch")) +
                        png.option(9, {9}) + png.option(14, png.u64(60));
  const Bytes file = png.section() + png.interface(101, 96) + png.interface(1, 0, options) +
                     png.packet(1, 1, kFive);
  auto reader = reader_of(file);
  CaptureRecord record;
  ASSERT_EQ(reader.next_batch({&record, 1}), 1u);
  const auto interfaces = reader.interfaces();
  ASSERT_EQ(interfaces.size(), 2u);
  EXPECT_EQ(interfaces[0].link_type, 101);
  EXPECT_EQ(interfaces[0].snap_bytes, 96u);
  EXPECT_EQ(interfaces[0].resolution, 6);
  EXPECT_TRUE(interfaces[0].name.empty());
  EXPECT_EQ(interfaces[1].name, "vEthernet (nat)");
  EXPECT_EQ(interfaces[1].description, "switch");
  EXPECT_EQ(interfaces[1].resolution, 9);
  EXPECT_EQ(interfaces[1].offset_seconds, 60);
}

TEST(Interfaces, OfAClassicCaptureAreOne) {
  const Pcap pcap(Order::kBig, 0xA1B23C4D);
  const Bytes file = pcap.header(113) + pcap.record(kFive, 1, 1);
  auto reader = reader_of(file);
  EXPECT_TRUE(reader.interfaces().empty());  // before the file is open
  reader.open();
  ASSERT_EQ(reader.interfaces().size(), 1u);
  EXPECT_EQ(reader.interfaces()[0].link_type, 113);
  EXPECT_EQ(reader.interfaces()[0].resolution, 9);
  EXPECT_EQ(reader.interfaces()[0].snap_bytes, 65535u);
}

TEST(Interfaces, AreThoseOfTheBatchWhateverFollows) {
  const Pcapng png(Order::kLittle);
  const auto section = [&](const char* name) {
    return png.section() + png.interface(1, 0, png.option(2, text(name))) + png.packet(0, 1, kFive);
  };
  const Bytes file = section("first") + section("second") + section("third");
  auto reader = reader_of(file);
  std::array<CaptureRecord, 8> records;
  for (const char* name : {"first", "second", "third"}) {
    ASSERT_EQ(reader.next_batch(records), 1u);
    EXPECT_EQ(reader.interfaces()[records[0].interface_index].name, name);
  }
}

TEST(Interfaces, LeaveOutTextsBeyondTheLimits) {
  const Pcapng png(Order::kLittle);
  Bytes file = png.section() + png.interface(1, 0, png.option(2, Bytes(1025, 'x')));
  const Bytes longest = png.interface(1, 0, png.option(2, Bytes(1024, 'x')));
  constexpr size_t kFit = (8u << 20) / 1024;
  for (size_t i = 0; i <= kFit; ++i) file.insert(file.end(), longest.begin(), longest.end());
  file = std::move(file) + png.packet(0, 1, kFive);
  auto reader = reader_of(file);
  CaptureRecord record;
  ASSERT_EQ(reader.next_batch({&record, 1}), 1u);
  const auto interfaces = reader.interfaces();
  ASSERT_EQ(interfaces.size(), kFit + 2);
  EXPECT_TRUE(interfaces.front().name.empty());
  EXPECT_EQ(interfaces[kFit].name.size(), 1024u);
  EXPECT_TRUE(interfaces.back().name.empty());
}

}  // namespace
}  // namespace portacl::capture_test

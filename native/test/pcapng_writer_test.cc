// What the writer writes is read again by the reader, which is held against tshark elsewhere.
#include "capture/pcapng_writer.h"

#include <gtest/gtest.h>

#include <array>

#include "capture/packet_options.h"
#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

const Bytes kFive = {1, 2, 3, 4, 5};

Bytes text(std::string_view value) { return {value.begin(), value.end()}; }

// All packets of `file` written again, each with `comments`.
Bytes rewritten(const Bytes& file, const std::vector<std::string>& comments = {}) {
  CaptureReader reader(std::make_unique<MemorySource>(file));
  StringSink sink;
  PcapngWriter writer(sink, "test");
  std::array<CaptureRecord, 8> records;
  const size_t count = reader.next_batch(records);
  for (const CaptureInterface& interface : reader.interfaces()) writer.write_interface(interface);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t index = records[i].interface_index;
    writer.write_packet(index, reader.interfaces()[index], records[i], PacketBytes::of(records[i]),
                        comments);
  }
  return text(sink.text());
}

struct Option {
  uint16_t code;
  Bytes value;
  friend bool operator==(const Option&, const Option&) = default;
};

std::vector<Option> options_of(const CaptureRecord& record) {
  std::vector<Option> out;
  OptionList list = packet_option_list(record);
  for (CaptureOption option; list.next(option);) {
    out.push_back({option.code, {option.value.begin(), option.value.end()}});
  }
  return out;
}

// The first packet of `file` and its interface, with the bytes they live in.
struct First {
  explicit First(const Bytes& bytes) : file(bytes), reader(std::make_unique<MemorySource>(file)) {
    EXPECT_EQ(reader.next_batch({&record, 1}), 1u);
  }
  Bytes file;
  CaptureReader reader;
  CaptureRecord record;
  const CaptureInterface& interface() const { return reader.interfaces()[record.interface_index]; }
};

class WriterOrders : public testing::TestWithParam<Order> {};

TEST_P(WriterOrders, KeepsBytesLengthsTicksAndOptionsWhateverTheSourcesOrder) {
  const Pcapng from(GetParam());
  const Pcapng little(Order::kLittle);
  const Bytes options =
      from.option(1, text("ours")) + from.option(2, from.u32(0x102)) + from.option(4, from.u64(7)) +
      from.option(5, from.u64(0x1122334455)) + from.option(6, from.u32(9)) +
      from.option(7, Bytes{2} + from.u64(1)) + from.option(7, Bytes{0, 1, 2, 3}) +
      from.option(2989, from.u32(0xABCD) + Bytes{1, 2, 3, 4}) + from.option(0, {});
  const First read(
      rewritten(from.section() +
                from.interface(1, 77,
                               from.option(2, text("vNIC")) + from.option(3, text("a port")) +
                                   from.option(9, {12}) + from.option(14, from.u64(5))) +
                from.block(6, from.u32(0) + from.u32(0x1234) + from.u32(0x56789ABC) + from.u32(5) +
                                  from.u32(10) + padded(kFive) + options)));
  EXPECT_EQ(Bytes(read.record.bytes, read.record.bytes + read.record.captured_bytes), kFive);
  EXPECT_EQ(read.record.original_bytes, 10u);
  EXPECT_EQ(read.interface().name, "vNIC");
  EXPECT_EQ(read.interface().description, "a port");
  EXPECT_EQ(read.interface().snap_bytes, 77u);
  EXPECT_EQ(read.interface().resolution, 12);
  EXPECT_EQ(read.interface().offset_seconds, 5);
  // Ticks of 10^-12 seconds, finer than time_ns can hold.
  EXPECT_EQ(Bytes(read.record.bytes - 16, read.record.bytes - 8),
            little.u32(0x1234) + little.u32(0x56789ABC));
  const std::vector<Option> kept = {
      {1, text("ours")},      {2, little.u32(0x102)},
      {4, little.u64(7)},     {5, little.u64(0x1122334455)},
      {6, little.u32(9)},     {7, Bytes{2} + little.u64(1)},
      {7, Bytes{0, 1, 2, 3}}, {2989, little.u32(0xABCD) + Bytes{1, 2, 3, 4}}};
  EXPECT_EQ(options_of(read.record), kept);
}

INSTANTIATE_TEST_SUITE_P(BothOrders, WriterOrders, testing::Values(Order::kLittle, Order::kBig),
                         [](const auto& about) {
                           return about.param == Order::kLittle ? "Little" : "Big";
                         });

TEST(PcapngWriter, PutsCommentsBehindThoseThatAreThere) {
  const Pcapng png(Order::kLittle);
  const First read(rewritten(
      png.section() + png.interface() + png.packet(0, 1, kFive, -1, png.option(1, text("first"))),
      {"second", "third"}));
  const std::vector<Option> kept = {{1, text("first")}, {1, text("second")}, {1, text("third")}};
  EXPECT_EQ(options_of(read.record), kept);
}

TEST(PcapngWriter, LeavesOutWhatMustNotBeCopied) {
  const Pcapng png(Order::kLittle);
  const Bytes options = png.option(19372, png.u32(1)) + png.option(19373, png.u32(1)) +
                        png.option(4242, {7}) + png.option(0, {});
  const First read(
      rewritten(png.section() + png.interface() + png.packet(0, 1, kFive, -1, options)));
  EXPECT_EQ(options_of(read.record), (std::vector<Option>{{4242, {7}}}));
}

TEST(PcapngWriter, CountsTimeOfClassicCapturesAsTheyDo) {
  const Pcap microseconds(Order::kBig);
  const First coarse(rewritten(microseconds.header(101) + microseconds.record(kFive, 3, 4)));
  EXPECT_EQ(coarse.record.time_ns, 3'000'004'000);
  EXPECT_EQ(coarse.interface().resolution, 6);
  EXPECT_EQ(coarse.interface().link_type, 101);
  const Pcap nanoseconds(Order::kLittle, 0xA1B23C4D);
  const First fine(rewritten(nanoseconds.header() + nanoseconds.record(kFive, 3, 4)));
  EXPECT_EQ(fine.record.time_ns, 3'000'000'004);
  EXPECT_EQ(fine.interface().resolution, 9);
}

TEST(PcapngWriter, KeepsTheDropsThatAnObsoleteBlockCounts) {
  const Pcapng png(Order::kBig);
  const auto old_packet = [&](uint16_t drops) {
    return png.section() + png.interface() +
           png.block(2, png.u16(0) + png.u16(drops) + png.u32(0) + png.u32(9) + png.u32(5) +
                            png.u32(5) + padded(kFive));
  };
  const First counted(rewritten(old_packet(300)));
  EXPECT_EQ(read_packet_options(counted.record).drop_count, 300u);
  EXPECT_EQ(counted.record.time_ns, 9'000);
  const First uncounted(rewritten(old_packet(0xFFFF)));
  EXPECT_FALSE(read_packet_options(uncounted.record).drop_count.has_value());
}

TEST(PcapngWriter, GivesAPacketWithoutTimeTheStampZero) {
  const Pcapng png(Order::kLittle);
  const First read(rewritten(png.section() + png.interface() + png.simple_packet(kFive), {"why"}));
  EXPECT_EQ(read.record.time_ns, 0);
  EXPECT_EQ(read_packet_options(read.record).comment, "why");
}

TEST(PcapngWriter, CutsALongCommentBetweenCharacters) {
  std::string comment(PcapngWriter::kCommentBytesMax - 1, 'a');
  comment += "\xC3\xA4 and more";
  const Pcapng png(Order::kLittle);
  const First read(rewritten(png.section() + png.interface() + png.packet(0, 1, kFive), {comment}));
  EXPECT_EQ(read_packet_options(read.record).comment,
            std::string(PcapngWriter::kCommentBytesMax - 1, 'a'));
}

}  // namespace
}  // namespace portacl::capture_test

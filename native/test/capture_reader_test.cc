#include "capture/capture_reader.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace portacl::capture_test {
namespace {

const Bytes kShort = ethernet(0x0806, zeros(28));
const Bytes kLong = ethernet(0x0800, ipv4(6, tcp(40000, 80) + zeros(99)));

// A file in pieces: each ends where a reader may stop without harm.
struct Pieces {
  const char* name;
  std::vector<Bytes> parts;
  std::vector<bool> is_packet;
};

std::vector<Pieces> files() {
  const Pcap pcap(Order::kBig);
  const Pcapng little(Order::kLittle), big(Order::kBig);
  return {
      {"pcap",
       {pcap.header(), pcap.record(kShort, 1, 2), pcap.record({}, 1, 2), pcap.record(kLong, 3, 4)},
       {false, true, true, true}},
      {"pcapng",
       {little.section(), little.interface(1, 0, little.option(9, {9})),
        little.packet(0, 1, kShort), little.block(5, zeros(16)), little.simple_packet(kLong),
        big.section(), big.interface(), big.old_packet(0, 2, kShort), big.packet(0, 3, kLong)},
       {false, false, true, false, true, false, false, true, true}},
  };
}

TEST(CaptureReader, ReportsACutAtEveryByteAndDeliversWhatIsWhole) {
  for (const Pieces& file : files()) {
    Bytes all;
    for (const Bytes& part : file.parts) all = all + part;
    size_t begin = 0, packets = 0;
    for (size_t i = 0; i < file.parts.size(); ++i) {
      const size_t end = begin + file.parts[i].size();
      for (size_t cut = begin; cut < end; ++cut) {
        const auto result = read_all(prefix(all, cut));
        EXPECT_EQ(result.records.size(), packets) << file.name << " cut at " << cut;
        const ErrorCode expected = cut == 0       ? ErrorCode::kCaptureEmpty
                                   : cut < 4      ? ErrorCode::kCaptureUnknownFormat
                                   : cut == begin ? ErrorCode::kOk
                                                  : ErrorCode::kCaptureCut;
        EXPECT_EQ(result.status.code, expected) << file.name << " cut at " << cut;
        if (expected == ErrorCode::kCaptureCut) {
          EXPECT_EQ(result.status.offset, begin) << file.name;
        }
      }
      begin = end;
      packets += file.is_packet[i] ? 1 : 0;
    }
    EXPECT_TRUE(read_all(all).status.ok()) << file.name;
  }
}

TEST(CaptureReader, DoesNotDependOnBatchesOrReads) {
  for (const Pieces& file : files()) {
    Bytes all;
    for (const Bytes& part : file.parts) all = all + part;
    const auto expected = read_all(all, 100);
    for (const size_t batch : {1, 2, 3}) {
      for (const size_t bytes_per_read : {1, 7, 64, 1000}) {
        const auto result = read_all(all, batch, bytes_per_read);
        ASSERT_EQ(result.records.size(), expected.records.size()) << file.name;
        for (size_t i = 0; i < result.records.size(); ++i) {
          EXPECT_EQ(result.records[i].bytes, expected.records[i].bytes);
          EXPECT_EQ(result.records[i].record.time_ns, expected.records[i].record.time_ns);
        }
      }
    }
  }
}

TEST(CaptureReader, StaysAtItsEnd) {
  const Pcap pcap(Order::kLittle);
  const Bytes file = pcap.header() + pcap.record(kShort, 1, 0) + Bytes{1, 2, 3};
  CaptureReader reader(std::make_unique<MemorySource>(file));
  CaptureRecord records[4];
  EXPECT_EQ(reader.next_batch({}), 0u);
  EXPECT_EQ(reader.next_batch(records), 1u);
  EXPECT_TRUE(reader.status().ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reader.next_batch(records), 0u);
    EXPECT_EQ(reader.status().code, ErrorCode::kCaptureCut);
  }
  EXPECT_EQ(reader.bytes_read(), file.size() - 3);
}

TEST(CaptureReader, RecordsOfABatchStayValidTogether) {
  const Pcap pcap(Order::kLittle);
  Bytes file = pcap.header();
  constexpr size_t kRecords = 3000;
  for (size_t i = 0; i < kRecords; ++i) {
    Bytes frame(1000 + i % 500, static_cast<uint8_t>(i));
    file = std::move(file) + pcap.record(frame, 1, 0);
  }
  CaptureReader reader(std::make_unique<MemorySource>(file, 4096));
  std::vector<CaptureRecord> records(256);
  size_t total = 0;
  while (const size_t count = reader.next_batch(records)) {
    for (size_t i = 0; i < count; ++i, ++total) {
      ASSERT_EQ(records[i].captured_bytes, 1000 + total % 500);
      ASSERT_EQ(records[i].bytes[0], static_cast<uint8_t>(total));
      ASSERT_EQ(records[i].bytes[records[i].captured_bytes - 1], static_cast<uint8_t>(total));
    }
  }
  EXPECT_EQ(total, kRecords);
}

class FailingSource final : public ByteSource {
 public:
  size_t read(uint8_t*, size_t) override {
    status_ = {ErrorCode::kFileUnreadable, 0, 5};
    return 0;
  }
};

TEST(CaptureReader, PassesOnTheFailureOfItsSource) {
  CaptureReader reader(std::make_unique<FailingSource>());
  EXPECT_EQ(reader.open().code, ErrorCode::kFileUnreadable);
  CaptureRecord record;
  EXPECT_EQ(reader.next_batch({&record, 1}), 0u);
}

}  // namespace
}  // namespace portacl::capture_test

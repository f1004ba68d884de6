// Real captures, where the collection lies beside the repository: the parser's fast path against
// the walk, and every prefix of every packet. What tshark says of them is test/decode's subject.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "capture/capture_reader.h"
#include "decode/decode.h"
#include "packet/parse.h"

namespace portacl {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> captures() {
  const fs::path folder = fs::path(__FILE__).parent_path() / "../../../shared/data/captures/files";
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Calls `check` with every packet of every capture.
template <class Check>
void for_each_packet(Check check) {
  std::vector<CaptureRecord> records(64);
  for (const fs::path& file : captures()) {
    CaptureReader reader(std::make_unique<FileSource>(file.string()));
    while (const size_t count = reader.next_batch(records)) {
      for (size_t i = 0; i < count; ++i) check(file, records[i]);
    }
  }
}

class Captures : public testing::Test {
 protected:
  void SetUp() override {
    if (captures().empty()) GTEST_SKIP() << "the capture collection is not beside the repository";
  }
};

TEST_F(Captures, TheFastPathReadsAsTheWalk) {
  size_t packets = 0;
  for_each_packet([&](const fs::path& file, const CaptureRecord& record) {
    PacketHeaders headers;
    parse_headers({&record, 1}, {&headers, 1});
    ASSERT_TRUE(headers == parse_by_walk(record)) << file << " packet " << record.frame;
    ++packets;
  });
  EXPECT_GT(packets, 20000u);
}

TEST_F(Captures, EveryPrefixIsRead) {
  constexpr uint32_t kPrefixBytesMax = 180;
  for_each_packet([&](const fs::path& file, const CaptureRecord& record) {
    if (record.frame > 300) return;
    const uint32_t end = std::min(record.captured_bytes, kPrefixBytesMax);
    for (uint32_t size = 0; size <= end; ++size) {
      // A copy of just this size: a sanitizer sees any look beyond.
      const std::vector<uint8_t> bytes(record.bytes, record.bytes + size);
      CaptureRecord cut = record;
      cut.bytes = bytes.data();
      cut.captured_bytes = size;
      PacketHeaders headers;
      parse_headers({&cut, 1}, {&headers, 1});
      ASSERT_TRUE(headers == parse_by_walk(cut)) << file << " packet " << record.frame;
      cut.original_bytes = size;
      parse_headers({&cut, 1}, {&headers, 1});
      ASSERT_TRUE(headers == parse_by_walk(cut)) << file << " packet " << record.frame;
      ASSERT_NE(headers.result, ParseResult::kCutLink) << file << " packet " << record.frame;
      ASSERT_NE(headers.result, ParseResult::kCutTransport) << file << " packet " << record.frame;
    }
  });
}

}  // namespace
}  // namespace portacl

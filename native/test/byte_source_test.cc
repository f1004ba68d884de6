#include "platform/byte_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/file_sink.h"

namespace portacl {
namespace {

std::string scratch(const char* name) {
  return (std::filesystem::path(testing::TempDir()) / name).string();
}

TEST(FileSource, NamesWhatItCannotOpen) {
  uint8_t byte;
  FileSource missing(scratch("portacl-no-such-file"));
  EXPECT_EQ(missing.read(&byte, 1), 0u);
  EXPECT_EQ(missing.status().code, ErrorCode::kFileNotFound);
  FileSource folder(testing::TempDir());
  EXPECT_EQ(folder.open().code, ErrorCode::kFileIsDirectory);
  EXPECT_EQ(folder.read(&byte, 1), 0u);
  EXPECT_EQ(folder.status().code, ErrorCode::kFileIsDirectory);
}

TEST(FileSink, WritesWhatFileSourceReads) {
  const std::string path = scratch("portacl-file-sink-test");
  std::string expected;
  {
    FileSink sink(path);
    for (int i = 0; i < 50000; ++i) {
      sink.append_number(i);
      sink.append('\n');
      expected += std::to_string(i) + "\n";
    }
    EXPECT_TRUE(sink.close().ok());
    EXPECT_EQ(sink.bytes_written(), expected.size());
  }
  FileSource source(path);
  std::string text(expected.size() + 1, '\0');
  size_t size = 0;
  while (const size_t count = source.read(reinterpret_cast<uint8_t*>(text.data()) + size, 1000)) {
    size += count;
    if (size + 1000 > text.size()) text.resize(size + 1000);
  }
  text.resize(size);
  EXPECT_EQ(text, expected);
  std::filesystem::remove(path);
}

TEST(FileSink, NamesAPathThatCannotBeWritten) {
  FileSink sink(scratch("portacl-no-such-folder/file"));
  sink.append("text");
  EXPECT_FALSE(sink.flush());
  EXPECT_EQ(sink.close().code, ErrorCode::kFileUnwritable);
  EXPECT_EQ(sink.bytes_written(), 0u);
}

TEST(FileSink, StopsWhenAWriteFails) {
  FileSink sink(1 << 20);  // a descriptor that is not open
  sink.append("text");
  EXPECT_FALSE(sink.flush());
  EXPECT_TRUE(sink.stopped());
  EXPECT_EQ(sink.status().code, ErrorCode::kFileUnwritable);
}

}  // namespace
}  // namespace portacl

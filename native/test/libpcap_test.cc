// libpcap as a second reader: the same packets, byte for byte, of every capture it can read. Where
// it is not installed, or the collection is not beside the repository, the test is skipped.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>

#include "capture/capture_reader.h"

#if __has_include(<pcap/pcap.h>)
#include <pcap/pcap.h>

namespace portacl {
namespace {

namespace fs = std::filesystem;

// Where libpcap reads otherwise: it cuts packets to the file's snap length, which tshark does not
// either, and takes nanoseconds of 2^31 and more as negative.
bool differs(const fs::path& file) {
  return file.filename() == "odd-caplen-over-snaplen-and-len.pcap" ||
         file.filename() == "timestamp_invalid_nano.pcap";
}

using Handle = std::unique_ptr<pcap_t, void (*)(pcap_t*)>;

Handle open_with_libpcap(const fs::path& file) {
  char message[PCAP_ERRBUF_SIZE];
  return {
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, message),
      pcap_close};
}

// Compares packet by packet until libpcap ends or gives up, and returns how many agreed.
size_t compare(const fs::path& file, pcap_t* theirs) {
  CaptureReader ours(std::make_unique<FileSource>(file.string()));
  CaptureRecord record;
  size_t count = 0;
  for (;; ++count) {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int result = pcap_next_ex(theirs, &header, &bytes);
    if (result != 1) {
      // -2 is the end; an error of libpcap's is a limit of its own or damage that we see, too.
      if (result == -2) {
        EXPECT_EQ(ours.next_batch({&record, 1}), 0u) << file << " has more";
        EXPECT_TRUE(ours.status().ok()) << file;
      }
      return count;
    }
    if (ours.next_batch({&record, 1}) != 1) {
      ADD_FAILURE() << file << " ends before packet " << count + 1;
      return count;
    }
    EXPECT_EQ(record.captured_bytes, header->caplen) << file << " packet " << record.frame;
    EXPECT_EQ(record.original_bytes, header->len) << file << " packet " << record.frame;
    if (record.captured_bytes != header->caplen) return count;
    EXPECT_EQ(std::memcmp(record.bytes, bytes, header->caplen), 0) << file << " " << record.frame;
    const int64_t time = int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec;
    if (record.time_ns != kNoTime) {
      EXPECT_EQ(record.time_ns, time) << file << " " << record.frame;
    }
  }
}

TEST(Libpcap, GivesTheSamePackets) {
  const fs::path folder = fs::path(__FILE__).parent_path() / "../../../shared/data/captures/files";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "the capture collection is not there";
  size_t files = 0, packets = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || differs(entry.path())) continue;
    const Handle theirs = open_with_libpcap(entry.path());
    if (!theirs) continue;
    CaptureReader probe(std::make_unique<FileSource>(entry.path().string()));
    CaptureRecord record;
    // A link type that is not read here, or bits that libpcap allows and we do not.
    if (probe.next_batch({&record, 1}) == 0 && !probe.status().ok()) continue;
    ++files;
    packets += compare(entry.path(), theirs.get());
  }
  EXPECT_GT(files, 60u);
  EXPECT_GT(packets, 15'000u);
}

}  // namespace
}  // namespace portacl
#else
TEST(Libpcap, GivesTheSamePackets) { GTEST_SKIP() << "libpcap is not installed"; }
#endif

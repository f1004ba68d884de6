// Any bytes as a capture file: the reader, and both printers on every packet it gives.
#include <cstdlib>
#include <vector>

#include "decode/decode.h"

namespace {

// Touches each captured byte, so that a record which leaves the buffer is seen.
unsigned sum_of(const portacl::CaptureRecord& record) {
  unsigned sum = 0;
  for (uint32_t i = 0; i < record.captured_bytes; ++i) sum += record.bytes[i];
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace portacl;
  // The first byte chooses how the file arrives: batches and reads must make no difference.
  const size_t choice = size != 0 ? data[0] : 0;
  const std::span<const uint8_t> file(data + (size != 0 ? 1 : 0), size != 0 ? size - 1 : 0);
  const size_t bytes_per_read = choice % 2 == 0 ? SIZE_MAX : 1 + choice;
  CaptureReader reader(std::make_unique<MemorySource>(file, bytes_per_read));
  CaptureReader whole(std::make_unique<MemorySource>(file));
  std::vector<CaptureRecord> records(1 + choice % 5);
  CaptureRecord other;
  StringSink sink;
  volatile unsigned sum = 0;
  while (const size_t count = reader.next_batch(records)) {
    for (size_t i = 0; i < count; ++i) {
      sum = sum + sum_of(records[i]);
      decode_jsonl(records[i], sink);
      decode_text(records[i], sink);
      if (whole.next_batch({&other, 1}) != 1 || other.frame != records[i].frame ||
          other.captured_bytes != records[i].captured_bytes ||
          other.time_ns != records[i].time_ns) {
        std::abort();
      }
    }
  }
  if (whole.next_batch({&other, 1}) != 0 || whole.status().code != reader.status().code ||
      whole.status().offset != reader.status().offset) {
    std::abort();
  }
  return 0;
}

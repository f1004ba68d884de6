// What must hold of any bytes read as a capture. For the fuzz targets of containers.
#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "capture/capture_reader.h"
#include "capture/packet_options.h"
#include "decode/decode.h"

namespace portacl::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

// Touches each byte, so that one which lies outside the buffer is seen.
inline unsigned sum_of(std::span<const uint8_t> bytes) {
  unsigned sum = 0;
  for (const uint8_t byte : bytes) sum += byte;
  return sum;
}

inline unsigned touch(const CaptureRecord& record) {
  unsigned sum = sum_of({record.bytes, record.captured_bytes});
  OptionList list = packet_option_list(record);
  for (CaptureOption option; list.next(option);) sum += sum_of(option.value);
  const PacketOptions options = read_packet_options(record);
  if (options.verdict) sum += sum_of(options.verdict->value);
  return sum + static_cast<unsigned>(options.comment.size());
}

inline bool same(const CaptureRecord& a, const CaptureRecord& b) {
  return a.frame == b.frame && a.captured_bytes == b.captured_bytes && a.time_ns == b.time_ns &&
         a.link_type == b.link_type && a.section == b.section &&
         a.interface_index == b.interface_index && a.options_bytes == b.options_bytes;
}

// Reads `file` twice, in batches and reads that `choice` makes and one by one: no difference, and
// both printers take every packet.
inline void check_capture(std::span<const uint8_t> file, uint8_t choice) {
  const size_t bytes_per_read = choice % 2 == 0 ? SIZE_MAX : 1u + choice;
  CaptureReader reader(std::make_unique<MemorySource>(file, bytes_per_read));
  CaptureReader whole(std::make_unique<MemorySource>(file));
  std::vector<CaptureRecord> records(1 + choice % 5);
  CaptureRecord other;
  StringSink sink;
  volatile unsigned sum = 0;
  while (const size_t count = reader.next_batch(records)) {
    for (size_t i = 0; i < count; ++i) {
      sum = sum + touch(records[i]);
      require(records[i].interface_index < reader.interfaces().size());
      require(reader.interfaces()[records[i].interface_index].link_type == records[i].link_type);
      decode_jsonl(records[i], sink);
      decode_text(records[i], sink);
      require(whole.next_batch({&other, 1}) == 1 && same(other, records[i]));
    }
  }
  require(whole.next_batch({&other, 1}) == 0);
  require(whole.status().code == reader.status().code);
  require(whole.status().offset == reader.status().offset);
}

}  // namespace portacl::fuzz

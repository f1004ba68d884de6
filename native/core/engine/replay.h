// Captures through an engine, start to end: what runs off the event loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/status.h"
#include "engine/engine.h"
#include "platform/byte_source.h"
#include "report/record_writer.h"

namespace portacl {

// What was read of one capture.
struct CaptureSummary {
  uint64_t packets = 0;
  uint64_t bytes = 0;               // of the file
  int64_t first_time_ns = kNoTime;  // smallest and largest time seen
  int64_t last_time_ns = kNoTime;
  Status status;  // of the capture: packets before damage are judged
};

// Told the bytes read so far, after every batch; false cancels.
using ReplayProgress = std::function<bool(uint64_t bytes_read)>;

// Reads `source` to its end, judges every packet, and writes records to `writer` unless it is null.
// Stops early when cancelled (status kCancelled), when `sink`, the writer's, stops, or when memory
// is out (kOutOfMemory).
CaptureSummary replay(std::unique_ptr<ByteSource> source, Engine& engine, RecordWriter* writer,
                      const TextSink* sink, const ReplayProgress& progress);

}  // namespace portacl

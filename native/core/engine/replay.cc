#include "engine/replay.h"

#include <algorithm>
#include <array>
#include <memory>

#include "capture/capture_reader.h"

namespace portacl {
namespace {

// Enough to hide the misses of the flow table behind one another, few enough to stay in the
// nearest caches. Measured: docs/PERFORMANCE.md.
constexpr size_t kBatch = 64;

void note_times(std::span<const CaptureRecord> records, CaptureSummary& summary) {
  for (const CaptureRecord& record : records) {
    if (record.time_ns == kNoTime) continue;
    if (summary.first_time_ns == kNoTime) {
      summary.first_time_ns = summary.last_time_ns = record.time_ns;
    }
    summary.first_time_ns = std::min(summary.first_time_ns, record.time_ns);
    summary.last_time_ns = std::max(summary.last_time_ns, record.time_ns);
  }
}

}  // namespace

CaptureSummary replay(std::unique_ptr<ByteSource> source, Engine& engine, RecordWriter* writer,
                      const TextSink* sink, const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  std::vector<VerdictRecord> verdicts;
  while (const size_t count = reader.next_batch(batch)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    verdicts.clear();
    engine.process(records, writer == nullptr ? nullptr : &verdicts);
    if (writer != nullptr) writer->write(verdicts);
    note_times(records, summary);
    summary.packets += count;
    summary.bytes = reader.bytes_read();
    if (!progress(summary.bytes)) {
      summary.status = {ErrorCode::kCancelled, summary.bytes, 0};
      return summary;
    }
    if (engine.out_of_memory()) {
      summary.status = {ErrorCode::kOutOfMemory, summary.bytes, 0};
      return summary;
    }
    if (sink != nullptr && sink->stopped()) return summary;
  }
  summary.status = reader.status();
  summary.bytes = reader.bytes_read();
  return summary;
}

}  // namespace portacl

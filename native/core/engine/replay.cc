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

bool has_stopped(std::span<ReplayOutput* const> outputs) {
  return std::ranges::any_of(outputs, [](const ReplayOutput* output) {
    return output->sink() != nullptr && output->sink()->stopped();
  });
}

}  // namespace

void CaptureSummary::note_time(int64_t time_ns) {
  if (time_ns == kNoTime) return;
  if (first_time_ns == kNoTime) first_time_ns = last_time_ns = time_ns;
  first_time_ns = std::min(first_time_ns, time_ns);
  last_time_ns = std::max(last_time_ns, time_ns);
}

CaptureSummary replay(std::unique_ptr<ByteSource> source, uint32_t capture, Engine& engine,
                      std::span<ReplayOutput* const> outputs, const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  std::vector<VerdictRecord> verdicts;
  while (const size_t count = reader.next_batch(batch)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    if (outputs.empty()) {
      engine.process(records, nullptr);
    } else {
      verdicts.clear();
      engine.process(records, &verdicts);
      for (ReplayOutput* const output : outputs) {
        output->write({records, verdicts, reader.interfaces(), capture});
      }
    }
    for (const CaptureRecord& record : records) summary.note_time(record.time_ns);
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
    if (has_stopped(outputs)) return summary;
  }
  // Without packets there are interfaces still, and a capture without any is none to some readers.
  if (summary.packets == 0) {
    for (ReplayOutput* const output : outputs)
      output->write({{}, {}, reader.interfaces(), capture});
  }
  summary.status = reader.status();
  summary.bytes = reader.bytes_read();
  return summary;
}

Status explain_frame(std::unique_ptr<ByteSource> source, Engine& engine, uint64_t frame,
                     const ReplayProgress& progress, Explanation& out, bool& found) {
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  while (const size_t count = reader.next_batch(batch)) {
    const auto end = batch.begin() + static_cast<ptrdiff_t>(count);
    const auto wanted = std::find_if(
        batch.begin(), end, [&](const CaptureRecord& record) { return record.frame >= frame; });
    engine.process({batch.begin(), wanted}, nullptr);
    if (engine.out_of_memory()) return {ErrorCode::kOutOfMemory, reader.bytes_read(), 0};
    if (wanted != end) {
      found = true;
      engine.explain(*wanted, out);
      return {};
    }
    if (!progress(reader.bytes_read())) return {ErrorCode::kCancelled, reader.bytes_read(), 0};
  }
  return reader.status();
}

}  // namespace portacl

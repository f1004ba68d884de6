#include "engine/replay.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "capture/capture_reader.h"

namespace portacl {
namespace {

// Enough to hide the misses of the flow table behind one another, few enough to stay in the
// nearest caches. Measured: docs/PERFORMANCE.md.
constexpr size_t kBatch = 64;

}  // namespace

void CaptureSummary::note_time(int64_t time_ns) {
  if (time_ns == kNoTime) return;
  if (first_time_ns == kNoTime) first_time_ns = last_time_ns = time_ns;
  first_time_ns = std::min(first_time_ns, time_ns);
  last_time_ns = std::max(last_time_ns, time_ns);
}

namespace {

// Judges records, which are the next, and changes the policy where that is due.
class Judge {
 public:
  Judge(Engine& engine, PolicySchedule& changes, std::span<ReplayOutput* const> outputs)
      : engine_(engine), changes_(changes), outputs_(outputs) {}

  // `tell(first, count, verdicts)` tells the outputs, where there are any, of a run of the records
  // that one policy judged; capture_of(i) is the capture of record `i`.
  template <class CaptureOf, class Tell>
  Status operator()(std::span<const CaptureRecord> records, CaptureOf&& capture_of, Tell&& tell) {
    for (size_t first = 0;;) {
      const size_t count = changes_.before_next(records.subspan(first));
      if (outputs_.empty()) {
        engine_.process(records.subspan(first, count), nullptr);
      } else if (count > 0) {
        verdicts_.clear();
        engine_.process(records.subspan(first, count), &verdicts_);
        tell(first, count, std::span(verdicts_));
      }
      first += count;
      if (first == records.size()) return {};
      const Status status =
          changes_.apply_next(engine_, records[first], capture_of(first), outputs_);
      if (!status.ok()) return status;
    }
  }

 private:
  Engine& engine_;
  PolicySchedule& changes_;
  std::span<ReplayOutput* const> outputs_;
  std::vector<VerdictRecord> verdicts_;
};

}  // namespace

CaptureSummary replay(std::unique_ptr<ByteSource> source, uint32_t capture, Engine& engine,
                      PolicySchedule& changes, std::span<ReplayOutput* const> outputs,
                      const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  Judge judge(engine, changes, outputs);
  while (const size_t count = reader.next_batch(batch)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    summary.status = judge(
        records, [&](size_t) { return capture; },
        [&](size_t first, size_t run, std::span<const VerdictRecord> said) {
          write_all(outputs, {records.subspan(first, run), said, reader.interfaces(), capture});
        });
    if (!summary.status.ok()) return summary;
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
  if (summary.packets == 0) write_all(outputs, {{}, {}, reader.interfaces(), capture});
  summary.status = reader.status();
  summary.bytes = reader.bytes_read();
  return summary;
}

namespace {

// Tells the outputs of a merged batch: of each run of packets of one capture and one section as of
// a batch of its own, since a batch has one list of interfaces.
void write_runs(const CaptureMerge& merge, std::span<const CaptureRecord> records,
                std::span<const uint32_t> captures, std::span<VerdictRecord> verdicts,
                std::span<ReplayOutput* const> outputs) {
  size_t verdict = 0;
  for (size_t first = 0, end = 0; first < records.size(); first = end) {
    const uint32_t capture = captures[first];
    while (end < records.size() && captures[end] == capture) ++end;
    const size_t first_verdict = verdict;
    for (; verdict < verdicts.size() && verdicts[verdict].packet_index < end; ++verdict) {
      verdicts[verdict].packet_index -= static_cast<uint32_t>(first);
    }
    write_all(outputs, {records.subspan(first, end - first),
                        verdicts.subspan(first_verdict, verdict - first_verdict),
                        merge.reader(capture).interfaces(), capture});
  }
}

uint64_t bytes_read(const CaptureMerge& merge) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < merge.capture_count(); ++i) bytes += merge.reader(i).bytes_read();
  return bytes;
}

}  // namespace

std::vector<CaptureSummary> replay_merged(std::vector<std::unique_ptr<ByteSource>> sources,
                                          AfterDamage after_damage, Engine& engine,
                                          PolicySchedule& changes,
                                          std::span<ReplayOutput* const> outputs,
                                          const ReplayProgress& progress) {
  CaptureMerge merge(std::move(sources), after_damage);
  std::vector<CaptureSummary> summaries(merge.capture_count());
  std::array<CaptureRecord, kBatch> batch;
  std::array<uint32_t, kBatch> captures;
  Judge judge(engine, changes, outputs);
  Status ended;
  while (const size_t count = merge.next_batch(batch, captures)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    ended = judge(
        records, [&](size_t i) { return captures[i]; },
        [&](size_t first, size_t run, std::span<VerdictRecord> said) {
          write_runs(merge, records.subspan(first, run), std::span(captures).subspan(first, run),
                     said, outputs);
        });
    for (size_t i = 0; i < count; ++i) {
      CaptureSummary& summary = summaries[captures[i]];
      ++summary.packets;
      summary.note_time(batch[i].time_ns);
    }
    const uint64_t bytes = bytes_read(merge);
    if (!progress(bytes)) ended = {ErrorCode::kCancelled, bytes, 0};
    if (engine.out_of_memory()) ended = {ErrorCode::kOutOfMemory, bytes, 0};
    if (!ended.ok() || has_stopped(outputs)) break;
  }
  for (uint32_t i = 0; i < merge.capture_count(); ++i) {
    const CaptureReader& reader = merge.reader(i);
    if (summaries[i].packets == 0) write_all(outputs, {{}, {}, reader.interfaces(), i});
    summaries[i].status = reader.status();
    summaries[i].bytes = reader.bytes_read();
  }
  if (!ended.ok() && !summaries.empty()) summaries.front().status = ended;
  return summaries;
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

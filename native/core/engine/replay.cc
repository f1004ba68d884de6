#include "engine/replay.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "capture/capture_reader.h"
#include "capture/packet_options.h"
#include "engine/packet_copies.h"

namespace portacl {
namespace {

// Enough to hide the misses of the flow table behind one another, few enough to stay in the
// nearest caches. Measured: docs/PERFORMANCE.md.
constexpr size_t kBatch = 64;

// What JavaScript counts exactly; a file may claim any number.
constexpr uint64_t kLostPacketsMax = (uint64_t{1} << 53) - 1;

}  // namespace

void CaptureSummary::note(std::span<const CaptureRecord> records) {
  // No time is before every other, so only the first needs care: one further down it comes last.
  constexpr auto kNone = static_cast<uint64_t>(kNoTime) + 1;
  uint64_t first = static_cast<uint64_t>(first_time_ns) - kNone;
  int64_t last = last_time_ns;
  for (const CaptureRecord& record : records) {
    last = std::max(last, record.time_ns);
    first = std::min(first, static_cast<uint64_t>(record.time_ns) - kNone);
  }
  last_time_ns = last;
  first_time_ns = static_cast<int64_t>(first + kNone);
  // Only pcapng has a word for it.
  if (records.empty() || records.front().section == 0) return;
  for (const CaptureRecord& record : records) {
    lost_packets += std::min(lost_before(record), kLostPacketsMax - lost_packets);
  }
}

namespace {

// Judges records, which are the next, and changes the policy where that is due.
class Judge {
 public:
  Judge(Engine& engine, PolicySchedule& changes, std::span<ReplayOutput* const> outputs)
      : engine_(engine), changes_(changes), outputs_(outputs) {
    engine.note_departures(want_departures(outputs));
  }

  // captures[i] is the capture of records[i]. `tell(first, packets, verdicts)` tells the outputs,
  // where there are any, of a run of the records that one policy judged.
  template <class Tell>
  Status operator()(std::span<const CaptureRecord> records, std::span<const uint32_t> captures,
                    Tell&& tell) {
    const std::span<const CaptureRecord> packets =
        at_ports(engine_.capture_place(), records, scratch_);
    for (size_t first = 0;;) {
      const size_t count = changes_.before_next(records.subspan(first));
      verdicts_.clear();
      copies_.process(engine_, records.subspan(first, count), packets.subspan(first, count),
                      captures.subspan(first, count), outputs_.empty() ? nullptr : &verdicts_);
      if (count > 0 && !outputs_.empty()) {
        tell(first, packets.subspan(first, count), std::span(verdicts_));
        engine_.forget_departures();
      }
      first += count;
      if (first == records.size()) return {};
      const Status status = changes_.apply_next(engine_, records[first], captures[first], outputs_);
      if (!status.ok()) return status;
    }
  }

 private:
  Engine& engine_;
  PolicySchedule& changes_;
  std::span<ReplayOutput* const> outputs_;
  PacketCopies copies_;
  std::vector<CaptureRecord> scratch_;
  std::vector<VerdictRecord> verdicts_;
};

}  // namespace

CaptureSummary replay(std::unique_ptr<ByteSource> source, uint32_t capture, Engine& engine,
                      PolicySchedule& changes, std::span<ReplayOutput* const> outputs,
                      const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  std::array<uint32_t, kBatch> captures;
  captures.fill(capture);
  Judge judge(engine, changes, outputs);
  while (const size_t count = reader.next_batch(batch)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    summary.note(records);  // while they are near
    summary.status =
        judge(records, captures,
              [&](size_t first, std::span<const CaptureRecord> packets,
                  std::span<const VerdictRecord> said) {
                write_all(outputs, {records.subspan(first, packets.size()), said,
                                    reader.interfaces(), capture, packets, engine.departures()});
              });
    if (!summary.status.ok()) return summary;
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
  if (summary.packets == 0) write_all(outputs, {{}, {}, reader.interfaces(), capture, {}});
  summary.status = reader.status();
  summary.bytes = reader.bytes_read();
  return summary;
}

namespace {

// Tells the outputs of a merged batch: of each run of packets of one capture and one section as of
// a batch of its own, since a batch has one list of interfaces.
void write_runs(const CaptureMerge& merge, std::span<const CaptureRecord> records,
                std::span<const CaptureRecord> packets, std::span<const uint32_t> captures,
                std::span<VerdictRecord> verdicts, std::span<const Departure> departures,
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
                        merge.reader(capture).interfaces(), capture,
                        packets.subspan(first, end - first), departures});
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
        records, captures,
        [&](size_t first, std::span<const CaptureRecord> packets, std::span<VerdictRecord> said) {
          write_runs(merge, records.subspan(first, packets.size()), packets,
                     std::span(captures).subspan(first, packets.size()), said, engine.departures(),
                     outputs);
        });
    for (size_t i = 0; i < count; ++i) {
      CaptureSummary& summary = summaries[captures[i]];
      ++summary.packets;
      summary.note({&batch[i], 1});
    }
    const uint64_t bytes = bytes_read(merge);
    if (!progress(bytes)) ended = {ErrorCode::kCancelled, bytes, 0};
    if (engine.out_of_memory()) ended = {ErrorCode::kOutOfMemory, bytes, 0};
    if (!ended.ok() || has_stopped(outputs)) break;
  }
  for (uint32_t i = 0; i < merge.capture_count(); ++i) {
    const CaptureReader& reader = merge.reader(i);
    if (summaries[i].packets == 0) write_all(outputs, {{}, {}, reader.interfaces(), i, {}});
    summaries[i].status = reader.status();
    summaries[i].bytes = reader.bytes_read();
  }
  if (!ended.ok() && !summaries.empty()) summaries.front().status = ended;
  return summaries;
}

Explanation FrameExplainer::explain(Engine& engine) const {
  CaptureRecord packet = packet_;
  packet.bytes = bytes_.data();
  Explanation out;
  if (is_copy_) {
    engine.explain_let_through(packet, Reason::kDuplicate, out);
  } else {
    engine.explain(packet, out);
  }
  return out;
}

Status replay_before(std::unique_ptr<ByteSource> source, Engine& engine, PolicySchedule& changes,
                     uint64_t frame, const ReplayProgress& progress,
                     std::optional<FrameExplainer>& out) {
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, kBatch> batch;
  constexpr uint32_t kCapture = 0;
  std::array<uint32_t, kBatch> captures;
  captures.fill(kCapture);
  PacketCopies copies;
  std::vector<CaptureRecord> scratch;
  while (const size_t count = reader.next_batch(batch)) {
    const std::span<const CaptureRecord> records(batch.data(), count);
    const auto packets = at_ports(engine.capture_place(), records, scratch);
    const auto before = static_cast<size_t>(
        std::ranges::find_if(records, [&](const auto& each) { return each.frame >= frame; }) -
        records.begin());
    for (size_t first = 0;;) {
      const size_t run = std::min(before - first, changes.before_next(records.subspan(first)));
      copies.process(engine, records.subspan(first, run), packets.subspan(first, run), captures,
                     nullptr);
      first += run;
      // A change that is due at the packet comes before it.
      const bool is_due = first < count && changes.before_next(records.subspan(first, 1)) == 0;
      if (!is_due) break;
      const Status status = changes.apply_next(engine, records[first], kCapture, {});
      if (!status.ok()) return status;
    }
    if (engine.out_of_memory()) return {ErrorCode::kOutOfMemory, reader.bytes_read(), 0};
    if (before < count) {
      out.emplace(packets[before], copies.is_copy(records[before], kCapture));
      return {};
    }
    if (!progress(reader.bytes_read())) return {ErrorCode::kCancelled, reader.bytes_read(), 0};
  }
  return reader.status();
}

}  // namespace portacl

// What a replay writes while it judges: one interface for packet records, captures, flows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/text_sink.h"
#include "capture/capture_interface.h"
#include "capture/capture_record.h"
#include "packet/departure.h"
#include "verdict/verdict.h"

namespace portacl {

class Program;
struct VerdictTexts;

// Packets of one section of one capture, and what was said of them. A capture without packets is
// told by one batch that has none.
struct JudgedBatch {
  std::span<const CaptureRecord> records;
  // In the order of the records, of which each has at least one; `packet_index` is into `records`.
  std::span<const VerdictRecord> verdicts;
  // Of the section, by the records' interface_index.
  std::span<const CaptureInterface> interfaces;
  uint32_t capture = 0;  // number of the capture among those replayed, from 0
  // The records as the ports of endpoints saw them (engine/capture_point.h): what was judged.
  std::span<const CaptureRecord> packets;
  // Where an output wants them: what `departure` of the verdicts is into.
  std::span<const Departure> departures = {};
};

// Threads: belongs to the thread that replays.
class ReplayOutput {
 public:
  virtual ~ReplayOutput() = default;

  virtual void write(const JudgedBatch& batch) = 0;

  // What comes is judged by another policy: rows of verdicts are those of its program. Both live as
  // long as the output is written to.
  virtual void policy_changed(const Program&, const VerdictTexts&) {}

  // Told once, when nothing more comes; not told when the replay was cancelled.
  virtual void finish() {}

  // Whether it reads JudgedBatch::departures; it is judged by one thread then.
  virtual bool wants_departures() const { return false; }

  // The sink written to, or null: when it has stopped, the replay does.
  virtual const TextSink* sink() const { return nullptr; }
};

inline void write_all(std::span<ReplayOutput* const> outputs, const JudgedBatch& batch) {
  for (ReplayOutput* const output : outputs) output->write(batch);
}

inline bool want_departures(std::span<ReplayOutput* const> outputs) {
  return std::ranges::any_of(outputs,
                             [](const ReplayOutput* output) { return output->wants_departures(); });
}

inline bool has_stopped(std::span<ReplayOutput* const> outputs) {
  return std::ranges::any_of(outputs, [](const ReplayOutput* output) {
    return output->sink() != nullptr && output->sink()->stopped();
  });
}

}  // namespace portacl

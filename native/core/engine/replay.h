// Captures through an engine, start to end: what runs off the event loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "capture/capture_merge.h"
#include "engine/engine.h"
#include "engine/policy_change.h"
#include "platform/byte_source.h"
#include "report/replay_output.h"

namespace portacl {

// What was read of one capture.
struct CaptureSummary {
  uint64_t packets = 0;
  uint64_t bytes = 0;               // of the file
  int64_t first_time_ns = kNoTime;  // smallest and largest time seen
  int64_t last_time_ns = kNoTime;
  uint64_t lost_packets = 0;  // which the capture says that who wrote it lost
  Status status;              // of the capture: packets before damage are judged

  // The times of records, and what they say was lost before them.
  void note(std::span<const CaptureRecord> records);
};

// Told the bytes read so far, after every batch; false cancels.
using ReplayProgress = std::function<bool(uint64_t bytes_read)>;

// Reads `source`, capture number `capture` of this replay, to its end, judges every packet, and
// tells `outputs` of it. Without outputs no record is made, which is faster. `changes` of policy
// are made where they are due. Stops early when cancelled (status kCancelled), when the sink of an
// output stops, or when memory is out (kOutOfMemory).
CaptureSummary replay(std::unique_ptr<ByteSource> source, uint32_t capture, Engine& engine,
                      PolicySchedule& changes, std::span<ReplayOutput* const> outputs,
                      const ReplayProgress& progress);

// As replay(), of several captures at once by the times of their packets (capture_merge.h); the
// bytes that `progress` is told of are those of all.
// Returns: a summary for each source; kCancelled and kOutOfMemory stand in the first one.
std::vector<CaptureSummary> replay_merged(std::vector<std::unique_ptr<ByteSource>> sources,
                                          AfterDamage after_damage, Engine& engine,
                                          PolicySchedule& changes,
                                          std::span<ReplayOutput* const> outputs,
                                          const ReplayProgress& progress);

// A packet of a capture, kept to be explained with the state it met.
class FrameExplainer {
 public:
  // As the ports saw it; a copy is let through unjudged (packet_copies.h).
  FrameExplainer(const CaptureRecord& packet, bool is_copy)
      : bytes_(packet.bytes, packet.bytes + packet.captured_bytes),
        packet_(packet),
        is_copy_(is_copy) {
    packet_.options_bytes = 0;
  }

  Explanation explain(Engine& engine) const;

 private:
  std::vector<uint8_t> bytes_;
  CaptureRecord packet_;
  bool is_copy_;
};

// Judges the packets of `source` before the one numbered `frame`, with the changes of policy that
// are due until it comes. `out` stays empty when the capture has no such packet. Returns: of the
// capture as far as it was read; kCancelled, kOutOfMemory.
Status replay_before(std::unique_ptr<ByteSource> source, Engine& engine, PolicySchedule& changes,
                     uint64_t frame, const ReplayProgress& progress,
                     std::optional<FrameExplainer>& out);

}  // namespace portacl

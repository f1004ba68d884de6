// Several captures as one, by the times of their packets.
//
//     CaptureReader[0] ─batch─┐
//     CaptureReader[1] ─batch─┼─ heap of first records ──> CaptureRecord[], with their captures
//     …                      ─┘
//
// Each capture keeps its own order; of the first records that have not been given, the earliest is
// next, and of equal ones that of the capture with the smaller number. A record without a time
// follows the one before it in its capture. Source: docs/semantics/captures.md, "Several captures".
//
// Records point into the buffers of their readers, so a batch ends where any reader must read on.
// Where batches end decides nothing: the order depends on the captures alone.
// Memory: a reader's window and kLocalBatch records for each capture.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <vector>

#include "capture/capture_reader.h"

namespace portacl {

enum class AfterDamage : uint8_t {
  kStop,  // nothing more is read of any capture
  kGoOn,  // the damaged capture has ended, the others go on
};

class CaptureMerge {
 public:
  CaptureMerge(std::vector<std::unique_ptr<ByteSource>> sources, AfterDamage after_damage);

  // Fills both spans from their fronts and returns how many records they hold; captures[i] is the
  // number of the capture of records[i]. 0 is the end: status() of each reader tells of what kind.
  // The records' bytes stay valid until the next call. Requires: spans of one size.
  size_t next_batch(std::span<CaptureRecord> records, std::span<uint32_t> captures);

  uint32_t capture_count() const { return static_cast<uint32_t>(inputs_.size()); }
  const CaptureReader& reader(uint32_t capture) const { return inputs_[capture].reader; }

 private:
  static constexpr size_t kLocalBatch = 64;

  struct Input {
    explicit Input(std::unique_ptr<ByteSource> source) : reader(std::move(source)) {}
    CaptureReader reader;
    std::vector<CaptureRecord> batch;
    size_t at = 0;  // of the record that is next
    size_t count = 0;
  };
  // The record that is next of a capture; the smallest Head is the next of all.
  struct Head {
    int64_t time_ns;
    uint32_t capture;
    friend auto operator<=>(const Head&, const Head&) = default;
  };

  bool read_on();
  Head head(uint32_t capture) const;

  AfterDamage after_damage_;
  std::deque<Input> inputs_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
  std::vector<uint32_t> empty_;  // captures whose next records are not read yet
  bool done_ = false;
};

}  // namespace portacl

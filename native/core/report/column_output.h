// Verdicts as columns in buffers that somebody else reads meanwhile (platform/buffer_channel.h).
//
// A buffer holds RecordColumns for column_rows(bytes) rows and behind them, for each row, the
// number of its capture. It is handed over when it is full; with Handover::kSoon also when it is
// not, if the reader has nothing else: for captures that grow. Where buffers end decides nothing.
#pragma once

#include <functional>

#include "platform/buffer_channel.h"
#include "program/layout.h"
#include "report/replay_output.h"

namespace portacl {

// Rows that fit; a multiple of eight, so that every column is aligned.
constexpr size_t column_rows(size_t bytes) {
  return bytes / (RecordColumns::kRowBytes + sizeof(uint32_t)) & ~size_t{7};
}

class ColumnOutput final : public ReplayOutput {
 public:
  enum class Handover : uint8_t { kWhenFull, kSoon };

  // `channel` must outlive this; its buffers are aligned to 8 and have room for a row.
  // `is_cancelled`: asked while there is no buffer; what comes then is dropped.
  ColumnOutput(BufferChannel& channel, Handover handover, std::function<bool()> is_cancelled)
      : channel_(channel), handover_(handover), is_cancelled_(std::move(is_cancelled)) {}

  void write(const JudgedBatch& batch) override;
  void finish() override;

 private:
  bool have_buffer();
  void publish();

  BufferChannel& channel_;
  Handover handover_;
  std::function<bool()> is_cancelled_;
  std::span<uint8_t> buffer_;  // in hand; empty: none
  size_t used_ = 0;            // rows of it
};

}  // namespace portacl

#include "report/column_output.h"

#include <algorithm>

#include "report/record_columns.h"

namespace portacl {

bool ColumnOutput::have_buffer() {
  if (buffer_.empty()) buffer_ = channel_.wait_for_buffer(is_cancelled_);
  return !buffer_.empty();
}

void ColumnOutput::publish() {
  channel_.publish(used_);
  buffer_ = {};
  used_ = 0;
}

void ColumnOutput::write(const JudgedBatch& batch) {
  for (auto left = batch.verdicts; !left.empty() && have_buffer();) {
    const size_t rows = column_rows(buffer_.size());
    const size_t count = std::min(rows - used_, left.size());
    write_columns(left.first(count), {buffer_.data(), rows}, used_);
    auto* const captures =
        reinterpret_cast<uint32_t*>(buffer_.data() + rows * RecordColumns::kRowBytes);
    std::fill_n(captures + used_, count, batch.capture);
    left = left.subspan(count);
    used_ += count;
    if (used_ == rows) publish();
  }
  if (handover_ == Handover::kSoon && used_ != 0 && channel_.reader_waits()) publish();
}

void ColumnOutput::finish() {
  if (used_ != 0) publish();
}

}  // namespace portacl

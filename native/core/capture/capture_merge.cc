#include "capture/capture_merge.h"

#include <utility>

namespace portacl {

CaptureMerge::CaptureMerge(std::vector<std::unique_ptr<ByteSource>> sources,
                           AfterDamage after_damage)
    : after_damage_(after_damage) {
  for (auto& source : sources) {
    empty_.push_back(static_cast<uint32_t>(inputs_.size()));
    // cppcheck-suppress accessMoved ; each is moved from once
    inputs_.emplace_back(std::move(source)).batch.resize(kLocalBatch);
  }
}

// kNoTime is the smallest of all times: what has none does not wait.
CaptureMerge::Head CaptureMerge::head(uint32_t capture) const {
  const Input& input = inputs_[capture];
  return {input.batch[input.at].time_ns, capture};
}

// Every capture has its next record at hand again, or has ended. False when damage ends the work.
bool CaptureMerge::read_on() {
  for (const uint32_t capture : empty_) {
    Input& input = inputs_[capture];
    input.at = 0;
    input.count = input.reader.next_batch(input.batch);
    if (input.count != 0) {
      heads_.push(head(capture));
    } else if (!input.reader.status().ok() && after_damage_ == AfterDamage::kStop) {
      return false;
    }
  }
  empty_.clear();
  return true;
}

size_t CaptureMerge::next_batch(std::span<CaptureRecord> records, std::span<uint32_t> captures) {
  if (!done_) done_ = !read_on();
  if (done_) return 0;
  size_t count = 0;
  while (count < records.size() && empty_.empty() && !heads_.empty()) {
    const uint32_t capture = heads_.top().capture;
    heads_.pop();
    Input& input = inputs_[capture];
    // One capture often has many packets between two of another: they cost no turn of the heap.
    do {
      records[count] = input.batch[input.at++];
      captures[count++] = capture;
    } while (count < records.size() && input.at < input.count &&
             (heads_.empty() || head(capture) < heads_.top()));
    if (input.at < input.count) {
      heads_.push(head(capture));
    } else {
      empty_.push_back(capture);
    }
  }
  return count;
}

}  // namespace portacl

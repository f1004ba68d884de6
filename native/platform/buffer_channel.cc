#include "platform/buffer_channel.h"

#include <chrono>

namespace portacl {

void BufferChannel::give(std::span<uint8_t> buffer) {
  const std::lock_guard lock(mutex_);
  empty_.push_back(buffer);
  changed_.notify_one();
}

std::optional<size_t> BufferChannel::take() {
  const std::lock_guard lock(mutex_);
  if (counts_.empty()) return std::nullopt;
  const size_t count = counts_.front();
  counts_.pop_front();
  return count;
}

void BufferChannel::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

std::span<uint8_t> BufferChannel::wait_for_buffer(const std::function<bool()>& is_cancelled) {
  constexpr std::chrono::milliseconds kAskAgain{100};
  std::unique_lock lock(mutex_);
  while (empty_.empty() && !closed_) {
    if (is_cancelled && is_cancelled()) return {};
    changed_.wait_for(lock, kAskAgain);
  }
  if (closed_) return {};
  const std::span<uint8_t> buffer = empty_.front();
  empty_.pop_front();
  return buffer;
}

void BufferChannel::publish(size_t count) {
  {
    const std::lock_guard lock(mutex_);
    counts_.push_back(count);
  }
  filled_();
}

bool BufferChannel::reader_waits() const {
  const std::lock_guard lock(mutex_);
  return counts_.empty();
}

}  // namespace portacl

#include "platform/byte_channel.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace portacl {

bool ByteChannel::write(std::vector<uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_ || ended_) return false;
  if (!bytes.empty()) {
    bytes_ += bytes.size();
    chunks_.push_back(std::move(bytes));
    changed_.notify_one();
  }
  writer_waits_ = bytes_ >= kBytesMax;
  return !writer_waits_;
}

void ByteChannel::end(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  status_ = status;
  changed_.notify_one();
}

bool ByteChannel::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void ByteChannel::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    chunks_.clear();
  }
  wanted_();
  wanted_ = {};
}

// Until there are bytes or the end, for a while.
ByteChannel::Wait ByteChannel::wait() {
  constexpr std::chrono::milliseconds kAskAgain{100};
  std::unique_lock lock(mutex_);
  // Half empty: the writer is told early enough to fill it again before it runs dry.
  const bool tell = writer_waits_ && bytes_ < kBytesMax / 2;
  if (tell) {
    writer_waits_ = false;
    lock.unlock();
    wanted_();
    lock.lock();
  }
  const auto ready = [this] { return bytes_ != 0 || ended_; };
  return changed_.wait_for(lock, kAskAgain, ready) ? Wait::kReady : Wait::kTimeout;
}

size_t ByteChannel::take(uint8_t* to, size_t size) {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  while (count < size && !chunks_.empty()) {
    const std::vector<uint8_t>& first = chunks_.front();
    const size_t part = std::min(size - count, first.size() - begin_);
    std::memcpy(to + count, first.data() + begin_, part);
    count += part;
    begin_ += part;
    if (begin_ == first.size()) {
      chunks_.pop_front();
      begin_ = 0;
    }
  }
  bytes_ -= count;
  return count;
}

size_t ChannelSource::read(uint8_t* to, size_t size) {
  while (channel_->wait() == ByteChannel::Wait::kTimeout) {
    if (!is_cancelled_ || !is_cancelled_()) continue;
    status_ = {ErrorCode::kCancelled, offset_};
    return 0;
  }
  const size_t count = channel_->take(to, size);
  if (count == 0) status_ = channel_->status_;
  offset_ += count;
  return count;
}

}  // namespace portacl

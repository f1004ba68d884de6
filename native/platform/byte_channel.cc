#include "platform/byte_channel.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "platform/descriptor.h"

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

void ByteChannel::attach(int descriptor) {
  const std::lock_guard lock(mutex_);
  descriptor_ = descriptor;
  if (closed_) close_descriptor();
  changed_.notify_one();
}

int ByteChannel::take_descriptor() {
  const std::lock_guard lock(mutex_);
  return std::exchange(descriptor_, -1);
}

void ByteChannel::close_descriptor() {
  if (descriptor_ >= 0) descriptor::close(std::exchange(descriptor_, -1));
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
    close_descriptor();
  }
  wanted_();
  wanted_ = {};
}

// Until there are bytes, a descriptor or the end, for a while.
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
  const auto ready = [this] { return bytes_ != 0 || descriptor_ >= 0 || ended_; };
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

// Until the channel has something to say. False when cancelled instead.
bool ChannelSource::wait() {
  while (channel_->wait() == ByteChannel::Wait::kTimeout) {
    if (!is_cancelled_ || !is_cancelled_()) continue;
    status_ = {ErrorCode::kCancelled, offset_};
    return false;
  }
  return true;
}

size_t ChannelSource::read(uint8_t* to, size_t size) {
  size_t count = 0;
  for (;;) {
    if (attached_) {
      count = attached_->read(to, size);
      status_ = attached_->status();
      if (count != 0 || !status_.ok()) break;
      attached_.reset();
    }
    if (!wait()) return 0;
    const int descriptor = channel_->take_descriptor();
    if (descriptor < 0) {
      count = channel_->take(to, size);
      if (count == 0) status_ = channel_->status_;
      break;
    }
    attached_.emplace(descriptor, std::vector<uint8_t>{}, is_cancelled_);
  }
  offset_ += count;
  return count;
}

}  // namespace portacl

#include "platform/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "platform/descriptor.h"

namespace portacl {

namespace {

constexpr int kStandardInput = 0;

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kFileNotFound;
    case EISDIR:
      return ErrorCode::kFileIsDirectory;
    default:
      return ErrorCode::kFileUnreadable;
  }
}

}  // namespace

FileSource::FileSource(std::string path, std::function<bool()> is_cancelled, AtEnd at_end)
    : path_(std::move(path)), is_cancelled_(std::move(is_cancelled)), at_end_(at_end) {}

FileSource::FileSource(int descriptor, std::vector<uint8_t> head,
                       std::function<bool()> is_cancelled)
    : is_cancelled_(std::move(is_cancelled)),
      may_wait_(descriptor::may_wait(descriptor)),
      descriptor_(descriptor),
      head_(std::move(head)) {}

FileSource::~FileSource() {
  if (descriptor_ > kStandardInput) descriptor::close(descriptor_);
}

void FileSource::fail(int error_number) {
  status_ = {code_of(error_number), offset_, static_cast<uint64_t>(error_number)};
}

const Status& FileSource::open() {
  if (descriptor_ >= 0 || !status_.ok()) return status_;
  descriptor_ = path_ == "-" ? kStandardInput : descriptor::open_to_read(path_.c_str());
  if (descriptor_ < 0) {
    fail(errno);
  } else if (descriptor::is_directory(descriptor_)) {
    fail(EISDIR);
  } else {
    may_wait_ = descriptor::may_wait(descriptor_);
  }
  return status_;
}

// Waits for bytes or the end. False when cancelled instead.
bool FileSource::wait() {
  constexpr int kAskAgainMs = 100;
  while (!descriptor::is_readable_within(descriptor_, kAskAgainMs)) {
    if (!is_cancelled_ || !is_cancelled_()) continue;
    status_ = {ErrorCode::kCancelled, offset_};
    return false;
  }
  return true;
}

// At the end of a followed file: false when there is nothing to wait for any more.
bool FileSource::wait_for_more() {
  constexpr std::chrono::milliseconds kLookAgain{50};
  const int64_t size = descriptor::size_of(descriptor_);
  if (size >= 0 && static_cast<uint64_t>(size) < offset_) {
    status_ = {ErrorCode::kFileShrunk, offset_, static_cast<uint64_t>(size)};
    return false;
  }
  if (is_cancelled_ && is_cancelled_()) {
    status_ = {ErrorCode::kCancelled, offset_};
    return false;
  }
  std::this_thread::sleep_for(kLookAgain);
  return true;
}

size_t FileSource::read_head(uint8_t* to, size_t size) {
  const size_t count = std::min(size, head_.size() - head_begin_);
  std::memcpy(to, head_.data() + head_begin_, count);
  head_begin_ += count;
  offset_ += count;
  return count;
}

size_t FileSource::read(uint8_t* to, size_t size) {
  if (head_begin_ != head_.size()) return read_head(to, size);
  if (!open().ok()) return 0;
  size = std::min(size, descriptor::kTransferBytesMax);
  for (;;) {
    if (may_wait_ && !wait()) return 0;
    const int64_t count = descriptor::read(descriptor_, to, size);
    if (count == 0 && size != 0 && at_end_ == AtEnd::kFollow && !may_wait_) {
      if (wait_for_more()) continue;
      return 0;
    }
    if (count >= 0) {
      offset_ += static_cast<uint64_t>(count);
      return static_cast<size_t>(count);
    }
    if (errno != EAGAIN && errno != EINTR) {
      fail(errno);
      return 0;
    }
  }
}

size_t MemorySource::read(uint8_t* to, size_t size) {
  const size_t count = std::min({size, bytes_per_read_, bytes_.size()});
  if (count != 0) std::memcpy(to, bytes_.data(), count);
  bytes_ = bytes_.subspan(count);
  return count;
}

}  // namespace portacl

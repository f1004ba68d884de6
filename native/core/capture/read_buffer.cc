#include "capture/read_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace portacl {

ReadBuffer::ReadBuffer(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)),
      capacity_(kBufferBytes),
      buffer_(std::make_unique_for_overwrite<uint8_t[]>(kBufferBytes)) {}

void ReadBuffer::make_room(size_t count) {
  if (count > capacity_) {
    auto larger = std::make_unique_for_overwrite<uint8_t[]>(count);
    std::memcpy(larger.get(), data(), size());
    buffer_ = std::move(larger);
    capacity_ = count;
  } else {
    std::memmove(buffer_.get(), data(), size());
  }
  end_ = size();
  begin_ = 0;
}

bool ReadBuffer::fill(size_t count) {
  if (size() >= count) return true;
  make_room(count);
  while (size() < count) {
    const size_t got = source_->read(buffer_.get() + end_, capacity_ - end_);
    if (got == 0) return false;
    end_ += got;
  }
  return true;
}

bool ReadBuffer::skip(uint64_t count) {
  for (;;) {
    const auto here = static_cast<size_t>(std::min<uint64_t>(count, size()));
    consume(here);
    count -= here;
    if (count == 0) return true;
    if (!fill(1)) return false;
  }
}

}  // namespace portacl

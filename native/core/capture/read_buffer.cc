#include "capture/read_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace portacl {

ReadBuffer::ReadBuffer(std::unique_ptr<ByteSource> source, size_t buffer_bytes)
    : source_(std::move(source)),
      piece_(std::make_shared<Piece>(buffer_bytes)),
      buffer_(piece_->bytes.get()) {}

void ReadBuffer::make_room(size_t count) {
  if (count <= piece_->capacity && piece_.use_count() == 1) {
    std::memmove(buffer_, data(), size());
  } else {
    std::shared_ptr<Piece> other = free_piece(std::max(count, piece_->capacity));
    std::memcpy(other->bytes.get(), data(), size());
    if (piece_.use_count() > 1) others_.push_back(piece_);
    piece_ = std::move(other);
    buffer_ = piece_->bytes.get();
  }
  end_ = size();
  begin_ = 0;
}

// One that was held and is no more, else a new one.
std::shared_ptr<ReadBuffer::Piece> ReadBuffer::free_piece(size_t count) {
  const auto free = std::find_if(others_.begin(), others_.end(), [&](const auto& piece) {
    return piece.use_count() == 1 && piece->capacity >= count;
  });
  if (free == others_.end()) return std::make_shared<Piece>(count);
  std::shared_ptr<Piece> piece = std::move(*free);
  others_.erase(free);
  return piece;
}

bool ReadBuffer::fill(size_t count) {
  if (size() >= count) return true;
  make_room(count);
  while (size() < count) {
    const size_t got = source_->read(buffer_ + end_, piece_->capacity - end_);
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

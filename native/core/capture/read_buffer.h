// A window on a byte source: the bytes from the reader's place on, in one piece.
//
// Records are parsed where they lie. Bytes stay put until the next fill() or skip(), which may move
// what is left to the front to make room; so a batch of records ends where the buffered bytes end.
// Who needs them longer holds them: then the window goes on in other memory.
// Memory: the size it was made with, or the largest fill() asked for when that is more, for each
// piece that is held and one besides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "platform/byte_source.h"

namespace portacl {

class ReadBuffer {
 public:
  // The system call costs nothing at this size, and parsing still finds in the second-level cache
  // what read() has just copied there: 256 KiB reads a tenth faster than 1 MiB.
  static constexpr size_t kBufferBytes = 256 << 10;

  explicit ReadBuffer(std::unique_ptr<ByteSource> source, size_t buffer_bytes = kBufferBytes);

  const uint8_t* data() const { return buffer_ + begin_; }
  size_t size() const { return end_ - begin_; }

  // Absolute offset of data() in the source.
  uint64_t offset() const { return offset_; }

  // Requires: count <= size().
  void consume(size_t count) {
    begin_ += count;
    offset_ += count;
  }

  // Reads until `count` bytes are there. False at the end of the source or after a failure; the
  // bytes that are there stay readable.
  bool fill(size_t count);

  // Passes over `count` bytes without keeping them. False when the source ends before.
  bool skip(uint64_t count);

  // Keeps the bytes before offset(), back to where the buffer was last filled, as they are until it
  // is let go, by the thread that reads.
  std::shared_ptr<const void> hold() const { return piece_; }

  // The source's failure; kOk at a plain end.
  const Status& status() const { return source_->status(); }

 private:
  struct Piece {
    explicit Piece(size_t size)
        : capacity(size), bytes(std::make_unique_for_overwrite<uint8_t[]>(size)) {}

    size_t capacity;
    std::unique_ptr<uint8_t[]> bytes;
  };

  void make_room(size_t count);
  std::shared_ptr<Piece> free_piece(size_t count);

  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<Piece> piece_;
  std::vector<std::shared_ptr<Piece>> others_;  // held, or free again
  uint8_t* buffer_;                             // of piece_
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace portacl

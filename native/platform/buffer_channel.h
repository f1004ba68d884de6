// Buffers that go round between a thread that fills them and one that reads them.
//
//     reader ─give()─> [empty buffers] ─wait_for_buffer()─> writer
//     reader <─take()─ [counts of filled ones] <─publish()─ writer
//
// Buffers are filled in the order in which they were given. A writer without one waits, so the
// reader decides how much there is: that is the back-pressure. The reader never waits: `filled` is
// called, on the writer's thread, when there is something to take.
//
// Threads: one reader, one writer. The bytes of a buffer are the writer's from give() to publish().
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace portacl {

class BufferChannel {
 public:
  explicit BufferChannel(std::function<void()> filled) : filled_(std::move(filled)) {}

  // For the reader. Requires: a buffer that outlives the writer's work on it.
  void give(std::span<uint8_t> buffer);
  // What the oldest filled buffer was published with; nothing when there is none.
  std::optional<size_t> take();
  // Nothing more is wanted: the writer gets no more buffers.
  void close();

  // For the writer: an empty buffer, waited for; an empty span when the channel is closed or
  // `is_cancelled`, asked a few times a second, says so.
  std::span<uint8_t> wait_for_buffer(const std::function<bool()>& is_cancelled);
  // Hands the buffer over that wait_for_buffer() gave last, filled with `count` of whatever it
  // holds.
  void publish(size_t count);
  // Whether the reader has taken all that was published.
  bool reader_waits() const;

 private:
  std::function<void()> filled_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::span<uint8_t>> empty_;
  std::deque<size_t> counts_;
  bool closed_ = false;
};

}  // namespace portacl

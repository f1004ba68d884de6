// A buffered way out for bytes: text, numbers, JSON strings. What writes a line knows no file, and
// what knows a file (platform/file_sink.h) knows no line.
//
// A sink that has failed or was stopped swallows what follows; a writer looks at stopped() once a
// batch, not after each append. Cost: one bounds check and a copy an append; one virtual call a
// buffer. Threads: a sink belongs to one thread at a time.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace portacl {

class TextSink {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;

  TextSink() : buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {}
  virtual ~TextSink() = default;
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  void append(char c) {
    if (used_ == kBufferBytes) flush();
    buffer_[used_++] = c;
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > kBufferBytes - used_) return append_long(bytes);
    std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  // Decimal.
  template <std::integral Number>
  void append_number(Number value) {
    char* const to = reserve(24);
    commit(std::to_chars(to, to + 24, value).ptr);
  }

  // `value` in decimal with zeros in front up to `digits` (at most 20).
  void append_padded(uint64_t value, unsigned digits);

  // Lower-case hexadecimal, two digits a byte, `separator` between bytes.
  void append_hex(const uint8_t* bytes, size_t size, std::string_view separator = {});

  // `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD, so that
  // the output is valid JSON whatever a capture holds.
  void append_json(std::string_view text);

  // Hands all that is buffered on. Returns false when the sink has stopped.
  bool flush();

  // True after a failure, or when the reader of a pipe has gone (then status() is kOk).
  bool stopped() const { return stopped_; }
  const Status& status() const { return status_; }
  uint64_t bytes_written() const { return bytes_written_; }

 protected:
  // Writes all bytes; false after stop() or fail().
  virtual bool write(const char* bytes, size_t size) = 0;

  void stop(const Status& status) {
    stopped_ = true;
    status_ = status;
  }

 private:
  void append_long(std::string_view bytes);

  // Room for `size` bytes at the end of the buffer.
  char* reserve(size_t size) {
    if (size > kBufferBytes - used_) flush();
    return buffer_.get() + used_;
  }
  void commit(const char* end) { used_ = static_cast<size_t>(end - buffer_.get()); }

  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
  uint64_t bytes_written_ = 0;
  Status status_;
  bool stopped_ = false;
};

// Collects everything in memory: for tests, and for answers that are returned rather than written.
class StringSink final : public TextSink {
 public:
  // All that was appended so far.
  const std::string& text() {
    flush();
    return text_;
  }

 protected:
  bool write(const char* bytes, size_t size) override {
    text_.append(bytes, size);
    return true;
  }

 private:
  std::string text_;
};

}  // namespace portacl

// Where the bytes of a capture come from: a file, standard input, or memory.
//
// Reading in large blocks is as fast as mapping the file on the measured machine, works on pipes,
// and does not raise SIGBUS when the file shrinks. Source: spec/ecosystem.md section 2.
//
// Threads: a source belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace portacl {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Writes up to `size` bytes to `to` and returns how many; fewer than asked is no sign of the end.
  // 0 is the end or a failure: status() tells which.
  virtual size_t read(uint8_t* to, size_t size) = 0;

  // `offset` is the byte at which reading failed, `detail` the system's error number.
  const Status& status() const { return status_; }

 protected:
  Status status_;
};

// What a regular file's end means.
enum class AtEnd : uint8_t {
  kStop,
  kFollow,  // more may be written: wait for it, until cancelled
};

class FileSource final : public ByteSource {
 public:
  // "-" is standard input, which is left open at the end. `is_cancelled` is asked a few times a
  // second while a pipe has nothing to read; reading fails with kCancelled when it says so.
  // Following keeps to the file that was opened, whatever takes its name later.
  explicit FileSource(std::string path, std::function<bool()> is_cancelled = {},
                      AtEnd at_end = AtEnd::kStop);
  // A file that is open already, and its first bytes, which have been read; it is closed at the end
  // unless it is standard input.
  FileSource(int descriptor, std::vector<uint8_t> head, std::function<bool()> is_cancelled = {});
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // Opens the file; read() does it itself when this was not called.
  // Errors: kFileNotFound, kFileIsDirectory, kFileUnreadable; read() besides kCancelled, and
  // kFileShrunk (`detail`: its bytes now) for a followed file that is shorter than what was read.
  const Status& open();

  size_t read(uint8_t* to, size_t size) override;

  // The descriptor, which is the caller's from now on; the source reads no more.
  int detach() { return std::exchange(descriptor_, -1); }

 private:
  size_t read_head(uint8_t* to, size_t size);
  void fail(int error_number);
  bool wait();
  bool wait_for_more();

  std::string path_;
  std::function<bool()> is_cancelled_;
  AtEnd at_end_ = AtEnd::kStop;
  bool may_wait_ = false;
  int descriptor_ = -1;
  std::vector<uint8_t> head_;  // what is read before the descriptor is
  size_t head_begin_ = 0;
  uint64_t offset_ = 0;
};

// Requires: the bytes outlive the source.
class MemorySource final : public ByteSource {
 public:
  // `bytes_per_read` bounds one read, so that tests see records split at any place.
  explicit MemorySource(std::span<const uint8_t> bytes, size_t bytes_per_read = SIZE_MAX)
      : bytes_(bytes), bytes_per_read_(bytes_per_read) {}

  size_t read(uint8_t* to, size_t size) override;

 private:
  std::span<const uint8_t> bytes_;
  size_t bytes_per_read_;
};

}  // namespace portacl

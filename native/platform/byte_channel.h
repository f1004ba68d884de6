// Bytes that come from elsewhere in the process, e.g. a decompressor: chunks in, a source out.
//
//     writer ─write()─> [chunks, at most kBytesMax and one more] ─read()─> ChannelSource
//     writer ─attach()─> a descriptor, e.g. of a pipe ─read()─> the same
//
// The writer never waits: write() says whether there is room for more, and `wanted` is called when
// there is again. It is called first when the reader first asks, so that work begins only when its
// turn comes, and last when the reader goes. The reader waits, and asks now and then whether it is
// cancelled. `wanted` is let go of once the reader has gone.
//
// Threads: one writer, one reader, each on its own thread; `wanted` is called on the reader's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "platform/byte_source.h"

namespace portacl {

class ByteChannel {
 public:
  static constexpr size_t kBytesMax = 4u << 20;

  explicit ByteChannel(std::function<void()> wanted) : wanted_(std::move(wanted)) {}
  ~ByteChannel() { close_descriptor(); }
  ByteChannel(const ByteChannel&) = delete;
  ByteChannel& operator=(const ByteChannel&) = delete;

  // For the writer. False when it should wait for `wanted` before it writes more.
  bool write(std::vector<uint8_t> bytes);

  // For the writer, in the place of write(), once: the bytes come from `descriptor`, which is
  // closed by the reader, or here when there is none any more. end() is told of once it is read to
  // its end.
  void attach(int descriptor);

  // For the writer: no more bytes come; the reader reads what is there, then sees `status`.
  void end(const Status& status);

  // For the writer: nobody reads any more.
  bool is_closed() const;

 private:
  friend class ChannelSource;

  enum class Wait { kReady, kTimeout };
  Wait wait();
  size_t take(uint8_t* to, size_t size);
  // The descriptor that was attached, the caller's from now on; below 0 when there is none.
  int take_descriptor();
  void close();
  void close_descriptor();

  std::function<void()> wanted_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<uint8_t>> chunks_;
  size_t begin_ = 0;          // bytes of the first chunk that are read
  size_t bytes_ = 0;          // that wait to be read
  int descriptor_ = -1;       // attached and not taken
  bool writer_waits_ = true;  // for `wanted`
  bool ended_ = false;
  bool closed_ = false;
  Status status_;
};

class ChannelSource final : public ByteSource {
 public:
  // `is_cancelled` is asked a few times a second while there is nothing to read; reading fails with
  // kCancelled when it says so.
  ChannelSource(std::shared_ptr<ByteChannel> channel, std::function<bool()> is_cancelled)
      : channel_(std::move(channel)), is_cancelled_(std::move(is_cancelled)) {}
  ~ChannelSource() override { channel_->close(); }

  size_t read(uint8_t* to, size_t size) override;

 private:
  bool wait();

  std::shared_ptr<ByteChannel> channel_;
  std::function<bool()> is_cancelled_;
  std::optional<FileSource> attached_;
  uint64_t offset_ = 0;
};

}  // namespace portacl

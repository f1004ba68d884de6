// Capture files for tests, in either byte order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/capture_reader.h"
#include "frame_builder.h"

namespace portacl::capture_test {

enum class Order { kLittle, kBig };

class Numbers {
 public:
  explicit Numbers(Order order) : order_(order) {}
  Bytes u16(uint64_t v) const { return number(v, 2); }
  Bytes u32(uint64_t v) const { return number(v, 4); }
  Bytes u64(uint64_t v) const { return number(v, 8); }

 private:
  Bytes number(uint64_t v, size_t size) const {
    Bytes bytes(size);
    for (size_t i = 0; i < size; ++i) {
      bytes[order_ == Order::kLittle ? i : size - 1 - i] = static_cast<uint8_t>(v >> (8 * i));
    }
    return bytes;
  }
  Order order_;
};

inline Bytes padded(Bytes bytes) {
  while (bytes.size() % 4 != 0) bytes.push_back(0);
  return bytes;
}

// Classic captures.
class Pcap : public Numbers {
 public:
  explicit Pcap(Order order, uint32_t magic = 0xA1B2C3D4) : Numbers(order), magic_(magic) {}
  Bytes header(uint32_t link_type = 1, uint16_t major = 2, uint16_t minor = 4) const {
    return u32(magic_) + u16(major) + u16(minor) + u32(0) + u32(0) + u32(65535) + u32(link_type);
  }
  Bytes record(const Bytes& frame, uint32_t seconds, uint32_t ticks, int original = -1) const {
    const uint64_t length = original < 0 ? frame.size() : static_cast<uint64_t>(original);
    return u32(seconds) + u32(ticks) + u32(frame.size()) + u32(length) + frame;
  }

 private:
  uint32_t magic_;
};

// Captures of Solaris.
class Snoop : public Numbers {
 public:
  Snoop() : Numbers(Order::kBig) {}
  Bytes header(uint32_t link = 4, uint32_t version = 2) const {
    return Bytes{'s', 'n', 'o', 'o', 'p', 0, 0, 0} + u32(version) + u32(link);
  }
  Bytes record(const Bytes& frame, uint32_t seconds, uint32_t microseconds,
               int original = -1) const {
    const uint64_t length = original < 0 ? frame.size() : static_cast<uint64_t>(original);
    const Bytes pad = zeros((4 - frame.size() % 4) % 4);
    return u32(length) + u32(frame.size()) + u32(24 + frame.size() + pad.size()) + u32(0) +
           u32(seconds) + u32(microseconds) + frame + pad;
  }
};

// Captures of blocks.
class Pcapng : public Numbers {
 public:
  using Numbers::Numbers;
  Bytes block(uint32_t type, const Bytes& body) const {
    const Bytes whole = padded(body);
    return u32(type) + u32(whole.size() + 12) + whole + u32(whole.size() + 12);
  }
  Bytes section(uint16_t major = 1, uint16_t minor = 0) const {
    return block(0x0A0D0D0A, u32(0x1A2B3C4D) + u16(major) + u16(minor) + u64(~uint64_t{0}));
  }
  Bytes option(uint16_t code, const Bytes& value) const {
    return u16(code) + u16(value.size()) + padded(value);
  }
  Bytes interface(uint16_t link_type = 1, uint32_t snap_bytes = 0,
                  const Bytes& options = {}) const {
    return block(1, u16(link_type) + u16(0) + u32(snap_bytes) + options);
  }
  Bytes packet(uint32_t index, uint64_t ticks, const Bytes& frame, int captured = -1,
               const Bytes& options = {}) const {
    const uint64_t length = captured < 0 ? frame.size() : static_cast<uint64_t>(captured);
    return block(6, u32(index) + u32(ticks >> 32) + u32(ticks) + u32(length) + u32(frame.size()) +
                        padded(frame) + options);
  }
  Bytes old_packet(uint16_t index, uint64_t ticks, const Bytes& frame,
                   const Bytes& options = {}) const {
    return block(2, u16(index) + u16(0xFFFF) + u32(ticks >> 32) + u32(ticks) + u32(frame.size()) +
                        u32(frame.size()) + padded(frame) + options);
  }
  Bytes simple_packet(const Bytes& frame, int original = -1) const {
    const uint64_t length = original < 0 ? frame.size() : static_cast<uint64_t>(original);
    return block(3, u32(length) + frame);
  }
};

// A record with its bytes copied.
struct ReadRecord {
  CaptureRecord record;
  Bytes bytes;
};

struct ReadResult {
  std::vector<ReadRecord> records;
  Status status;
  uint64_t bytes_read = 0;
};

// Reads all of `file`, in batches of `batch` records, from a source that gives `bytes_per_read`.
inline ReadResult read_all(const Bytes& file, size_t batch = 3, size_t bytes_per_read = SIZE_MAX) {
  CaptureReader reader(std::make_unique<MemorySource>(file, bytes_per_read));
  ReadResult result;
  std::vector<CaptureRecord> records(batch);
  while (const size_t count = reader.next_batch(records)) {
    for (size_t i = 0; i < count; ++i) {
      const CaptureRecord& r = records[i];
      result.records.push_back({r, Bytes(r.bytes, r.bytes + r.captured_bytes)});
    }
  }
  result.status = reader.status();
  result.bytes_read = reader.bytes_read();
  return result;
}

}  // namespace portacl::capture_test

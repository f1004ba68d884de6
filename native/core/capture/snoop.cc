#include "capture/snoop.h"

#include <cstring>

#include "base/ip.h"
#include "capture/link_type.h"

namespace portacl {

namespace {

constexpr uint8_t kMagic[kSnoopMagicBytes] = {'s', 'n', 'o', 'o', 'p', 0, 0, 0};
constexpr size_t kFileHeaderBytes = 16;
constexpr size_t kRecordHeaderBytes = 24;
constexpr uint32_t kVersion = 2;

// Data link types. Frames of IEEE 802.3 and of Ethernet differ in what their third field says of
// itself. Source: RFC 1761, table of data link types.
constexpr uint32_t kLink8023 = 0;
constexpr uint32_t kLinkSnoopEthernet = 4;

// All numbers are big-endian. A record is its header, the captured bytes, and a pad up to the
// length that it says for itself.
struct Lengths {
  uint32_t original;
  uint32_t captured;
  uint32_t record;

  // Requires: kRecordHeaderBytes bytes at `at`.
  static Lengths of(const uint8_t* at) {
    return {load_be32(at), load_be32(at + 4), load_be32(at + 8)};
  }
  bool sound() const {
    return record >= kRecordHeaderBytes && captured <= record - kRecordHeaderBytes &&
           record <= kRecordBytesMax;
  }
};

class SnoopFormat final : public CaptureFormat {
 public:
  SnoopFormat() { interface_.clock.set_resolution(interface_.resolution); }

  std::span<const CaptureInterface> interfaces() const override { return {&interface_, 1}; }

  size_t next_batch(ReadBuffer& buffer, std::span<CaptureRecord> out, Status& status) override {
    do {
      const size_t count = walk(buffer, out);
      if (count != 0) return count;
    } while (fill_record(buffer, status));
    return 0;
  }

 private:
  // The records that are whole in the buffer and without fault.
  size_t walk(ReadBuffer& buffer, std::span<CaptureRecord> out) {
    const uint8_t* at = buffer.data();
    const uint8_t* const end = at + buffer.size();
    size_t count = 0;
    while (count < out.size() && static_cast<size_t>(end - at) >= kRecordHeaderBytes) {
      const Lengths lengths = Lengths::of(at);
      if (!lengths.sound() || lengths.record > static_cast<size_t>(end - at)) break;
      out[count++] = {.bytes = at + kRecordHeaderBytes,
                      .captured_bytes = lengths.captured,
                      .original_bytes = lengths.original,
                      .time_ns = load_be32(at + 16) * int64_t{1'000'000'000} +
                                 load_be32(at + 20) * int64_t{1000},
                      .frame = ++frames_};
      at += lengths.record;
    }
    buffer.consume(static_cast<size_t>(at - buffer.data()));
    return count;
  }

  // Makes the record at the front whole. False at the end of the file and after an error.
  bool fill_record(ReadBuffer& buffer, Status& status) {
    if (!buffer.fill(kRecordHeaderBytes)) {
      status = buffer.status();
      if (status.ok() && buffer.size() != 0) status = {ErrorCode::kCaptureCut, buffer.offset(), 0};
      return false;
    }
    const Lengths lengths = Lengths::of(buffer.data());
    if (!lengths.sound()) {
      const bool long_packet = lengths.record >= kRecordHeaderBytes &&
                               lengths.captured > lengths.record - kRecordHeaderBytes;
      status = {ErrorCode::kCaptureRecordLength, buffer.offset(),
                long_packet ? lengths.captured : lengths.record};
      return false;
    }
    if (!buffer.fill(lengths.record)) {
      status = buffer.status();
      if (status.ok()) status = {ErrorCode::kCaptureCut, buffer.offset(), lengths.record};
      return false;
    }
    return true;
  }

  CaptureInterface interface_;  // Ethernet, microseconds
  uint64_t frames_ = 0;
};

}  // namespace

bool is_snoop(const uint8_t* first) { return std::memcmp(first, kMagic, sizeof kMagic) == 0; }

std::unique_ptr<CaptureFormat> open_snoop(ReadBuffer& buffer, Status& status) {
  if (!buffer.fill(kFileHeaderBytes)) {
    status = buffer.status();
    if (status.ok()) status = {ErrorCode::kCaptureCut, 0, kFileHeaderBytes};
    return nullptr;
  }
  const uint32_t version = load_be32(buffer.data() + 8);
  if (version != kVersion) {
    status = {ErrorCode::kCaptureVersion, 8, uint64_t{version} << 16};
    return nullptr;
  }
  const uint32_t link = load_be32(buffer.data() + 12);
  if (link != kLink8023 && link != kLinkSnoopEthernet) {
    status = {ErrorCode::kCaptureLinkType, 12, kSnoopLinkBase + link};
    return nullptr;
  }
  buffer.consume(kFileHeaderBytes);
  return std::make_unique<SnoopFormat>();
}

}  // namespace portacl

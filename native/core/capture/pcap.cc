#include "capture/pcap.h"

#include <utility>

#include "capture/file_order.h"
#include "capture/link_type.h"

namespace portacl {

namespace {

// The first four bytes as this machine reads them; the other order means a file from the other
// kind of machine.
constexpr uint32_t kMagicMicroseconds = 0xA1B2C3D4;
constexpr uint32_t kMagicNanoseconds = 0xA1B23C4D;
constexpr uint32_t kMagicModified = 0xA1B2CD34;

constexpr size_t kFileHeaderBytes = 24;
constexpr size_t kRecordHeaderBytes = 16;
constexpr size_t kModifiedRecordHeaderBytes = 24;  // and interface, protocol, packet type

// The 32 bits of the link type: 16 for the number, ten reserved, the rest tell of a frame check
// sequence behind each packet. It needs no care: all IP lengths end before it.
constexpr uint32_t kReservedLinkBits = 0x03FF0000;

struct Layout {
  bool swapped = false;            // the file's byte order is not this machine's
  bool lengths_exchanged = false;  // original length stands before captured length
  bool lengths_doubtful = false;   // either order: the smaller one is the captured length
  size_t header_bytes = kRecordHeaderBytes;
  uint32_t ns_per_tick = 1000;
  uint32_t snap_bytes = 0;
  LinkType link_type = kLinkEthernet;
};

struct Lengths {
  uint32_t captured;
  uint32_t original;
};

class PcapFormat final : public CaptureFormat {
 public:
  explicit PcapFormat(const Layout& layout) : layout_(layout) {
    interface_.link_type = layout.link_type;
    interface_.known = is_known(layout.link_type);
    interface_.resolution = layout.ns_per_tick == 1 ? 9 : 6;
    interface_.clock.set_resolution(interface_.resolution);
    interface_.snap_bytes = layout.snap_bytes;
  }

  std::span<const CaptureInterface> interfaces() const override { return {&interface_, 1}; }

  size_t next_batch(ReadBuffer& buffer, std::span<CaptureRecord> out, Status& status) override {
    do {
      const size_t count = layout_.swapped ? walk<true>(buffer, out) : walk<false>(buffer, out);
      if (count != 0) return count;
    } while (fill_record(buffer, status));
    return 0;
  }

 private:
  // The records that are whole in the buffer. The loop is bound by the copy that read() has made
  // before it; each record's place depends on the length of the one before, which is in cache.
  template <bool kSwapped>
  size_t walk(ReadBuffer& buffer, std::span<CaptureRecord> out) {
    if (!is_known(layout_.link_type)) return 0;
    const uint8_t* at = buffer.data();
    const uint8_t* const end = at + buffer.size();
    const size_t header_bytes = layout_.header_bytes;
    size_t count = 0;
    while (count < out.size() && static_cast<size_t>(end - at) >= header_bytes) {
      const Lengths lengths = read_lengths<kSwapped>(at);
      const size_t room = static_cast<size_t>(end - at) - header_bytes;
      if (lengths.captured > room || lengths.captured > kRecordBytesMax) break;
      const int64_t seconds = load_number<uint32_t, kSwapped>(at);
      const int64_t ticks = load_number<uint32_t, kSwapped>(at + 4);
      CaptureRecord& record = out[count++];
      record.bytes = at + header_bytes;
      record.captured_bytes = lengths.captured;
      record.original_bytes = lengths.original;
      // A fraction of a second or more is carried: the writer counted on.
      record.time_ns = seconds * 1'000'000'000 + ticks * layout_.ns_per_tick;
      record.frame = ++frames_;
      record.section = 0;
      record.interface_index = 0;
      record.link_type = layout_.link_type;
      record.options_swapped = false;
      record.block = PacketBlock::kOther;
      record.options_bytes = 0;
      at += header_bytes + lengths.captured;
    }
    buffer.consume(static_cast<size_t>(at - buffer.data()));
    return count;
  }

  template <bool kSwapped>
  Lengths read_lengths(const uint8_t* record) const {
    Lengths lengths{load_number<uint32_t, kSwapped>(record + 8),
                    load_number<uint32_t, kSwapped>(record + 12)};
    if (layout_.lengths_exchanged ||
        (layout_.lengths_doubtful && lengths.captured > lengths.original)) {
      std::swap(lengths.captured, lengths.original);
    }
    return lengths;
  }

  // Makes the record at the front whole. False at the end of the file and after an error.
  bool fill_record(ReadBuffer& buffer, Status& status) {
    if (!buffer.fill(layout_.header_bytes)) {
      status = buffer.status();
      if (status.ok() && buffer.size() != 0) status = {ErrorCode::kCaptureCut, buffer.offset(), 0};
      return false;
    }
    if (!is_known(layout_.link_type)) {
      status = {ErrorCode::kCaptureLinkType, buffer.offset(), layout_.link_type};
      return false;
    }
    const uint32_t captured = layout_.swapped ? read_lengths<true>(buffer.data()).captured
                                              : read_lengths<false>(buffer.data()).captured;
    if (captured > kRecordBytesMax) {
      status = {ErrorCode::kCaptureRecordLength, buffer.offset(), captured};
      return false;
    }
    if (!buffer.fill(layout_.header_bytes + captured)) {
      status = buffer.status();
      if (status.ok()) status = {ErrorCode::kCaptureCut, buffer.offset(), captured};
      return false;
    }
    return true;
  }

  Layout layout_;
  CaptureInterface interface_;
  uint64_t frames_ = 0;
};

// Sets what the magic number says; false when it is none of ours.
bool read_magic(const uint8_t* first, Layout& layout) {
  for (const bool swapped : {false, true}) {
    layout.swapped = swapped;
    switch (load_number<uint32_t>(first, swapped)) {
      case kMagicMicroseconds:
        return true;
      case kMagicNanoseconds:
        layout.ns_per_tick = 1;
        return true;
      case kMagicModified:
        layout.header_bytes = kModifiedRecordHeaderBytes;
        return true;
    }
  }
  return false;
}

// Which versions are read, and in which order their two lengths stand.
// Source: libpcap sf-pcap.c, pcap_check_header: 2.4 and its name 543.0 are current; before 2.3 the
// lengths were exchanged, and 2.3 was written in both ways.
bool read_version(uint16_t major, uint16_t minor, Layout& layout) {
  layout.lengths_exchanged = major == 2 && minor < 3;
  layout.lengths_doubtful = major == 2 && minor == 3;
  return (major == 2 && minor <= 4) || (major == 543 && minor == 0);
}

}  // namespace

bool is_pcap(const uint8_t* first) {
  Layout layout;
  return read_magic(first, layout);
}

std::unique_ptr<CaptureFormat> open_pcap(ReadBuffer& buffer, Status& status) {
  if (!buffer.fill(kFileHeaderBytes)) {
    status = buffer.status();
    if (status.ok()) status = {ErrorCode::kCaptureCut, 0, kFileHeaderBytes};
    return nullptr;
  }
  const uint8_t* const header = buffer.data();
  Layout layout;
  read_magic(header, layout);
  const auto major = load_number<uint16_t>(header + 4, layout.swapped);
  const auto minor = load_number<uint16_t>(header + 6, layout.swapped);
  if (!read_version(major, minor, layout)) {
    status = {ErrorCode::kCaptureVersion, 4, static_cast<uint64_t>(major) << 16 | minor};
    return nullptr;
  }
  const auto link = load_number<uint32_t>(header + 20, layout.swapped);
  // Refused, as libpcap does: what the bits would mean for the records nobody knows.
  if ((link & kReservedLinkBits) != 0) {
    status = {ErrorCode::kCaptureLinkType, 20, link};
    return nullptr;
  }
  layout.snap_bytes = load_number<uint32_t>(header + 16, layout.swapped);
  layout.link_type = static_cast<LinkType>(link);
  buffer.consume(kFileHeaderBytes);
  return std::make_unique<PcapFormat>(layout);
}

}  // namespace portacl

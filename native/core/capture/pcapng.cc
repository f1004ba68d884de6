#include "capture/pcapng.h"

#include <algorithm>
#include <vector>

#include "capture/file_order.h"

namespace portacl {

namespace {

// Block types. Source: draft-ietf-opsawg-pcapng section 4 and its registry; block 2 is of the
// drafts before 2009 and still found in files.
constexpr uint32_t kSectionHeader = 0x0A0D0D0A;  // the same in both byte orders
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kObsoletePacket = 2;
constexpr uint32_t kSimplePacket = 3;
constexpr uint32_t kEnhancedPacket = 6;

constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;

// Sizes of whole blocks without options: type, length, fixed fields, trailing length.
constexpr uint32_t kBlockBytesMin = 12;
constexpr uint32_t kSectionHeaderBytesMin = 28;
constexpr uint32_t kInterfaceBytesMin = 20;
constexpr uint32_t kSimplePacketBytesMin = 16;
constexpr uint32_t kPacketBytesMin = 32;  // enhanced and obsolete
constexpr uint32_t kPacketDataOffset = 28;
constexpr uint32_t kSimpleDataOffset = 12;

class PcapngFormat final : public CaptureFormat {
 public:
  size_t next_batch(ReadBuffer& buffer, std::span<CaptureRecord> out, Status& status) override {
    size_t count = 0;
    while (count < out.size()) {
      count += swapped_ ? walk<true>(buffer, out.subspan(count))
                        : walk<false>(buffer, out.subspan(count));
      if (count == out.size()) break;
      // Something else than a plain packet. It may move the buffer or report damage only when no
      // record of this batch points into the buffer.
      const Step step = count == 0 ? read_block(buffer, out[count], status)
                                   : read_block_in_place(buffer, out[count]);
      if (step == Step::kStop) break;
      if (step == Step::kPacket) ++count;
    }
    return count;
  }

  std::span<const CaptureInterface> interfaces() const override { return interfaces_; }

  // The block at the front, whatever it is, with all checks. Requires: no record points into the
  // buffer.
  enum class Step { kPacket, kPassed, kStop };
  Step read_block(ReadBuffer& buffer, CaptureRecord& record, Status& status) {
    const uint64_t start = buffer.offset();
    if (!buffer.fill(kBlockBytesMin)) {
      status = buffer.status();
      if (status.ok() && buffer.size() != 0) status = {ErrorCode::kCaptureCut, start, 0};
      return Step::kStop;
    }
    Block block;
    status = read_frame(buffer, block);
    if (!status.ok()) return Step::kStop;
    const bool whole = is_read(block.type) || block.length <= ReadBuffer::kBufferBytes;
    if (whole ? !buffer.fill(block.length) : !buffer.skip(block.length)) {
      status = buffer.status();
      if (status.ok()) status = {ErrorCode::kCaptureCut, start, block.length};
      return Step::kStop;
    }
    if (!whole) return Step::kPassed;
    status = read_body(buffer.data(), block, record);
    if (!status.ok()) {
      status.offset = start;
      return Step::kStop;
    }
    buffer.consume(block.length);
    return is_packet(block.type) ? Step::kPacket : Step::kPassed;
  }

 private:
  struct Block {
    uint32_t type;
    uint32_t length;  // of the whole block
    bool swapped;
  };

  // What the padded data leaves of an enhanced or obsolete packet block.
  // Requires: captured <= length - kPacketBytesMin.
  static uint32_t options_bytes(uint32_t length, uint32_t captured) {
    const uint32_t padded = (captured + 3) & ~uint32_t{3};
    return length - kPacketBytesMin - padded;
  }

  static bool is_packet(uint32_t type) {
    return type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket;
  }
  static bool is_read(uint32_t type) {
    return is_packet(type) || type == kSectionHeader || type == kInterfaceDescription;
  }

  // The enhanced packet blocks that are whole in the buffer and without fault, up to the first
  // block that is anything else.
  template <bool kSwapped>
  size_t walk(ReadBuffer& buffer, std::span<CaptureRecord> out) {
    const uint8_t* at = buffer.data();
    const uint8_t* const end = at + buffer.size();
    size_t count = 0;
    while (count < out.size() && static_cast<size_t>(end - at) >= kPacketBytesMin) {
      if (load_number<uint32_t, kSwapped>(at) != kEnhancedPacket) break;
      const auto length = load_number<uint32_t, kSwapped>(at + 4);
      const auto index = load_number<uint32_t, kSwapped>(at + 8);
      const auto captured = load_number<uint32_t, kSwapped>(at + 20);
      if (length < kPacketBytesMin || length % 4 != 0 || length > kRecordBytesMax ||
          length > static_cast<size_t>(end - at) || captured > length - kPacketBytesMin ||
          index >= interfaces_.size() || !interfaces_[index].known ||
          load_number<uint32_t, kSwapped>(at + length - 4) != length) {
        break;
      }
      const uint64_t ticks = static_cast<uint64_t>(load_number<uint32_t, kSwapped>(at + 12)) << 32 |
                             load_number<uint32_t, kSwapped>(at + 16);
      CaptureRecord& record = out[count++];
      record.bytes = at + kPacketDataOffset;
      record.captured_bytes = captured;
      record.original_bytes = load_number<uint32_t, kSwapped>(at + 24);
      record.time_ns = interfaces_[index].clock.to_ns(ticks);
      record.frame = ++frames_;
      record.section = section_;
      record.interface_index = index;
      record.link_type = interfaces_[index].link_type;
      record.options_swapped = kSwapped;
      record.block = PacketBlock::kEnhanced;
      record.options_bytes = options_bytes(length, captured);
      at += length;
    }
    buffer.consume(static_cast<size_t>(at - buffer.data()));
    return count;
  }

  // As read_block() where the block is whole in the buffer, without fault, no new section and no
  // new interface; else kStop, and the next batch begins with it. So the interfaces that go with a
  // batch are those described before each of its packets, wherever batches end.
  Step read_block_in_place(ReadBuffer& buffer, CaptureRecord& record) {
    Block block;
    if (buffer.size() < kBlockBytesMin || !read_frame(buffer, block).ok() ||
        block.type == kSectionHeader || block.type == kInterfaceDescription ||
        block.length > buffer.size() || !read_body(buffer.data(), block, record).ok()) {
      return Step::kStop;
    }
    buffer.consume(block.length);
    return is_packet(block.type) ? Step::kPacket : Step::kPassed;
  }

  // Type and length at the front. Requires: kBlockBytesMin bytes in the buffer.
  Status read_frame(const ReadBuffer& buffer, Block& block) const {
    const uint8_t* const at = buffer.data();
    block.swapped = swapped_;
    block.type = load_number<uint32_t>(at, swapped_);
    if (block.type == kSectionHeader) {
      const auto magic = load_number<uint32_t, false>(at + 8);
      block.swapped = magic == swap_bytes(kByteOrderMagic);
      if (!block.swapped && magic != kByteOrderMagic) {
        return {ErrorCode::kCaptureBlock, buffer.offset(), magic};
      }
    }
    block.length = load_number<uint32_t>(at + 4, block.swapped);
    if (block.length < kBlockBytesMin || block.length % 4 != 0 ||
        (is_read(block.type) && block.length > kRecordBytesMax)) {
      return {ErrorCode::kCaptureRecordLength, buffer.offset(), block.length};
    }
    return {};
  }

  // Requires: the whole block at `at`. The status' offset is the caller's to fill.
  Status read_body(const uint8_t* at, const Block& block, CaptureRecord& record) {
    const auto trailer = load_number<uint32_t>(at + block.length - 4, block.swapped);
    if (trailer != block.length) return {ErrorCode::kCaptureBlock, 0, trailer};
    switch (block.type) {
      case kSectionHeader:
        return read_section(at, block);
      case kInterfaceDescription:
        return read_interface_block(at, block);
      case kEnhancedPacket:
      case kObsoletePacket:
        return read_packet(at, block, record);
      case kSimplePacket:
        return read_simple_packet(at, block, record);
      default:
        return {};
    }
  }

  Status read_section(const uint8_t* at, const Block& block) {
    if (block.length < kSectionHeaderBytesMin) {
      return {ErrorCode::kCaptureRecordLength, 0, block.length};
    }
    const auto major = load_number<uint16_t>(at + 12, block.swapped);
    const auto minor = load_number<uint16_t>(at + 14, block.swapped);
    // 1.2 is what some writers put for 1.0. Source: draft-ietf-opsawg-pcapng 4.1.
    if (major != 1 || (minor != 0 && minor != 2)) {
      return {ErrorCode::kCaptureVersion, 0, static_cast<uint64_t>(major) << 16 | minor};
    }
    swapped_ = block.swapped;
    interfaces_.clear();
    interface_text_bytes_ = 0;
    ++section_;
    return {};
  }

  Status read_interface_block(const uint8_t* at, const Block& block) {
    if (block.length < kInterfaceBytesMin) {
      return {ErrorCode::kCaptureRecordLength, 0, block.length};
    }
    if (interfaces_.size() == kInterfacesMax) {
      return {ErrorCode::kCaptureBlock, 0, interfaces_.size() + 1};
    }
    interfaces_.push_back(read_interface(at + 8, block.length - kBlockBytesMin, swapped_));
    bound_texts(interfaces_.back());
    return {};
  }

  // Leaves out what would make the texts of a section outgrow their limit.
  void bound_texts(CaptureInterface& interface) {
    for (std::string* text : {&interface.name, &interface.description}) {
      if (text->size() > kInterfaceTextsBytesMax - interface_text_bytes_) *text = {};
      interface_text_bytes_ += text->size();
    }
  }

  // Enhanced and obsolete packet blocks differ in the width of the interface's index alone.
  Status read_packet(const uint8_t* at, const Block& block, CaptureRecord& record) {
    if (block.length < kPacketBytesMin) return {ErrorCode::kCaptureRecordLength, 0, block.length};
    const uint32_t index = block.type == kObsoletePacket ? load_number<uint16_t>(at + 8, swapped_)
                                                         : load_number<uint32_t>(at + 8, swapped_);
    const auto captured = load_number<uint32_t>(at + 20, swapped_);
    if (captured > block.length - kPacketBytesMin) {
      return {ErrorCode::kCaptureRecordLength, 0, captured};
    }
    record.bytes = at + kPacketDataOffset;
    record.captured_bytes = captured;
    record.original_bytes = load_number<uint32_t>(at + 24, swapped_);
    const uint64_t ticks = static_cast<uint64_t>(load_number<uint32_t>(at + 12, swapped_)) << 32 |
                           load_number<uint32_t>(at + 16, swapped_);
    record.options_swapped = swapped_;
    record.block = block.type == kObsoletePacket ? PacketBlock::kObsolete : PacketBlock::kEnhanced;
    record.options_bytes = options_bytes(block.length, captured);
    return complete(index, ticks, record);
  }

  // A simple packet is of interface 0, has no time, and its captured length is what the block and
  // that interface's snap length leave.
  Status read_simple_packet(const uint8_t* at, const Block& block, CaptureRecord& record) {
    if (block.length < kSimplePacketBytesMin) {
      return {ErrorCode::kCaptureRecordLength, 0, block.length};
    }
    if (interfaces_.empty()) return {ErrorCode::kCaptureUnknownInterface, 0, 0};
    record.bytes = at + kSimpleDataOffset;
    record.original_bytes = load_number<uint32_t>(at + 8, swapped_);
    const uint32_t snap_bytes = interfaces_[0].snap_bytes;
    record.captured_bytes = std::min(record.original_bytes, block.length - kSimplePacketBytesMin);
    if (snap_bytes != 0) record.captured_bytes = std::min(record.captured_bytes, snap_bytes);
    const Status status = complete(0, 0, record);
    record.time_ns = kNoTime;
    record.options_swapped = false;
    record.block = PacketBlock::kOther;
    record.options_bytes = 0;
    return status;
  }

  Status complete(uint32_t index, uint64_t ticks, CaptureRecord& record) {
    if (index >= interfaces_.size()) return {ErrorCode::kCaptureUnknownInterface, 0, index};
    const CaptureInterface& interface = interfaces_[index];
    if (!interface.known) return {ErrorCode::kCaptureLinkType, 0, interface.link_type};
    record.time_ns = interface.clock.to_ns(ticks);
    record.frame = ++frames_;
    record.section = section_;
    record.interface_index = index;
    record.link_type = interface.link_type;
    return {};
  }

  bool swapped_ = false;
  uint32_t section_ = 0;
  uint64_t frames_ = 0;
  std::vector<CaptureInterface> interfaces_;  // of the current section
  size_t interface_text_bytes_ = 0;           // their names and descriptions
};

}  // namespace

bool is_pcapng(const uint8_t* first) {
  return load_number<uint32_t, false>(first) == kSectionHeader;
}

std::unique_ptr<CaptureFormat> open_pcapng(ReadBuffer& buffer, Status& status) {
  auto format = std::make_unique<PcapngFormat>();
  CaptureRecord none;
  if (format->read_block(buffer, none, status) == PcapngFormat::Step::kStop) return nullptr;
  return format;
}

}  // namespace portacl

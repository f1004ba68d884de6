#include "capture/pcapng_writer.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "capture/file_order.h"
#include "capture/packet_options.h"

namespace portacl {
namespace {

constexpr uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kEnhancedPacket = 6;
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;

// Source: draft-ietf-opsawg-pcapng 3.5, tables 1, 3 and 4.
constexpr uint16_t kApplication = 4;                              // of a section
constexpr uint16_t kName = 2, kDescription = 3, kResolution = 9;  // of an interface
constexpr uint16_t kOffset = 14;
constexpr uint8_t kMicroseconds = 6;  // the resolution that need not be said

template <class Number>
void put(std::string& out, Number value) {
  for (size_t i = 0; i < sizeof value; ++i) {
    out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
}

void put_padding(std::string& out, size_t size) { out.append((4 - size % 4) % 4, '\0'); }

void put_option(std::string& out, uint16_t code, std::string_view value) {
  put(out, code);
  put(out, static_cast<uint16_t>(value.size()));
  out += value;
  put_padding(out, value.size());
}

// Where among the bytes of a packet's option there is one number of the section's byte order.
// Source: draft-ietf-opsawg-pcapng 3.5.1 and 4.3, table 5.
struct NumberPlace {
  size_t first = 0;
  size_t size = 0;
};
NumberPlace number_of(const CaptureOption& option) {
  constexpr uint16_t kQueue = 6, kCustomText = 2988, kCustomBinary = 2989;
  switch (option.code) {
    case packet_option::kFlags:
    case kQueue:
    case kCustomText:  // an enterprise number and what only the enterprise knows
    case kCustomBinary:
      return {0, 4};
    case packet_option::kDropCount:
    case packet_option::kPacketId:
      return {0, 8};
    case packet_option::kVerdict:
      // One byte says who judged; a verdict of the Linux kernel is a number.
      return option.value.size() == 9 ? NumberPlace{1, 8} : NumberPlace{};
    default:
      return {};
  }
}

void copy_option(const CaptureOption& option, bool turn, std::string& out) {
  const size_t begin = out.size() + 4;
  put_option(out, option.code,
             {reinterpret_cast<const char*>(option.value.data()), option.value.size()});
  const auto [first, size] = number_of(option);
  if (!turn || option.value.size() < first + size) return;
  const auto number = out.begin() + static_cast<ptrdiff_t>(begin + first);
  std::reverse(number, number + static_cast<ptrdiff_t>(size));
}

void copy_options(const CaptureRecord& record, bool turn, std::string& out) {
  constexpr uint16_t kPrivateText = 19372, kPrivateBinary = 19373;  // "do not copy"
  OptionList options = packet_option_list(record);
  for (CaptureOption option; options.next(option);) {
    if (option.code != kPrivateText && option.code != kPrivateBinary) {
      copy_option(option, turn, out);
    }
  }
}

// At most kCommentBytesMax bytes, no character cut.
std::string_view comment_of(std::string_view text) {
  size_t size = std::min(text.size(), PcapngWriter::kCommentBytesMax);
  while (size < text.size() && size > 0 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

// The count of drops that an obsolete packet block holds.
void put_drops(const CaptureRecord& record, std::string& out) {
  const auto drops = obsolete_drop_count(record);
  if (!drops) return;
  put(out, packet_option::kDropCount);
  put(out, uint16_t{8});
  put(out, uint64_t{*drops});
}

uint64_t ticks_of(const CaptureInterface& source, const CaptureRecord& record) {
  if (record.block != PacketBlock::kOther) {
    const bool swapped = record.options_swapped;
    return static_cast<uint64_t>(load_number<uint32_t>(record.bytes - 16, swapped)) << 32 |
           load_number<uint32_t>(record.bytes - 12, swapped);
  }
  if (record.time_ns == kNoTime) return 0;
  return static_cast<uint64_t>(source.resolution == kMicroseconds ? record.time_ns / 1000
                                                                  : record.time_ns);
}

}  // namespace

PcapngWriter::PcapngWriter(TextSink& sink, std::string_view application) : sink_(sink) {
  begin_block(kSectionHeader);
  put(head_, kByteOrderMagic);
  put(head_, uint16_t{1});  // version 1.0
  put(head_, uint16_t{0});
  put(head_, ~uint64_t{0});  // length of the section: not said
  put_option(options_, kApplication, application);
  end_block({});
}

void PcapngWriter::write_interface(const CaptureInterface& interface) {
  begin_block(kInterfaceBlock);
  put(head_, interface.link_type);
  put(head_, uint16_t{0});
  put(head_, interface.snap_bytes);
  if (!interface.name.empty()) put_option(options_, kName, interface.name);
  if (!interface.description.empty()) put_option(options_, kDescription, interface.description);
  if (interface.resolution != kMicroseconds) {
    const char resolution = static_cast<char>(interface.resolution);
    put_option(options_, kResolution, {&resolution, 1});
  }
  if (interface.offset_seconds != 0) {
    put(options_, kOffset);
    put(options_, uint16_t{8});
    put(options_, interface.offset_seconds);
  }
  end_block({});
}

void PcapngWriter::write_packet(uint32_t index, const CaptureInterface& source,
                                const CaptureRecord& record, const PacketBytes& packet,
                                std::span<const std::string> comments) {
  const bool big_endian = record.options_swapped != (std::endian::native == std::endian::big);
  const uint64_t ticks = ticks_of(source, record);
  begin_block(kEnhancedPacket);
  put(head_, index);
  put(head_, static_cast<uint32_t>(ticks >> 32));
  put(head_, static_cast<uint32_t>(ticks));
  put(head_, packet.captured_bytes);
  put(head_, packet.original_bytes);
  copy_options(record, big_endian, options_);
  put_drops(record, options_);
  for (const std::string& comment : comments) {
    put_option(options_, packet_option::kComment, comment_of(comment));
  }
  end_block({reinterpret_cast<const char*>(packet.bytes), packet.captured_bytes});
}

void PcapngWriter::begin_block(uint32_t type) {
  head_.clear();
  options_.clear();
  put(head_, type);
  put(head_, uint32_t{0});  // end_block() fills it
}

void PcapngWriter::end_block(std::string_view data) {
  if (!options_.empty()) put(options_, uint32_t{0});  // end of options
  const size_t padding = (4 - data.size() % 4) % 4;
  const auto length =
      static_cast<uint32_t>(head_.size() + data.size() + padding + options_.size() + 4);
  put(options_, length);
  std::copy_n(options_.end() - 4, 4, head_.begin() + 4);
  sink_.append(std::string_view(head_));
  sink_.append(data);
  sink_.append(std::string_view("\0\0\0", padding));
  sink_.append(std::string_view(options_));
}

}  // namespace portacl

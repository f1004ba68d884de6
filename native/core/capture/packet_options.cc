#include "capture/packet_options.h"

namespace portacl {

OptionList packet_option_list(const CaptureRecord& record) {
  // They begin behind the packet's padding to 32 bits.
  const uint8_t* const begin = record.bytes + ((size_t{record.captured_bytes} + 3) & ~size_t{3});
  return {std::span(begin, record.options_bytes), record.options_swapped};
}

std::optional<uint16_t> obsolete_drop_count(const CaptureRecord& record) {
  constexpr uint16_t kNotCounted = 0xFFFF;
  if (record.block != PacketBlock::kObsolete) return std::nullopt;
  const auto drops = load_number<uint16_t>(record.bytes - 18, record.options_swapped);
  return drops == kNotCounted ? std::nullopt : std::optional(drops);
}

uint64_t lost_before(const CaptureRecord& record) {
  if (const auto drops = obsolete_drop_count(record)) return *drops;
  return record.options_bytes == 0 ? 0 : read_packet_options(record).drop_count.value_or(0);
}

PacketOptions read_packet_options(const CaptureRecord& record) {
  PacketOptions out;
  if (record.options_bytes == 0) return out;
  const bool swapped = record.options_swapped;
  OptionList options = packet_option_list(record);
  for (CaptureOption option; options.next(option);) {
    const auto value = option.value;
    if (option.code == packet_option::kComment && out.comment.empty()) {
      out.comment = {reinterpret_cast<const char*>(value.data()), value.size()};
    } else if (option.code == packet_option::kFlags && value.size() == 4) {
      out.flags = load_number<uint32_t>(value.data(), swapped);
    } else if (option.code == packet_option::kDropCount && value.size() == 8) {
      out.drop_count = load_number<uint64_t>(value.data(), swapped);
    } else if (option.code == packet_option::kPacketId && value.size() == 8) {
      out.packet_id = load_number<uint64_t>(value.data(), swapped);
    } else if (option.code == packet_option::kVerdict && !value.empty()) {
      out.verdict = {value[0], value.subspan(1)};
    }
  }
  return out;
}

}  // namespace portacl

// What a pcapng file remarks on a packet besides its bytes. Read only by those who ask: a
// CaptureRecord carries no more than the length of the list.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "capture/capture_record.h"
#include "capture/option_list.h"

namespace portacl {

// Codes of options of packet blocks. Source: draft-ietf-opsawg-pcapng 3.5.1 and 4.3, table 5.
namespace packet_option {
inline constexpr uint16_t kComment = 1;
inline constexpr uint16_t kFlags = 2;
inline constexpr uint16_t kDropCount = 4;
inline constexpr uint16_t kPacketId = 5;
inline constexpr uint16_t kVerdict = 7;
}  // namespace packet_option

// A verdict that the capturing machine recorded: who judged, and what it said in its own words.
struct RecordedVerdict {
  uint8_t kind;  // 0 hardware, 1 Linux eBPF TC, 2 Linux eBPF XDP; others are not registered
  std::span<const uint8_t> value;
};

struct PacketOptions {
  std::string_view comment;            // the first one; empty without one
  std::optional<uint32_t> flags;       // the two lowest bits: 1 in, 2 out
  std::optional<uint64_t> drop_count;  // packets lost since the one before, of this interface
  std::optional<uint64_t> packet_id;   // one number for all records of one packet
  std::optional<RecordedVerdict> verdict;
};

// All options of a packet in the order of the file, those not named above included: what a writer
// needs to keep them. Empty for records of other files. Valid as long as the record's bytes.
OptionList packet_option_list(const CaptureRecord& record);

// Those that are used. An option of a wrong length counts as absent.
PacketOptions read_packet_options(const CaptureRecord& record);

// What the field of an obsolete packet block counts; nothing in other blocks, or where nobody
// counted.
std::optional<uint16_t> obsolete_drop_count(const CaptureRecord& record);

// Packets that were lost between the one before at its interface and this one, as the record says:
// in an option, or in the field that an obsolete packet block has for it. 0 where it does not say.
uint64_t lost_before(const CaptureRecord& record);

}  // namespace portacl

// One packet as a capture file holds it.
#pragma once

#include <cstdint>
#include <limits>

namespace portacl {

// LINKTYPE_ number as registered with tcpdump.org (1 is Ethernet).
using LinkType = uint16_t;
inline constexpr LinkType kLinkEthernet = 1;

// A packet without a time stamp (pcapng simple packet block).
inline constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

// The pcapng block a record came in, where it matters to who writes it again: kEnhanced and
// kObsolete (of before 2009) have their ticks 16 bytes before the packet, high half first;
// kObsolete a count of drops 18 bytes before it.
enum class PacketBlock : uint8_t { kOther, kEnhanced, kObsolete };

struct CaptureRecord {
  const uint8_t* bytes = nullptr;  // captured bytes; valid until the reader's next batch
  uint32_t captured_bytes = 0;
  uint32_t original_bytes = 0;   // length on the wire, as the file claims
  int64_t time_ns = kNoTime;     // nanoseconds since 1970, may be negative; kNoTime if none
  uint64_t frame = 0;            // number of the packet in its file, from 1
  uint32_t section = 0;          // pcapng section from 1; 0 for classic pcap
  uint32_t interface_index = 0;  // within the section, from 0
  LinkType link_type = kLinkEthernet;
  bool options_swapped = false;  // byte order of block and options is not this machine's
  PacketBlock block = PacketBlock::kOther;
  uint32_t options_bytes = 0;  // pcapng options behind the bytes; see packet_options.h
};
static_assert(sizeof(CaptureRecord) == 48, "a batch of 64 fits the nearest cache beside its work");

}  // namespace portacl

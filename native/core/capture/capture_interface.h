// Where packets were captured: an interface description block of pcapng, or what the header of a
// classic capture says in its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "capture/capture_record.h"
#include "capture/pcapng_time.h"

namespace portacl {

// A longer name or description is left out: the longest alias that Windows gives an interface has
// 256 characters.
inline constexpr size_t kInterfaceTextBytesMax = 1024;
// Names and descriptions of one section together; those beyond are left out.
inline constexpr size_t kInterfaceTextsBytesMax = 8u << 20;

struct CaptureInterface {
  LinkType link_type = kLinkEthernet;
  bool known = true;           // the link type is one that is read
  uint8_t resolution = 6;      // of time stamps, as option if_tsresol has it
  uint32_t snap_bytes = 0;     // captured bytes of a packet at most; 0 is no limit
  int64_t offset_seconds = 0;  // option if_tsoffset; time_ns of a record has it added
  PcapngClock clock;
  std::string name;         // as the file has it: UTF-8 if its writer kept to the rules
  std::string description;  // likewise
};

// Reads the body of an interface description block (`size` bytes between its length and its
// trailer). A damaged option list ends at the damage, as in libpcap: what stands before it counts.
// Requires: size >= kInterfaceBodyBytesMin.
inline constexpr size_t kInterfaceBodyBytesMin = 8;
CaptureInterface read_interface(const uint8_t* body, size_t size, bool swapped);

}  // namespace portacl

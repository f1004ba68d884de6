// A pcapng interface description block: what its packets need to be read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/capture_record.h"
#include "capture/pcapng_time.h"

namespace portacl {

struct PcapngInterface {
  LinkType link_type = kLinkEthernet;
  bool known = true;        // the link type is one that is read
  uint32_t snap_bytes = 0;  // captured bytes of a packet at most; 0 is no limit
  PcapngClock clock;
};

// Reads the body of an interface description block (`size` bytes between its length and its
// trailer). A damaged option list ends at the damage, as in libpcap: what stands before it counts.
// Requires: size >= kInterfaceBodyBytesMin.
inline constexpr size_t kInterfaceBodyBytesMin = 8;
PcapngInterface read_interface(const uint8_t* body, size_t size, bool swapped);

}  // namespace portacl

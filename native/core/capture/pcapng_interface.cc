#include "capture/pcapng_interface.h"

#include "capture/file_order.h"
#include "capture/link_type.h"

namespace portacl {

namespace {

// Source: draft-ietf-opsawg-pcapng 4.2, table 4.
constexpr uint16_t kOptionEnd = 0;
constexpr uint16_t kOptionResolution = 9;  // one byte
constexpr uint16_t kOptionOffset = 14;     // eight bytes

void read_option(uint16_t code, const uint8_t* value, uint16_t size, bool swapped,
                 PcapngInterface& interface) {
  if (code == kOptionResolution && size >= 1) {
    interface.clock.set_resolution(value[0]);
  } else if (code == kOptionOffset && size >= 8) {
    interface.clock.set_offset(static_cast<int64_t>(load_number<uint64_t>(value, swapped)));
  }
}

}  // namespace

PcapngInterface read_interface(const uint8_t* body, size_t size, bool swapped) {
  PcapngInterface interface;
  interface.link_type = load_number<uint16_t>(body, swapped);
  interface.known = is_known(interface.link_type);
  interface.snap_bytes = load_number<uint32_t>(body + 4, swapped);
  const uint8_t* at = body + kInterfaceBodyBytesMin;
  const uint8_t* const end = body + size;
  while (end - at >= 4) {
    const auto code = load_number<uint16_t>(at, swapped);
    const auto length = load_number<uint16_t>(at + 2, swapped);
    at += 4;
    if (code == kOptionEnd || length > end - at) break;
    read_option(code, at, length, swapped, interface);
    const ptrdiff_t padded = (length + 3) & ~3;
    if (padded > end - at) break;
    at += padded;
  }
  return interface;
}

}  // namespace portacl

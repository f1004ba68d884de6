// Any bytes as a packet of any link type. The first byte chooses the type, the second how many
// bytes the snap length has cut off.
#include <iterator>

#include "fuzz/check_packet.h"
#include "fuzz/link_types.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  using portacl::fuzz::kLinkTypes;
  portacl::CaptureRecord record;
  record.link_type = kLinkTypes[data[0] % std::size(kLinkTypes)];
  record.bytes = data + 2;
  record.captured_bytes = static_cast<uint32_t>(size - 2);
  record.original_bytes = record.captured_bytes + (data[1] < 128 ? 0 : data[1] * 8u);
  record.time_ns = 0;
  portacl::fuzz::check_packet(record);
  return 0;
}

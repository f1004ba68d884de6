#include "capture/capture_interface.h"

#include "capture/file_order.h"
#include "capture/link_type.h"
#include "capture/option_list.h"

namespace portacl {

namespace {

// Source: draft-ietf-opsawg-pcapng 4.2, table 4.
constexpr uint16_t kOptionName = 2;
constexpr uint16_t kOptionDescription = 3;
constexpr uint16_t kOptionResolution = 9;  // one byte
constexpr uint16_t kOptionOffset = 14;     // eight bytes

void read_text(std::span<const uint8_t> value, std::string& out) {
  if (value.size() > kInterfaceTextBytesMax) return;
  out.assign(reinterpret_cast<const char*>(value.data()), value.size());
}

void read_option(const CaptureOption& option, bool swapped, CaptureInterface& interface) {
  const auto value = option.value;
  if (option.code == kOptionName) {
    read_text(value, interface.name);
  } else if (option.code == kOptionDescription) {
    read_text(value, interface.description);
  } else if (option.code == kOptionResolution && value.size() >= 1) {
    interface.resolution = value[0];
    interface.clock.set_resolution(value[0]);
  } else if (option.code == kOptionOffset && value.size() >= 8) {
    interface.offset_seconds = static_cast<int64_t>(load_number<uint64_t>(value.data(), swapped));
    interface.clock.set_offset(interface.offset_seconds);
  }
}

}  // namespace

CaptureInterface read_interface(const uint8_t* body, size_t size, bool swapped) {
  CaptureInterface interface;
  interface.link_type = load_number<uint16_t>(body, swapped);
  interface.known = is_known(interface.link_type);
  interface.snap_bytes = load_number<uint32_t>(body + 4, swapped);
  OptionList options({body + kInterfaceBodyBytesMin, size - kInterfaceBodyBytesMin}, swapped);
  CaptureOption option;
  while (options.next(option)) read_option(option, swapped, interface);
  return interface;
}

}  // namespace portacl

// Any records behind a sound header of a classic capture. The first bytes choose how the file
// arrives, its form and its link type.
#include <array>

#include "capture/file_order.h"
#include "fuzz/check_capture.h"
#include "fuzz/forms.h"

namespace {

using namespace portacl;

constexpr size_t kChoiceBytes = 4;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kChoiceBytes) return 0;
  const bool swapped = (data[1] & 0x80) != 0;
  std::vector<uint8_t> file;
  const auto put = [&file, swapped](auto value) {
    if (swapped) value = swap_bytes(value);
    std::array<uint8_t, sizeof value> bytes;
    std::memcpy(bytes.data(), &value, sizeof value);
    file.insert(file.end(), bytes.begin(), bytes.end());
  };
  put(fuzz::kPcapMagics[(data[1] & 0x7F) % std::size(fuzz::kPcapMagics)]);
  put(uint16_t{2});
  put(static_cast<uint16_t>(data[2] % 5));  // with the versions whose lengths stand otherwise
  put(uint32_t{0});
  put(uint32_t{0});
  put(uint32_t{65535});
  put(uint32_t{data[3]});
  file.insert(file.end(), data + kChoiceBytes, data + size);
  fuzz::check_capture(file, data[0]);
  return 0;
}

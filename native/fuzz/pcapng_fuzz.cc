// Blocks with sound frames and any bodies, behind a section header: so the bodies are reached. A
// block in the input is its kind, its length in words, and that many bytes; some kinds break the
// frame itself. The first byte chooses how the file arrives, the second the byte order.
#include <array>

#include "capture/file_order.h"
#include "fuzz/check_capture.h"
#include "fuzz/forms.h"

namespace {

using namespace portacl;

class Blocks {
 public:
  explicit Blocks(bool swapped) : swapped_(swapped) {
    section();
    add(1, std::array<uint8_t, 8>{swapped ? uint8_t{0} : uint8_t{1},
                                  swapped ? uint8_t{1} : uint8_t{0}});
  }

  void add(uint32_t type, std::span<const uint8_t> body, uint32_t trailer_change = 0) {
    const auto length = static_cast<uint32_t>(12 + body.size());
    put(type);
    put(length);
    bytes_.insert(bytes_.end(), body.begin(), body.end());
    put(length ^ trailer_change);
  }

  void section() {
    put(uint32_t{0x0A0D0D0A});
    put(uint32_t{28});
    put(uint32_t{0x1A2B3C4D});
    put(uint16_t{1});
    put(uint16_t{0});
    put(~uint64_t{0});
    put(uint32_t{28});
  }

  void turn() { swapped_ = !swapped_; }
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  template <class Number>
  void put(Number value) {
    if (swapped_) value = swap_bytes(value);
    std::array<uint8_t, sizeof value> raw;
    std::memcpy(raw.data(), &value, sizeof value);
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }

  bool swapped_;
  std::vector<uint8_t> bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Blocks blocks((data[1] & 1) != 0);
  std::span<const uint8_t> rest(data + 2, size - 2);
  while (rest.size() >= 2) {
    const uint8_t kind = rest[0];
    const size_t length = std::min<size_t>(rest[1] * 4u, (rest.size() - 2) & ~size_t{3});
    const auto body = rest.subspan(2, length);
    if (kind == fuzz::kTurnedSection) {
      blocks.turn();
      blocks.section();
    } else {
      blocks.add(fuzz::kBlockTypes[kind % std::size(fuzz::kBlockTypes)], body,
                 kind == 0xFE ? 4 : 0);
    }
    rest = rest.subspan(2 + length);
  }
  fuzz::check_capture(blocks.bytes(), data[0]);
  return 0;
}

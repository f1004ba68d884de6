// The options at the end of a pcapng block, one after the other.
//
// A damaged list ends at the damage, as in libpcap: what stands before it counts. Options are
// remarks on packets; no damage to them is worth losing the packet for.
// Source: draft-ietf-opsawg-pcapng 3.5.
#pragma once

#include <cstdint>
#include <span>

#include "capture/file_order.h"

namespace portacl {

struct CaptureOption {
  uint16_t code = 0;
  std::span<const uint8_t> value;  // without its padding; inside the block
};

class OptionList {
 public:
  // `swapped`: the section's byte order is not this machine's. Requires: the bytes outlive the
  // list.
  OptionList(std::span<const uint8_t> bytes, bool swapped) : rest_(bytes), swapped_(swapped) {}

  // False at the end of the list.
  bool next(CaptureOption& option) {
    constexpr size_t kHeadBytes = 4;
    constexpr uint16_t kEnd = 0;
    if (rest_.size() < kHeadBytes) return false;
    option.code = load_number<uint16_t>(rest_.data(), swapped_);
    const size_t length = load_number<uint16_t>(rest_.data() + 2, swapped_);
    rest_ = rest_.subspan(kHeadBytes);
    if (option.code == kEnd || length > rest_.size()) {
      rest_ = {};
      return false;
    }
    option.value = rest_.first(length);
    const size_t padded = (length + 3) & ~size_t{3};
    rest_ = padded <= rest_.size() ? rest_.subspan(padded) : rest_.subspan(rest_.size());
    return true;
  }

 private:
  std::span<const uint8_t> rest_;
  bool swapped_;
};

}  // namespace portacl

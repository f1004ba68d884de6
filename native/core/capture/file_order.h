// Numbers of a capture file, which is in the byte order of the machine that wrote it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace portacl {

constexpr uint16_t swap_bytes(uint16_t v) { return static_cast<uint16_t>(v << 8 | v >> 8); }
constexpr uint32_t swap_bytes(uint32_t v) {
  return v << 24 | (v & 0xFF00) << 8 | (v >> 8 & 0xFF00) | v >> 24;
}
constexpr uint64_t swap_bytes(uint64_t v) {
  return static_cast<uint64_t>(swap_bytes(static_cast<uint32_t>(v))) << 32 |
         swap_bytes(static_cast<uint32_t>(v >> 32));
}

// The number at `p`, in this machine's order or, with kSwapped, in the other one.
template <class Number, bool kSwapped>
inline Number load_number(const uint8_t* p) {
  Number value;
  std::memcpy(&value, p, sizeof value);
  return kSwapped ? swap_bytes(value) : value;
}

template <class Number>
inline Number load_number(const uint8_t* p, bool swapped) {
  return swapped ? load_number<Number, true>(p) : load_number<Number, false>(p);
}

}  // namespace portacl

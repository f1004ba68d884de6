// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates). Source: RFC 3629.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portacl {

inline bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    const uint8_t lead = *p++;
    if (lead < 0x80) continue;
    const size_t follow = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || static_cast<size_t>(end - p) < follow) return false;
    // The second byte excludes overlong forms, surrogates and numbers above U+10FFFF.
    const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (*p < low || *p > high) return false;
    for (size_t i = 1; i < follow; ++i) {
      if ((p[i] & 0xC0) != 0x80) return false;
    }
    p += follow;
  }
  return true;
}

}  // namespace portacl

#include "base/text_sink.h"

#include <algorithm>

namespace portacl {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD in UTF-8

bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// Bytes of the UTF-8 sequence at the front of `text`, 0 when it is none. Overlong forms, surrogates
// and values above U+10FFFF are none. Source: Unicode 15, table 3-7.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first < 0xC2   ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  return length;
}

}  // namespace

void TextSink::append_long(std::string_view bytes) {
  while (!bytes.empty()) {
    if (used_ == kBufferBytes) flush();
    const size_t count = std::min(bytes.size(), kBufferBytes - used_);
    std::memcpy(buffer_.get() + used_, bytes.data(), count);
    used_ += count;
    bytes.remove_prefix(count);
  }
}

void TextSink::append_padded(uint64_t value, unsigned digits) {
  char* const to = reserve(24);
  char text[24];
  const char* const end = std::to_chars(text, text + sizeof text, value).ptr;
  const auto length = static_cast<unsigned>(end - text);
  const unsigned zeros = digits > length ? std::min(digits, 20u) - length : 0;
  std::memset(to, '0', zeros);
  std::memcpy(to + zeros, text, length);
  commit(to + zeros + length);
}

void TextSink::append_hex(const uint8_t* bytes, size_t size, std::string_view separator) {
  for (size_t i = 0; i < size; ++i) {
    if (i != 0) append(separator);
    append(kHexDigits[bytes[i] >> 4]);
    append(kHexDigits[bytes[i] & 15]);
  }
}

void TextSink::append_json(std::string_view text) {
  append('"');
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      append(kReplacement);
    } else if (first == '"' || first == '\\') {
      append('\\');
      append(text[0]);
    } else if (first == '\n') {
      append("\\n");
    } else if (first == '\t') {
      append("\\t");
    } else if (first < 0x20) {
      append("\\u00");
      append(kHexDigits[first >> 4]);
      append(kHexDigits[first & 15]);
    } else {
      append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  append('"');
}

bool TextSink::flush() {
  if (!stopped_ && used_ != 0 && write(buffer_.get(), used_)) bytes_written_ += used_;
  used_ = 0;
  return !stopped_;
}

}  // namespace portacl

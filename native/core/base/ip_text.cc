#include "base/ip_text.h"

namespace portacl {

namespace {

constexpr int kGroups = 8;

uint16_t group_of(const IpAddress& address, int index) {
  const uint64_t half = index < 4 ? address.hi : address.lo;
  return static_cast<uint16_t>(half >> (48 - 16 * (index % 4)));
}

void append_group(TextSink& sink, uint16_t group) {
  char text[4];
  sink.append(std::string_view(text, std::to_chars(text, text + 4, group, 16).ptr));
}

struct Run {
  int begin = kGroups;
  int end = kGroups;
  int length() const { return end - begin; }
};

// The first of the longest runs of zero groups; a single one is not worth the colons.
Run find_zeros(const IpAddress& address) {
  Run best;
  for (int begin = 0; begin < kGroups; ++begin) {
    int end = begin;
    while (end < kGroups && group_of(address, end) == 0) ++end;
    if (end - begin >= 2 && end - begin > best.length()) best = {begin, end};
    if (end > begin) begin = end;
  }
  return best;
}

void append_ipv4(TextSink& sink, uint32_t address) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    sink.append_number(address >> shift & 0xFF);
    if (shift != 0) sink.append('.');
  }
}

void append_ipv6(TextSink& sink, const IpAddress& address) {
  // Addresses that embed an IPv4 address show it. Source: RFC 5952 5, RFC 4291 2.5.5.
  const bool mapped = address.hi == 0 && address.lo >> 32 == 0xFFFF;
  if (mapped) {
    sink.append("::ffff:");
    return append_ipv4(sink, static_cast<uint32_t>(address.lo));
  }
  const Run zeros = find_zeros(address);
  for (int i = 0; i < kGroups; ++i) {
    if (i == zeros.begin) {
      sink.append("::");
      i = zeros.end - 1;
      continue;
    }
    if (i != 0 && i != zeros.end) sink.append(':');
    append_group(sink, group_of(address, i));
  }
}

}  // namespace

void append_address(TextSink& sink, Family family, const IpAddress& address) {
  if (family == Family::kIpv6) {
    append_ipv6(sink, address);
  } else {
    append_ipv4(sink, static_cast<uint32_t>(address.lo));
  }
}

}  // namespace portacl

// Any bytes as a packet of any link type: the parser's fast path against the walk, the printers,
// and quoted packets.
#include <cstdlib>

#include "capture/link_type.h"
#include "decode/decode.h"
#include "packet/parse.h"

namespace {

using namespace portacl;

constexpr LinkType kLinkTypes[] = {kLinkEthernet, kLinkEthernet, kLinkNull,  kLinkPpp,  kLinkPppoe,
                                   kLinkRaw,      kLinkRaw,      kLink80211, kLinkLoop, kLinkSll,
                                   kLinkRadiotap, kLinkIpv4,     kLinkSll2};

bool same(const PacketHeaders& a, const PacketHeaders& b) {
  return a.result == b.result && a.source == b.source && a.destination == b.destination &&
         a.family == b.family && a.protocol == b.protocol && a.flags == b.flags &&
         a.source_port == b.source_port && a.destination_port == b.destination_port &&
         a.tcp_flags == b.tcp_flags && a.icmp_type == b.icmp_type && a.icmp_code == b.icmp_code &&
         a.icmp_id == b.icmp_id && a.tcp_sequence == b.tcp_sequence &&
         a.tcp_acknowledgement == b.tcp_acknowledgement && a.fragment_id == b.fragment_id &&
         a.source_mac == b.source_mac && a.destination_mac == b.destination_mac &&
         a.quoted == b.quoted && a.quoted_bytes == b.quoted_bytes;
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  CaptureRecord record;
  record.link_type = kLinkTypes[data[0] % std::size(kLinkTypes)];
  record.bytes = data + 2;
  record.captured_bytes = static_cast<uint32_t>(size - 2);
  // The second byte: bytes that the snap length has cut off.
  record.original_bytes = record.captured_bytes + (data[1] < 128 ? 0 : data[1] * 8u);
  record.time_ns = 0;

  PacketHeaders headers;
  parse_headers({&record, 1}, {&headers, 1});
  require(same(headers, parse_by_walk(record)));
  const bool has_addresses = headers.family != Family::kNone;
  require(headers.result != ParseResult::kOk || has_addresses);
  require(headers.result != ParseResult::kCutLink || !has_addresses);
  require(headers.result != ParseResult::kCutTransport || has_addresses);
  if ((headers.flags & kIcmpError) != 0) {
    require(headers.quoted + headers.quoted_bytes <= data + size);
    const auto quoted = parse_quoted(headers.family, headers.quoted, headers.quoted_bytes);
    require(quoted.result != ParseResult::kNotIp);
  }
  parse_quoted(Family::kIpv4, record.bytes, record.captured_bytes);
  parse_quoted(Family::kIpv6, record.bytes, record.captured_bytes);

  StringSink sink;
  decode_jsonl(record, sink);
  decode_text(record, sink);
  return 0;
}

// What must hold of any bytes read as a packet. For the fuzz targets of headers.
#pragma once

#include <cstdlib>
#include <vector>

#include "decode/decode.h"
#include "packet/parse.h"
#include "packet/rewrap.h"
#include "packet/rewrite.h"
#include "packet/tunnel.h"
#include "packet/vxlan.h"

namespace portacl::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

// With other ends the packet is the same packet with other ends.
inline void check_rewrite(const CaptureRecord& record, const PacketHeaders& before) {
  const uint64_t drawn = record.captured_bytes * 0x9E3779B97F4A7C15;
  const IpAddress address =
      before.family == Family::kIpv6 ? IpAddress{drawn, ~drawn} : IpAddress{0, drawn >> 32};
  const auto port = static_cast<uint16_t>(drawn);
  const Departure departure{{address, address, port, port}, {address, address, port, port}, true};
  std::vector<uint8_t> bytes(record.bytes, record.bytes + record.captured_bytes);
  uint8_t outside[2] = {1, 2};
  rewrite(record, departure, bytes.data(), outside);
  CaptureRecord written = record;
  written.bytes = bytes.data();
  const PacketHeaders after = parse_by_walk(written);
  require(after.result == before.result && after.flags == before.flags);
  require(after.source == address && after.destination == address);
  require((after.flags & kHasPorts) == 0 || after.source_port == port);
  require(after.quoted_bytes == before.quoted_bytes);
}

// A packet that is put into another is what is in it; what is there is opened inside its bounds.
inline void check_tunnels(const CaptureRecord& record, const PacketHeaders& before) {
  CaptureRecord inside;
  if (open_tunnel(record, inside) != Encapsulation::kNone) {
    require(may_carry(before));
    require(inside.bytes >= record.bytes);
    require(inside.bytes + inside.captured_bytes <= record.bytes + record.captured_bytes);
    require(inside.captured_bytes <= inside.original_bytes);
  }
  Departure departure;
  departure.ends = PacketEnds::of(before);
  OuterHeaders outer;
  outer.source = {0, 1};
  outer.destination = {0, 2};
  outer.family = Family::kIpv4;
  outer.format = static_cast<Encapsulation>(1 + record.captured_bytes % 4);
  outer.destination_port = 4789;
  departure.pushes[departure.push_count++] = outer;
  std::vector<uint8_t> bytes;
  CaptureRecord written = record;
  written.original_bytes = rewrap(record, departure, bytes);
  written.bytes = bytes.data();
  written.captured_bytes = static_cast<uint32_t>(bytes.size());
  require(written.captured_bytes <= written.original_bytes);
  // Some link layers cannot show it.
  if (written.original_bytes == record.original_bytes || written.original_bytes > 0xFFFF) return;
  require(open_tunnel(written, inside) == outer.format);
  const PacketHeaders after = parse_by_walk(inside);
  require(after.family == before.family && after.protocol == before.protocol);
  require(after.source == before.source && after.destination == before.destination);
  require(after.source_port == before.source_port && after.flags == before.flags);
}

// The parser's fast path against the walk, results against what they promise, quoted packets, and
// both printers.
inline void check_packet(const CaptureRecord& record) {
  PacketHeaders headers;
  parse_headers({&record, 1}, {&headers, 1});
  require(headers == parse_by_walk(record));
  const bool has_addresses = headers.family != Family::kNone;
  require(headers.result != ParseResult::kOk || has_addresses);
  require(headers.result != ParseResult::kCutLink || !has_addresses);
  require(headers.result != ParseResult::kCutTransport || has_addresses);
  if ((headers.flags & kIcmpError) != 0) {
    require(headers.quoted + headers.quoted_bytes <= record.bytes + record.captured_bytes);
    const auto quoted = parse_quoted(headers.family, headers.quoted, headers.quoted_bytes);
    require(quoted.result != ParseResult::kNotIp);
  }
  if (headers.result == ParseResult::kOk) {
    check_rewrite(record, headers);
    check_tunnels(record, headers);
  }
  parse_quoted(Family::kIpv4, record.bytes, record.captured_bytes);
  parse_quoted(Family::kIpv6, record.bytes, record.captured_bytes);

  CaptureRecord inside;
  uint32_t vni = 0;
  if (open_vxlan(record, inside, vni)) {
    require(inside.bytes >= record.bytes);
    require(inside.bytes + inside.captured_bytes <= record.bytes + record.captured_bytes);
    require(inside.captured_bytes <= inside.original_bytes && vni < 1u << 24);
    parse_headers({&inside, 1}, {&headers, 1});
    require(headers == parse_by_walk(inside));
  }

  StringSink sink;
  decode_jsonl(record, sink);
  decode_text(record, sink);
}

}  // namespace portacl::fuzz

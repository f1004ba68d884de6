#include "decode/following.h"

#include "decode/names.h"

namespace portacl {

namespace {

void append_name(TextSink& sink, const char* before, const char* name) {
  sink.append(before);
  sink.append(name);
}

void append_hexadecimal(TextSink& sink, const char* before, uint16_t number) {
  const uint8_t bytes[] = {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  sink.append(before);
  sink.append_hex(bytes, 2);
}

void append_number(TextSink& sink, const char* before, uint32_t number) {
  sink.append(before);
  sink.append_number(number);
}

// The lowest bit says whether it is one of a group. Source: IEEE 802.2 3.3.1.1.
void append_access_point(TextSink& sink, uint8_t access_point) {
  const char* name = access_point_name(access_point);
  if (name == nullptr) name = access_point_name(access_point & 0xFE);
  if (name != nullptr) return append_name(sink, "802.3 ", name);
  sink.append("802.3 LLC 0x");
  sink.append_hex(&access_point, 1);
}

void append_snap(TextSink& sink, uint32_t organisation, uint16_t type) {
  if (const char* const name = snap_name(organisation, type)) return sink.append(name);
  const uint8_t bytes[] = {static_cast<uint8_t>(organisation >> 16),
                           static_cast<uint8_t>(organisation >> 8),
                           static_cast<uint8_t>(organisation)};
  sink.append("SNAP ");
  sink.append_hex(bytes, sizeof bytes, ":");
  append_hexadecimal(sink, " type 0x", type);
}

void append_ppp(TextSink& sink, uint16_t protocol) {
  if (const char* const name = ppp_protocol_name(protocol)) {
    return append_name(sink, "PPP ", name);
  }
  append_hexadecimal(sink, "PPP protocol 0x", protocol);
}

}  // namespace

void append_ether_type(TextSink& sink, uint16_t type) {
  if (const char* const name = ether_type_name(type)) return sink.append(name);
  append_hexadecimal(sink, "type 0x", type);
}

void Following::write(TextSink& sink) const {
  const auto short_number = static_cast<uint16_t>(number);
  switch (kind) {
    case Kind::kNothing:
      return;
    case Kind::kEtherType:
      return append_ether_type(sink, short_number);
    case Kind::kLength:
      return append_number(sink, "802.3 length ", number);
    case Kind::kAccessPoint:
      return append_access_point(sink, static_cast<uint8_t>(number));
    case Kind::kSnap:
      return append_snap(sink, organisation, short_number);
    case Kind::kPpp:
      return append_ppp(sink, short_number);
    case Kind::kFamily:
      return append_number(sink, "address family ", number);
    case Kind::kLabelled:
      return sink.append("no IP");
    case Kind::kWlan:
      return sink.append("802.11 without readable data");
  }
}

}  // namespace portacl

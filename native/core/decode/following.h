// What a header says of what follows it, to name what is no IP: the last one that was said before
// nothing more could be read.
#pragma once

#include <cstdint>

#include "base/text_sink.h"
#include "packet/protocols.h"

namespace portacl {

struct Following {
  enum class Kind : uint8_t {
    kNothing,  // it has told of itself
    kEtherType,
    kLength,       // of an 802.3 frame
    kAccessPoint,  // of LLC
    kSnap,         // numbered by an organisation
    kPpp,
    kFamily,    // of addresses, in front of a packet of the loopback
    kLabelled,  // by MPLS, which does not say
    kWlan,      // an 802.11 frame: management, control or encrypted
  };

  Kind kind = Kind::kNothing;
  uint32_t number = 0;
  uint32_t organisation = 0;

  static Following length_or_type(uint16_t type) {
    return {type >= ether_type::kMin ? Kind::kEtherType : Kind::kLength, type};
  }

  bool any() const { return kind != Kind::kNothing; }
  void write(TextSink& sink) const;
};

void append_ether_type(TextSink& sink, uint16_t type);

}  // namespace portacl

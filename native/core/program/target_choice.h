// Which of several targets a connection gets. Source: docs/semantics/actions.md 2.
//
// The hash has no secret: the same connection gets the same target in every run, which a report can
// be held against. It is of the client and the front, not of source and destination, so a reply
// that carries the front as its source chooses as its request did. Assumption: N2.
#pragma once

#include <cstdint>

#include "base/ip.h"
#include "program/layout.h"

namespace portacl {

struct ServiceEnds {
  IpAddress client;
  IpAddress front;
  uint16_t client_port = 0;  // 0 where the protocol has none
  uint16_t front_port = 0;
  uint8_t protocol = 0;
};

// The index of the target among `count`, of which there is at least one: FNV-1a of 64 bits, its
// upper half scaled.
inline uint32_t choose_target(const ServiceEnds& ends, uint8_t distribution, uint32_t count) {
  uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&](uint64_t value, unsigned bytes) {
    while (bytes-- > 0) hash = (hash ^ (value >> (8 * bytes) & 0xFF)) * 0x100000001B3;
  };
  const bool all = distribution == static_cast<uint8_t>(Distribution::kFiveTuple);
  if (distribution != static_cast<uint8_t>(Distribution::kAddresses)) add(ends.protocol, 1);
  add(ends.client.hi, 8);
  add(ends.client.lo, 8);
  add(ends.front.hi, 8);
  add(ends.front.lo, 8);
  if (all) add(ends.client_port, 2);
  if (all) add(ends.front_port, 2);
  return static_cast<uint32_t>((hash >> 32) * count >> 32);
}

}  // namespace portacl

// What packets of one flow have in common, the same for both directions: local is the endpoint's
// side. Source: docs/SEMANTICS.md 5.1.
#pragma once

#include <cstdint>

#include "base/hash.h"
#include "base/ip.h"
#include "packet/packet_headers.h"
#include "program/layout.h"

namespace portacl {

struct FlowKey {
  IpAddress local;
  IpAddress remote;
  uint16_t local_port = 0;   // or what stands for it: ICMP identifier, type and code
  uint16_t remote_port = 0;  // or the ICMP query and the side that asks
  uint32_t scope = 0;        // owner << 9 | IPv6 << 8 | protocol

  // The same flow in the eyes of another owner: a layer row, or an endpoint row for the unified
  // flow table. Requires: owner < 2^23.
  FlowKey with_owner(uint32_t owner) const {
    FlowKey key = *this;
    key.scope = (scope & 0x1FF) | owner << 9;
    return key;
  }
  uint32_t owner() const { return scope >> 9; }

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};
static_assert(sizeof(FlowKey) == 40);

// The key of a packet that passes in `direction`, without an owner.
// Requires: a packet with addresses that is no later fragment.
FlowKey flow_key(const PacketHeaders& packet, Direction direction);

// Key without its owner; combine with owner_hash(). Cost: three multiplications.
inline uint64_t tuple_hash(const FlowKey& key, const HashSeed& seed) {
  const uint64_t addresses =
      fold_multiply(key.local.hi ^ seed.words[0], key.local.lo ^ seed.words[1]) ^
      fold_multiply(key.remote.hi ^ seed.words[2], key.remote.lo ^ seed.words[3]);
  const uint64_t rest = static_cast<uint64_t>(key.local_port) << 32 |
                        static_cast<uint64_t>(key.remote_port) << 16 | (key.scope & 0x1FF);
  return fold_multiply(addresses ^ seed.words[1], rest ^ seed.words[2]);
}
inline uint32_t owner_hash(uint64_t tuple, uint32_t owner) {
  return static_cast<uint32_t>((tuple + owner * 0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93 >> 32);
}

}  // namespace portacl

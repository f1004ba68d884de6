// What packets of one flow have in common, the same for both directions: local is the endpoint's
// side. Source: docs/SEMANTICS.md 5.1.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/hash.h"
#include "base/ip.h"
#include "packet/packet_headers.h"
#include "program/layout.h"

namespace portacl {

// Rows of layers are below it.
inline constexpr uint32_t kLayerMask = (1 << 20) - 1;
static_assert(kRowsMax[static_cast<size_t>(TableId::kLayers)] <= kLayerMask + 1);

// Who owns the keys of one direction in a layer whose flows are pairs (docs/semantics/actions.md
// 3).
constexpr uint32_t paired_owner(uint32_t layer_row, Direction direction) {
  return layer_row | 1u << 21 | static_cast<uint32_t>(direction) << 20;
}

struct FlowKey {
  IpAddress local;
  IpAddress remote;
  uint16_t local_port = 0;   // or what stands for both: of ICMP identifier, type and code,
  uint16_t remote_port = 0;  // or the query and the side that asks; of GRE the halves of its key
  uint32_t scope = 0;        // owner << 9 | IPv6 << 8 | protocol

  uint32_t owner() const { return scope >> 9; }
  // The layer row, of a key that a layer owns; see paired_owner().
  uint32_t layer() const { return owner() & kLayerMask; }
  bool is_ipv6() const { return (scope & 0x100) != 0; }
  uint8_t protocol() const { return static_cast<uint8_t>(scope); }

  // The same flow in the eyes of another owner: a layer row, or an endpoint row for the unified
  // flow table. A view, made into a key only where one is kept. Requires: owner < 2^23.
  class Owned {
   public:
    Owned(const FlowKey& key, uint32_t owner)
        : key_(key), scope_((key.scope & 0x1FF) | owner << 9) {}
    operator FlowKey() const {
      return {key_.local, key_.remote, key_.local_port, key_.remote_port, scope_};
    }
    friend bool operator==(const FlowKey& a, const Owned& b) {
      return a.scope == b.scope_ && a.has_ends_of(b.key_);
    }

   private:
    const FlowKey& key_;
    uint32_t scope_;
  };
  Owned owned_by(uint32_t owner) const { return {*this, owner}; }

  friend bool operator==(const FlowKey& a, const FlowKey& b) {
    return a.scope == b.scope && a.has_ends_of(b);
  }

  // In one go: compared member by member, it is six branches.
  bool has_ends_of(const FlowKey& other) const {
    return ((local.hi ^ other.local.hi) | (local.lo ^ other.local.lo) |
            (remote.hi ^ other.remote.hi) | (remote.lo ^ other.remote.lo) |
            static_cast<uint64_t>((local_port ^ other.local_port) |
                                  (remote_port ^ other.remote_port))) == 0;
  }
};
static_assert(sizeof(FlowKey) == 40);

// The same of an IPv4 flow, in less than half the bytes.
struct FlowKey4 {
  uint32_t local = 0;
  uint32_t remote = 0;
  uint16_t local_port = 0;
  uint16_t remote_port = 0;
  uint32_t scope = 0;

  static FlowKey4 of(const FlowKey& key) {
    return {static_cast<uint32_t>(key.local.lo), static_cast<uint32_t>(key.remote.lo),
            key.local_port, key.remote_port, key.scope};
  }
  FlowKey widened() const { return {{0, local}, {0, remote}, local_port, remote_port, scope}; }

  // As two words: compared member by member, it is four branches.
  friend bool operator==(const FlowKey4& a, const FlowKey4& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
  }
};
static_assert(sizeof(FlowKey4) == 16 && std::has_unique_object_representations_v<FlowKey4>);

// What stands for the ports of a packet that has none.
struct PortStandIn {
  uint16_t local = 0;
  uint16_t remote = 0;
};
PortStandIn portless(const PacketHeaders& packet, Direction direction);

// Whether it is the answer of an ICMP query.
bool is_icmp_answer(const PacketHeaders& packet);

// A packet with that key that passes in `direction`, as a layer's rules see it: what opened a flow,
// or its like. TCP is a SYN, a code of an ICMP query is 0, which the key does not say.
PacketHeaders opening_packet(const FlowKey& key, Direction direction);

// Sets `key`, a FlowKey or FlowKey4, to that of a packet that passes in `direction`, in the eyes of
// `owner`. Requires: a packet with addresses that is no later fragment; IPv4 for a FlowKey4.
template <class Key>
void set_flow_key(Key& key, const PacketHeaders& packet, Direction direction, uint32_t owner) {
  // Directions come in no order that a processor could predict: values are chosen, not branches.
  const bool out = direction == Direction::kOut;
  const IpAddress* const ends[2] = {&packet.source, &packet.destination};
  if constexpr (sizeof(Key) == sizeof(FlowKey4)) {
    key.local = static_cast<uint32_t>(ends[!out]->lo);
    key.remote = static_cast<uint32_t>(ends[out]->lo);
  } else {
    key.local = *ends[!out];
    key.remote = *ends[out];
  }
  key.scope =
      owner << 9 | packet.protocol | static_cast<uint32_t>(packet.family == Family::kIpv6) << 8;
  if (packet.flags & kHasPorts) {
    const uint16_t ports[2] = {packet.source_port, packet.destination_port};
    key.local_port = ports[!out];
    key.remote_port = ports[out];
  } else {
    const PortStandIn stand_in = portless(packet, direction);
    key.local_port = stand_in.local;
    key.remote_port = stand_in.remote;
  }
}

// The key of what anybody may answer to: a flow of UDP by its local side alone. No packet has it,
// since an IPv4 address has no upper half. Source: windows-firewall.md 6.2.
inline FlowKey any_remote_key(const FlowKey& key) {
  FlowKey wide = key;
  wide.remote = {~uint64_t{0}, key.is_ipv6() ? 6u : 4u};
  wide.remote_port = 0;
  wide.scope &= ~uint32_t{0x100};
  return wide;
}
inline bool is_any_remote(const FlowKey& key) {
  return !key.is_ipv6() && key.remote.hi == ~uint64_t{0};
}

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

// A key with its hash.
struct FlowEntry {
  const FlowKey& key;
  uint64_t tuple;
};

// Hashes of keys owned by an endpoint, for the unified flow table. `ends` and `ports` have the
// local side in their high halves.
inline uint32_t unified_hash(uint64_t ends, uint32_t ports, uint32_t scope, const HashSeed& seed) {
  const uint64_t rest = static_cast<uint64_t>(ports) << 32 | scope;
  return static_cast<uint32_t>(fold_multiply(ends ^ seed.words[0], rest ^ seed.words[1]) >> 16);
}
inline uint32_t unified_hash(const FlowKey4& key, const HashSeed& seed) {
  return unified_hash(static_cast<uint64_t>(key.local) << 32 | key.remote,
                      static_cast<uint32_t>(key.local_port) << 16 | key.remote_port, key.scope,
                      seed);
}
inline uint32_t unified_hash(const FlowKey& key, const HashSeed& seed) {
  return owner_hash(tuple_hash(key, seed), key.owner());
}

}  // namespace portacl

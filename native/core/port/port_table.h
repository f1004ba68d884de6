// Which endpoints judge a packet, and in which direction. Source: docs/SEMANTICS.md 2.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "packet/packet_headers.h"
#include "packet/plain_packet.h"
#include "port/fronts.h"
#include "port/ipv4_owners.h"
#include "program/program.h"

namespace portacl {

// Where a packet was captured: at the endpoint's port, or outside, as its sender's layers left it.
enum class Captured : uint8_t {
  kAtPort,
  kAtFront,   // its source is a front: see Fronts::before_front()
  kInTunnel,  // it stands in another: see Engine::before_tunnel()
};

// A packet at one endpoint. Where nobody judges it, `endpoint` is kNoRow and `unjudged` says why.
struct PortBinding {
  uint32_t packet;    // index in the batch
  uint32_t endpoint;  // row, or kNoRow
  Direction direction;
  Reason unjudged = Reason::kRule;
  bool as_told = false;  // the direction was given, not found by the addresses
  Captured captured = Captured::kAtPort;

  bool from_front() const { return captured == Captured::kAtFront; }
  bool from_tunnel() const { return captured == Captured::kInTunnel; }
};

class PortTable {
 public:
  PortTable(const Program& program, const HashSeed& seed);

  // The common case: between addresses that are neither special nor of several endpoints. False for
  // everything else; where it is true, `ends` say what bind_one() would, and somebody judges.
  struct Ends {
    uint32_t sender;    // endpoint row, or kNoRow
    uint32_t receiver;  // another one, or kNoRow

    // In one comparison: which of both is ours nobody can predict, that one is not, one can.
    bool are_both_ours() const { return std::max(sender, receiver) != kNoRow; }
  };
  static bool bind_plain(const Ipv4Owners& owners, const PlainPacket& packet, Ends& ends) {
    const uint32_t source = packet.source(), destination = packet.destination();
    if (!is_ordinary(source) || !is_ordinary(destination)) return false;
    ends = {owners.find(source), owners.find(destination)};
    // One's own address and nobody's are equal; ambiguity is a row of its own.
    return ends.sender != ends.receiver && ends.sender != kAmbiguous && ends.receiver != kAmbiguous;
  }
  Ipv4Owners ipv4_owners() const { return ipv4_owners_; }

  // Appends the bindings of a packet, whose index in its batch is `index`: at least one, the
  // sender's before the receivers'.
  void bind_one(const PacketHeaders& packet, uint32_t index, std::vector<PortBinding>& out) const;
  // Of a packet that an endpoint has sent, as it left it: in direction in those who receive
  // it, which may be nobody.
  void bind_receivers(const PacketHeaders& packet, uint32_t sender, uint32_t index,
                      std::vector<PortBinding>& out) const;
  const Fronts& fronts() const { return fronts_; }

 private:
  // An address and who owns it: an endpoint, or kAmbiguous when there are several.
  struct Slot {
    IpAddress address;
    Family family = Family::kNone;  // kNone: free
    uint32_t owner = kNoRow;
    uint32_t first_row = kNoRow;  // address row; the others with the address hang on it (same_)
  };
  static constexpr uint32_t kAmbiguous = kNoRow - 1;

  // An address that is neither of this network (0/8), loopback, multicast nor broadcast.
  static bool is_ordinary(uint32_t ipv4) {
    static constexpr auto kOrdinary = [] {
      std::array<bool, 256> ordinary{};
      for (size_t first = 1; first < 224; ++first) ordinary[first] = first != 127;
      return ordinary;
    }();
    return kOrdinary[ipv4 >> 24];
  }

  // Owner of an address: kNoRow when nobody, kAmbiguous when several.
  uint32_t owner(Family family, const IpAddress& address) const {
    return slot_of(family, address).owner;
  }
  // The same where the MAC address may tell several apart. Source: docs/SEMANTICS.md 2.1.
  uint32_t owner(Family family, const IpAddress& address, uint64_t mac) const;
  uint32_t owner_of_mac(uint64_t mac) const;
  const Slot& slot_of(Family family, const IpAddress& address) const;
  uint64_t home(Family family, const IpAddress& address) const {
    const uint64_t mixed = address.lo ^ (address.hi * 5) ^ static_cast<uint64_t>(family);
    return (mixed ^ seed_.words[2]) * 0x9E3779B97F4A7C15 >> shift_;
  }

  bool bind_front(const PacketHeaders& packet, uint32_t index, std::vector<PortBinding>& out) const;
  bool share_stack(uint32_t one, uint32_t other) const;
  void bind_pair(uint32_t sender, uint32_t receiver, uint32_t index,
                 std::vector<PortBinding>& out) const;
  void bind_group(uint32_t index, uint32_t sender, std::vector<PortBinding>& out) const;

  const Program& program_;
  const HashSeed& seed_;
  Fronts fronts_;
  unsigned shift_;                            // 64 less the logarithm of the number of slots
  std::vector<Slot> slots_;                   // a power of two of them, at most a quarter full
  std::vector<uint32_t> same_;                // next address row with an equal address, or kNoRow
  std::vector<Ipv4Owners::Slot> ipv4_slots_;  // the IPv4 addresses again, at most an eighth full
  Ipv4Owners ipv4_owners_;
};

}  // namespace portacl

// Which endpoints judge a packet, and in which direction. Source: docs/SEMANTICS.md 2.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

// A packet at one endpoint. Where nobody judges it, `endpoint` is kNoRow and `unjudged` says why.
struct PortBinding {
  uint32_t packet;    // index in the batch
  uint32_t endpoint;  // row, or kNoRow
  Direction direction;
  Reason unjudged;
  bool as_told = false;  // the direction was given, not found by the addresses
};

class PortTable {
 public:
  PortTable(const Program& program, const HashSeed& seed);

  // The common case: IPv4 between one of us and one who is not, neither of the special addresses.
  // False for everything else, with `out` untouched; bind_one() would say the same.
  bool bind_plain(uint32_t source, uint32_t destination, uint32_t index, PortBinding& out) const {
    if (destination >= 0xE0000000 || source == 0 || destination == 0 || (source >> 24) == 127 ||
        (destination >> 24) == 127) {
      return false;
    }
    const uint32_t sender = owner4(source);
    const uint32_t receiver = owner4(destination);
    const uint32_t endpoint = std::min(sender, receiver);  // kNoRow is the largest
    if ((sender == kNoRow) == (receiver == kNoRow) || endpoint == kAmbiguous) return false;
    out = {index, endpoint, static_cast<Direction>(sender == kNoRow), Reason::kRule};
    return true;
  }

  // Appends the bindings of a packet, whose index in its batch is `index`: at least one, the
  // sender's before the receivers'.
  void bind_one(const PacketHeaders& packet, uint32_t index, std::vector<PortBinding>& out) const;

 private:
  // An address and who owns it: an endpoint, or kAmbiguous when there are several.
  struct Slot {
    IpAddress address;
    Family family = Family::kNone;  // kNone: free
    uint32_t owner = kNoRow;
    uint32_t first_row = kNoRow;  // address row; the others with the address hang on it (same_)
  };
  static constexpr uint32_t kAmbiguous = kNoRow - 1;

  // The same of an IPv4 address, for nearly every packet; an address of 0 is a free slot, since
  // nobody owns 0.0.0.0.
  struct Slot4 {
    uint32_t address = 0;
    uint32_t owner = kNoRow;
  };
  uint32_t home4(uint32_t address) const {
    return (address ^ static_cast<uint32_t>(seed_.words[3])) * 0x9E3779B1u >> shift4_;
  }
  // Owner of an IPv4 address other than 0.0.0.0. Whether an address is ours nobody can predict;
  // that its first slot says it, one can: the only branch is the one hardly ever taken.
  uint32_t owner4(uint32_t address) const {
    uint32_t i = home4(address);
    // One product for two questions: a compiler makes two branches of two comparisons.
    const auto settled = [&](const Slot4& slot) {
      return static_cast<uint64_t>(slot.address ^ address) * slot.address == 0;
    };
    while (!settled(slots4_[i])) {
      i = (i + 1) & static_cast<uint32_t>(slots4_.size() - 1);
    }
    return slots4_[i].owner;
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

  void fill_ipv4();
  void bind_pair(uint32_t sender, uint32_t receiver, uint32_t index,
                 std::vector<PortBinding>& out) const;
  void bind_group(uint32_t index, uint32_t sender, std::vector<PortBinding>& out) const;

  const Program& program_;
  const HashSeed& seed_;
  unsigned shift_;              // 64 less the logarithm of the number of slots
  unsigned shift4_;             // 32 less that of the IPv4 slots
  std::vector<Slot4> slots4_;   // the IPv4 addresses again, at most an eighth full
  std::vector<Slot> slots_;     // a power of two of them, at most a quarter full
  std::vector<uint32_t> same_;  // next address row with an equal address, or kNoRow
};

}  // namespace portacl

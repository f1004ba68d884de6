// Which endpoints judge a packet, and in which direction. Source: docs/SEMANTICS.md 2.
#pragma once

#include <cstdint>
#include <span>
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

  // Appends the bindings of all packets, in order; each packet has at least one, the sender's
  // before the receivers'.
  void bind(std::span<const PacketHeaders> packets, std::vector<PortBinding>& out) const;

  // The same for one packet, whose index in its batch is `index`.
  void bind_one(const PacketHeaders& packet, uint32_t index, std::vector<PortBinding>& out) const;

 private:
  // Owner of an address: kNoRow when nobody, kAmbiguous when several and the MAC does not tell.
  static constexpr uint32_t kAmbiguous = kNoRow - 1;
  uint32_t owner(Family family, const IpAddress& address, uint64_t mac) const;
  uint32_t owner_of_mac(uint64_t mac) const;

  void bind_group(uint32_t index, uint32_t sender, std::vector<PortBinding>& out) const;

  uint32_t slot_of(Family family, const IpAddress& address) const;

  const Program& program_;
  const HashSeed& seed_;
  std::vector<uint32_t> slots_;  // address row + 1, a power of two of them, at most half full
  std::vector<uint32_t> same_;   // next address row with an equal address, or kNoRow
};

}  // namespace portacl

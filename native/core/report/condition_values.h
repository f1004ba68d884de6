// Which values of their conditions rules answered packets with: of a rule for the ports 80 and 443,
// how many packets had which of both. For coverage; counted only where it is asked for.
// Source: docs/semantics/library.md, L12.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/ip.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

// A range of a condition of a rule, both ends included. Ports, protocols, and ICMP types with codes
// are in the low half of an address, as IPv4 is. Of protocols, which a program has as ranges, the
// one that the packet has.
struct ConditionValue {
  uint32_t rule;   // row
  uint32_t field;  // a ConditionField
  IpAddress from;
  IpAddress to;

  friend auto operator<=>(const ConditionValue&, const ConditionValue&) = default;
};

class ConditionValues {
 public:
  // As src/coverage/conditions.ts reads it, in 64-bit numbers.
  struct Count {
    uint64_t field_and_rule;  // the rule in the lower half
    IpAddress from;
    IpAddress to;
    uint64_t packets;
  };

  // The rule in that row, one of a group or a default, answered the packet.
  void note(const Program& program, uint32_t rule, const PacketHeaders& packet);

  void add(const ConditionValues& more);

  // What was counted, under the rows that follow: `rules[row]`, or kNoRow for none.
  ConditionValues moved(std::span<const uint32_t> rules) const;

  // In the order of rules, fields and values.
  std::vector<Count> sorted() const;

 private:
  // Keys are of policies, not of packets: no seed is needed.
  struct Hash {
    size_t operator()(const ConditionValue& value) const {
      const uint64_t place = uint64_t{value.rule} << 32 | value.field;
      return fold_multiply(place ^ value.from.hi ^ kMix,
                           value.from.lo ^ fold_multiply(value.to.lo ^ kMix, value.to.hi ^ kMix));
    }
    static constexpr uint64_t kMix = 0x9E3779B97F4A7C15;
  };
  std::unordered_map<ConditionValue, uint64_t, Hash> packets_;
};

}  // namespace portacl

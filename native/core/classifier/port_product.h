// The three port fields as one number: classes of protocol, destination port and source port
// together, as they differ for the rules at hand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "classifier/bit_classes.h"
#include "classifier/build_budget.h"
#include "classifier/port_classes.h"
#include "classifier/ranked_rule.h"

namespace portacl {

class PortProduct {
 public:
  // Nothing when the budget would be passed. Requires: port sets within limits.
  static std::optional<PortProduct> build(std::span<const RankedRule> rules,
                                          const PortClasses& ports, BuildBudget& budget);

  // By [protocol][destination port][source port], each a class of `ports`.
  const std::vector<uint16_t>& numbers() const { return numbers_; }
  uint32_t count() const { return count_; }
  // The classes that are part of a port set, as bits.
  std::span<const uint64_t> classes_in(uint32_t port_set) const {
    return std::span(classes_in_).subspan(size_t{port_set} * words(), words());
  }
  uint32_t words() const { return words_for(count_); }
  size_t bytes() const { return numbers_.size() * sizeof(uint16_t); }
  // What only builds ask.
  void finish_build() { BitWords().swap(classes_in_); }

 private:
  std::vector<uint16_t> numbers_;
  BitWords classes_in_;
  uint32_t count_ = 0;
};

// Which of several rules, taken in order, answers for each class of ports.
class PortTakers {
 public:
  // Every class is `none` at first. `out` has ports.count() places.
  PortTakers(const PortProduct& ports, uint16_t* out, uint16_t none);

  // The classes of the set that no set before it took get `value`. False when none is left open.
  bool take(uint32_t port_set, uint16_t value);

 private:
  const PortProduct& ports_;
  uint16_t* out_;
  BitWords open_;
  uint32_t left_;
};

}  // namespace portacl

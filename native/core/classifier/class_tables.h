// Class tables: cross products of classes, so that the first match is a few dependent loads without
// a branch. Source: Gupta and McKeown, "Packet classification on multiple fields" (RFC), 1999; the
// first stage here are ranks instead of 16-bit chunks.
//
//     source rank ─ class ┐
//                         ├ pair ────────┐
//     destination ─ class ┘              ├ first rule
//     protocol, ports: classes ─ class ──┘
//
// Cost: the tables grow with the product of classes, at most as the fourth power of the rules. A
// build that would pass kEntriesMax in one table or kWorkMax in time is refused, early; its rules
// then go to lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "classifier/address_ranks.h"
#include "classifier/build_budget.h"
#include "classifier/kernels/ranked_view.h"
#include "classifier/port_classes.h"
#include "classifier/ranked_rule.h"

namespace portacl {

// Classes of the addresses of one field, by rank; for IPv4 also by the halves of the address.
struct AddressClasses {
  std::vector<uint16_t> by_rank;
  std::vector<uint16_t> upper, lower, at;
  uint32_t lower_classes = 0;
  AddressClassView view() const {
    return {by_rank.data(), upper.data(), lower.data(), at.data(), lower_classes};
  }
  size_t bytes() const {
    return (by_rank.size() + upper.size() + lower.size() + at.size()) * sizeof(uint16_t);
  }
};

class ClassTables {
 public:
  // Nothing when a limit would be passed. `by_halves`: IPv4 addresses are to be found without
  // ranks. Requires: port sets within limits, rows ascending.
  static std::optional<ClassTables> build(std::span<const RankedRule> rules,
                                          const AddressRanks& source,
                                          const AddressRanks& destination, bool by_halves,
                                          const PortClasses& ports, BuildBudget& budget);

  TableView view() const;
  std::span<const uint16_t> source_by_rank() const { return source_.by_rank; }
  std::span<const uint16_t> destination_by_rank() const { return destination_.by_rank; }
  // For those who keep the classes of ranks themselves.
  void drop_ranks();
  size_t bytes() const;

 private:
  ClassTables() = default;
  friend class ClassTablesBuilder;

  AddressClasses source_, destination_;
  std::vector<uint16_t> pairs_, ports_, firsts_;
  std::vector<uint32_t> rows_;
  uint32_t destination_classes_ = 0;
  uint32_t port_classes_ = 0;
};

}  // namespace portacl

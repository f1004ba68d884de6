// What a search depends on: the conditions of a group's rules, in order. Names and actions of rules
// do not matter to it, nor do the rows that things have in their program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "program/program.h"

namespace portacl {

class GroupContent {
 public:
  // Both outlive this.
  GroupContent(const Program& program, const GroupRow& group)
      : program_(program),
        family_(group.family),
        rules_(program.rules().subspan(group.rule_first, group.rule_count)) {}

  uint32_t rule_count() const { return static_cast<uint32_t>(rules_.size()); }

  // Equal contents have equal hashes. Not keyed: who compares limits how often.
  uint64_t hash() const;

  bool equals(const GroupContent& other) const;

  // Whether the rule in `row` of the group has the conditions of that in `other_row` of `other`.
  bool has_rule(uint32_t row, const GroupContent& other, uint32_t other_row) const;

 private:
  std::span<const ConditionRow> conditions_of(uint32_t row) const {
    return program_.conditions().subspan(rules_[row].condition_first, rules_[row].condition_count);
  }
  std::span<const std::byte> values_of(const ConditionRow& condition) const;

  const Program& program_;
  uint8_t family_;
  std::span<const RuleRow> rules_;
};

}  // namespace portacl

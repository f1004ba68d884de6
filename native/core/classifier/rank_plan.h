// Deals the rules of a group to the lists of one field or the other, or to neither.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classifier/address_ranks.h"
#include "classifier/group_rules.h"
#include "classifier/port_classes.h"
#include "classifier/ranked_rule.h"

namespace portacl {

// The rules of a group in ranks. Holds what the spans of its rules point to.
class RankedRules {
 public:
  RankedRules(const GroupRules& group, const AddressRanks& source, const AddressRanks& destination,
              const PortClasses& ports);
  std::span<const RankedRule> all() const { return rules_; }

 private:
  std::vector<RankInterval> intervals_;
  std::vector<RankedRule> rules_;
};

struct RankPlan {
  std::vector<RankedRule> by_source;
  std::vector<RankedRule> by_destination;
  std::vector<RankedRule> wide;  // narrow neither address
};

// A rule that holds for at most `ranks_max` ranks of a field may stand in that field's lists; where
// both fields would do, the shorter lists take it.
// Entries beyond `entries_max` in all are not made: their rules are wide too.
struct ListLimits {
  uint32_t ranks_max;
  uint64_t entries_max;
};
RankPlan plan_lists(std::span<const RankedRule> rules, uint32_t source_ranks,
                    uint32_t destination_ranks, const ListLimits& limits);

}  // namespace portacl

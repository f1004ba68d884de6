// Which rules of a group are those of an earlier one, and which came or went: the fewest edits.
// Source: E. W. Myers, An O(ND) difference algorithm and its variations, 1986.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "classifier/group_content.h"

namespace portacl {

// Rules that stand in both groups, one after another; rows of the groups, from 0.
struct KeptRun {
  uint32_t before;
  uint32_t after;
  uint32_t count;
};

struct RuleEdits {
  std::vector<KeptRun> kept;    // ascending in both groups
  std::vector<uint32_t> added;  // rows of the later group that are in no run, ascending
  uint32_t removed = 0;
};

// Nothing where more than `edits_max` rules came or went. Compares each rule about once, and never
// more than 2 edits_max + 1 times, which takes no longer than building a search.
// Requires: groups of one family.
std::optional<RuleEdits> edits_between(const GroupContent& before, const GroupContent& after,
                                       uint32_t edits_max);

}  // namespace portacl

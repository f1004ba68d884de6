// Lists of rules by the rank of one address field: a rule that holds for few ranks of a field
// stands in the list of each of them, with its interval of the other field to compare.
//
// Nearly every rule of a real set narrows one of its two addresses to a few ranks, so a rule costs
// little more than one entry of 16 bytes, and lists are short. Rules that narrow neither go to
// class tables, or to a list for every packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "classifier/kernels/ranked_view.h"
#include "classifier/ranked_rule.h"

namespace portacl {

// Intervals of the compared field that become entries of their own; a rule with more is one entry
// around all of them, whose conditions are asked.
inline constexpr uint32_t kEntryIntervalsMax = 8;

class IntervalLists {
 public:
  IntervalLists() = default;
  // `numbers`: the class of each rank in the tables, or none. Requires: rows ascending.
  IntervalLists(std::span<const RankedRule> rules, IndexedField field, uint32_t ranks,
                std::span<const uint16_t> numbers);

  ListView view() const { return {ranks_.data(), lines_.data()}; }
  size_t bytes() const {
    return ranks_.size() * sizeof(RankEntry) + lines_.size() * sizeof(ListLine);
  }
  // Entries.
  uint32_t longest() const { return longest_; }

 private:
  RankEntry append_list(std::span<const RankedRule> rules, std::span<const uint32_t> members,
                        IndexedField field);
  // A place for up to four entries within one line.
  RankEntry place(std::span<const ListEntry> entries);

  std::vector<RankEntry> ranks_;
  std::vector<ListLine> lines_;
  uint32_t longest_ = 0;
  uint32_t line_with_[4] = {};  // a line that has 1, 2 or 3 entries free, or 0; during the build
};

// One list of all `rules` for every packet, compared by source. Requires: at least one.
std::vector<ListLine> list_of_all(std::span<const RankedRule> rules);

}  // namespace portacl

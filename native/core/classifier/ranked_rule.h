// A rule in ranks: what tables, rows and lists are made of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace portacl {

struct RankInterval {
  uint32_t from;
  uint32_t to;  // included
};

struct RankedRule {
  uint32_t row;    // as GroupRule
  uint32_t ports;  // port set, or PortClasses::kBeyond
  std::span<const RankInterval> source;
  std::span<const RankInterval> destination;
};

// The field by whose ranks rules are looked up; the other one is compared.
enum class IndexedField : uint8_t { kSource, kDestination };

inline std::span<const RankInterval> indexed(const RankedRule& rule, IndexedField field) {
  return field == IndexedField::kSource ? rule.source : rule.destination;
}
inline std::span<const RankInterval> compared(const RankedRule& rule, IndexedField field) {
  return field == IndexedField::kSource ? rule.destination : rule.source;
}

// A rank where a rule begins to hold or ceases to.
struct RankFlip {
  uint32_t rank;
  uint32_t rule;
};

// Calls `visit(from, to, members)` for each run of ranks, `to` excluded, over which the same rules
// hold; members ascend. Ends early, with false, when `visit` says false. `flips` are sorted, and
// `members` is scratch memory.
template <class Visit>
bool sweep_ranks(std::vector<RankFlip>& flips, uint32_t ranks, std::vector<uint32_t>& members,
                 Visit visit) {
  std::sort(flips.begin(), flips.end(),
            [](const RankFlip& a, const RankFlip& b) { return a.rank < b.rank; });
  members.clear();
  uint32_t from = 0;
  for (size_t i = 0;;) {
    for (; i < flips.size() && flips[i].rank == from; ++i) {
      const auto at = std::lower_bound(members.begin(), members.end(), flips[i].rule);
      if (at != members.end() && *at == flips[i].rule) {
        members.erase(at);
      } else {
        members.insert(at, flips[i].rule);
      }
    }
    const uint32_t to = i < flips.size() ? flips[i].rank : ranks;
    if (from < to && !visit(from, to, std::span<const uint32_t>(members))) return false;
    if (to >= ranks) return true;
    from = to;
  }
}

}  // namespace portacl

#include "classifier/interval_lists.h"

#include <algorithm>
#include <utility>

namespace portacl {
namespace {

// Kernels read four entries at a time.
constexpr uint32_t kEntriesBehind = 3;
constexpr ListEntry kNothing = {1, 0, kEntryLast, kNoOffset};

std::span<const RankInterval> indexed(const RankedRule& rule, IndexedField field) {
  return field == IndexedField::kSource ? rule.source : rule.destination;
}
std::span<const RankInterval> compared(const RankedRule& rule, IndexedField field) {
  return field == IndexedField::kSource ? rule.destination : rule.source;
}

void append_rule(std::vector<ListEntry>& out, const RankedRule& rule,
                 std::span<const RankInterval> intervals, bool verify) {
  uint32_t ports = rule.ports;
  if (rule.ports == PortClasses::kBeyond || intervals.size() > kEntryIntervalsMax || verify) {
    ports = (rule.ports == PortClasses::kBeyond ? 0 : rule.ports) | kEntryVerify;
  }
  if (intervals.size() > kEntryIntervalsMax) {
    out.push_back({intervals.front().from, intervals.back().to, ports, rule.offset});
    return;
  }
  for (const auto& [from, to] : intervals) out.push_back({from, to, ports, rule.offset});
}

}  // namespace

std::vector<ListEntry> IntervalLists::empty_list() {
  return std::vector<ListEntry>(1 + kEntriesBehind, kNothing);
}

IntervalLists::IntervalLists(std::span<const RankedRule> rules, IndexedField field,
                             uint32_t ranks) {
  struct Flip {
    uint32_t rank;
    uint32_t rule;
  };
  std::vector<Flip> flips;
  for (uint32_t i = 0; i < rules.size(); ++i) {
    for (const RankInterval& interval : indexed(rules[i], field)) {
      flips.push_back({interval.from, i});
      flips.push_back({interval.to + 1, i});
    }
  }
  std::sort(flips.begin(), flips.end(),
            [](const Flip& a, const Flip& b) { return a.rank < b.rank; });

  first_.assign(ranks, 0);
  entries_.push_back(kNothing);
  std::vector<uint32_t> members;  // rules whose intervals hold the rank, ascending
  for (size_t i = 0; i < flips.size();) {
    const uint32_t from = flips[i].rank;
    for (; i < flips.size() && flips[i].rank == from; ++i) {
      const auto at = std::lower_bound(members.begin(), members.end(), flips[i].rule);
      if (at != members.end() && *at == flips[i].rule) {
        members.erase(at);
      } else {
        members.insert(at, flips[i].rule);
      }
    }
    const uint32_t to = i < flips.size() ? flips[i].rank : ranks;
    std::fill(first_.begin() + from, first_.begin() + to, append_list(rules, members, field));
  }
  entries_.insert(entries_.end(), kEntriesBehind, kNothing);
  entries_.shrink_to_fit();
}

uint32_t IntervalLists::append_list(std::span<const RankedRule> rules,
                                    std::span<const uint32_t> members, IndexedField field) {
  if (members.empty()) return 0;
  const auto first = static_cast<uint32_t>(entries_.size());
  for (const uint32_t rule : members) {
    append_rule(entries_, rules[rule], compared(rules[rule], field), false);
  }
  entries_.back().ports |= kEntryLast;
  longest_ = std::max(longest_, static_cast<uint32_t>(entries_.size()) - first);
  return first;
}

std::vector<ListEntry> list_of_all(std::span<const RankedRule> rules) {
  std::vector<ListEntry> entries;
  for (const RankedRule& rule : rules) {
    // The destination is compared by nothing but the rule's conditions.
    append_rule(entries, rule, rule.source, true);
  }
  entries.back().ports |= kEntryLast;
  entries.insert(entries.end(), kEntriesBehind, kNothing);
  return entries;
}

}  // namespace portacl

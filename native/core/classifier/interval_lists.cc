#include "classifier/interval_lists.h"

#include <algorithm>
#include <utility>

#include "classifier/port_classes.h"

namespace portacl {
namespace {

void append_rule(std::vector<ListEntry>& out, const RankedRule& rule,
                 std::span<const RankInterval> intervals, bool verify) {
  uint32_t ports = rule.ports;
  if (rule.ports == PortClasses::kBeyond || intervals.size() > kEntryIntervalsMax || verify) {
    ports = (rule.ports == PortClasses::kBeyond ? 0 : rule.ports) | kEntryVerify;
  }
  if (intervals.size() > kEntryIntervalsMax) {
    out.push_back({intervals.front().from, intervals.back().to, ports, rule.row});
    return;
  }
  for (const auto& [from, to] : intervals) out.push_back({from, to, ports, rule.row});
}

// Appends the entries as lines of four.
void append_lines(std::vector<ListLine>& lines, std::span<const ListEntry> entries) {
  for (size_t i = 0; i < entries.size(); i += 4) {
    if (i > 0) lines.back().entries[3].ports |= ListLine::kContinues;
    lines.emplace_back();
    const auto four = entries.subspan(i, std::min<size_t>(4, entries.size() - i));
    std::copy(four.begin(), four.end(), lines.back().entries);
  }
}

}  // namespace

IntervalLists::IntervalLists(std::span<const RankedRule> rules, IndexedField field, uint32_t ranks,
                             std::span<const uint16_t> numbers) {
  std::vector<RankFlip> flips;
  for (uint32_t i = 0; i < rules.size(); ++i) {
    for (const RankInterval& interval : indexed(rules[i], field)) {
      flips.push_back({interval.from, i});
      flips.push_back({interval.to + 1, i});
    }
  }
  ranks_.resize(ranks);
  lines_.emplace_back();
  std::vector<uint32_t> members;
  sweep_ranks(flips, ranks, members,
              [&](uint32_t from, uint32_t to, std::span<const uint32_t> rules_here) {
                const RankEntry list = append_list(rules, rules_here, field);
                for (uint32_t rank = from; rank < to; ++rank) ranks_[rank] = list;
                return true;
              });
  lines_.shrink_to_fit();
  for (uint32_t rank = 0; rank < numbers.size(); ++rank) ranks_[rank].number = numbers[rank];
}

RankEntry IntervalLists::append_list(std::span<const RankedRule> rules,
                                     std::span<const uint32_t> members, IndexedField field) {
  if (members.empty()) return {};
  std::vector<ListEntry> entries;
  for (const uint32_t rule : members) {
    append_rule(entries, rules[rule], compared(rules[rule], field), false);
  }
  longest_ = std::max(longest_, static_cast<uint32_t>(entries.size()));
  if (entries.size() <= 4) return place(entries);
  const auto first = static_cast<uint32_t>(lines_.size());
  append_lines(lines_, entries);
  return {.line = first, .lanes = 0x1111};
}

RankEntry IntervalLists::place(std::span<const ListEntry> entries) {
  const auto count = static_cast<uint32_t>(entries.size());
  uint32_t free = count;
  while (free < 4 && line_with_[free] == 0) ++free;
  uint32_t line;
  if (free < 4) {
    line = std::exchange(line_with_[free], 0u);
  } else {
    line = static_cast<uint32_t>(lines_.size());
    lines_.emplace_back();
  }
  const uint32_t at = 4 - free;
  std::copy(entries.begin(), entries.end(), lines_[line].entries + at);
  if (free > count) line_with_[free - count] = line;
  const uint32_t lanes = (0x1111u >> 4 * (4 - count)) << 4 * at;
  return {.line = line, .lanes = static_cast<uint16_t>(lanes)};
}

std::vector<ListLine> list_of_all(std::span<const RankedRule> rules) {
  std::vector<ListEntry> entries;
  for (const RankedRule& rule : rules) {
    // The destination is compared by nothing but the rule's conditions.
    append_rule(entries, rule, rule.source, true);
  }
  std::vector<ListLine> lines;
  append_lines(lines, entries);
  return lines;
}

}  // namespace portacl

#include "classifier/rank_plan.h"

#include <algorithm>

#include "classifier/interval_lists.h"

namespace portacl {
namespace {

uint64_t ranks_of(std::span<const RankInterval> intervals) {
  uint64_t ranks = 0;
  for (const RankInterval& interval : intervals) ranks += interval.to - interval.from + 1;
  return ranks;
}

// Entries that a rule is in one list when these are compared.
uint64_t entries_of(std::span<const RankInterval> compared) {
  return compared.size() <= kEntryIntervalsMax ? compared.size() : 1;
}

// Entries in the lists of one field.
class Lengths {
 public:
  explicit Lengths(uint32_t ranks) : by_rank_(ranks, 0) {}

  void add(std::span<const RankInterval> intervals) {
    for (const RankInterval& interval : intervals) {
      for (uint32_t rank = interval.from; rank <= interval.to; ++rank) ++by_rank_[rank];
    }
  }
  // Over the ranks of a rule: how much longer than empty its lists are.
  uint64_t mean(std::span<const RankInterval> intervals) const {
    uint64_t sum = 0;
    for (const RankInterval& interval : intervals) {
      for (uint32_t rank = interval.from; rank <= interval.to; ++rank) sum += by_rank_[rank];
    }
    return sum / ranks_of(intervals);
  }

 private:
  std::vector<uint32_t> by_rank_;
};

}  // namespace

RankedRules::RankedRules(const GroupRules& group, const AddressRanks& source,
                         const AddressRanks& destination, const PortClasses& ports) {
  size_t count = 0;
  for (const GroupRule& rule : group.rules()) {
    count += rule.source.any ? 1 : rule.source.count;
    count += rule.destination.any ? 1 : rule.destination.count;
  }
  intervals_.reserve(count);  // spans point into it
  const auto append = [&](const FieldRun& run, const AddressRanks& ranks) {
    const size_t first = intervals_.size();
    if (run.any) intervals_.push_back({0, ranks.count() - 1});
    for (const AddressInterval& interval : group.addresses(run)) {
      intervals_.push_back({ranks.rank_of(interval.from), ranks.rank_of(interval.to)});
    }
    return std::span<const RankInterval>(intervals_).subspan(first);
  };
  rules_.reserve(group.rules().size());
  for (size_t i = 0; i < group.rules().size(); ++i) {
    const GroupRule& rule = group.rules()[i];
    const auto source_ranks = append(rule.source, source);
    rules_.push_back(
        {rule.row, ports.set_of(i), source_ranks, append(rule.destination, destination)});
  }
}

RankPlan plan_lists(std::span<const RankedRule> rules, uint32_t source_ranks,
                    uint32_t destination_ranks, const ListLimits& limits) {
  Lengths source(source_ranks), destination(destination_ranks);
  enum class Place : uint8_t { kSource, kDestination, kEither, kWide };
  std::vector<Place> places;
  places.reserve(rules.size());
  uint64_t entries_left = limits.entries_max;
  for (const RankedRule& rule : rules) {
    const uint64_t source_entries = ranks_of(rule.source) * entries_of(rule.destination);
    const uint64_t destination_entries = ranks_of(rule.destination) * entries_of(rule.source);
    const bool narrow_source =
        ranks_of(rule.source) <= limits.ranks_max && source_entries <= entries_left;
    const bool narrow_destination =
        ranks_of(rule.destination) <= limits.ranks_max && destination_entries <= entries_left;
    if (narrow_source || narrow_destination) {
      entries_left -= std::max(narrow_source ? source_entries : 0,
                               narrow_destination ? destination_entries : 0);
    }
    if (narrow_source && narrow_destination) {
      places.push_back(Place::kEither);
    } else if (narrow_source) {
      places.push_back(Place::kSource);
      source.add(rule.source);
    } else if (narrow_destination) {
      places.push_back(Place::kDestination);
      destination.add(rule.destination);
    } else {
      places.push_back(Place::kWide);
    }
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    if (places[i] != Place::kEither) continue;
    const RankedRule& rule = rules[i];
    // Copies cost memory, length costs time; an entry more in a list weighs as much as a copy.
    const uint64_t source_cost = source.mean(rule.source) + ranks_of(rule.source);
    const uint64_t destination_cost =
        destination.mean(rule.destination) + ranks_of(rule.destination);
    if (source_cost <= destination_cost) {
      places[i] = Place::kSource;
      source.add(rule.source);
    } else {
      places[i] = Place::kDestination;
      destination.add(rule.destination);
    }
  }
  RankPlan plan;
  for (size_t i = 0; i < rules.size(); ++i) {
    auto& part = places[i] == Place::kSource        ? plan.by_source
                 : places[i] == Place::kDestination ? plan.by_destination
                                                    : plan.wide;
    part.push_back(rules[i]);
  }
  return plan;
}

}  // namespace portacl

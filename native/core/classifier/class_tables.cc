#include "classifier/class_tables.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "classifier/bit_classes.h"
#include "classifier/port_product.h"

namespace portacl {

class ClassTablesBuilder {
 public:
  ClassTablesBuilder(std::span<const RankedRule> rules, const PortClasses& ports,
                     BuildBudget& budget)
      : rules_(rules),
        ports_(ports),
        budget_(budget),
        words_(words_for(static_cast<uint32_t>(rules.size()))),
        source_(words_, classes_max(words_)),
        destination_(words_, classes_max(words_)),
        pairs_(words_, classes_max(words_)) {}

  std::optional<ClassTables> build(const AddressRanks& source_ranks,
                                   const AddressRanks& destination_ranks, bool by_halves) {
    const auto source = [](const RankedRule& rule) { return rule.source; };
    const auto destination = [](const RankedRule& rule) { return rule.destination; };
    if (rules_.size() >= kClassesMax || !(product_ = PortProduct::build(rules_, ports_, budget_)) ||
        !begin("classes of addresses") ||
        !classes_of_ranks(source_, source_ranks.count(), source, out_.source_.by_rank) ||
        !classes_of_ranks(destination_, destination_ranks.count(), destination,
                          out_.destination_.by_rank) ||
        // Before work is spent on what comes first.
        !begin("pairs of address classes") || !spend_entries(pair_count()) ||
        !begin("classes by halves of an address") ||
        (by_halves && (!split_halves(source_ranks, out_.source_) ||
                       !split_halves(destination_ranks, out_.destination_))) ||
        !begin("pairs of address classes") || !make_pairs() ||
        !begin("first rules by pair and ports") || !make_firsts()) {
      return std::nullopt;
    }
    out_.ports_ = product_->numbers();
    out_.port_classes_ = product_->count();
    for (const RankedRule& rule : rules_) out_.rows_.push_back(rule.row);
    out_.rows_.push_back(kNoRow);
    return std::move(out_);
  }

 private:
  static constexpr uint32_t kClassesMax = 65'535;
  // Of the sets of one stage, during the build: 64 MiB.
  static constexpr uint32_t kSetWordsMax = 8 << 20;

  static uint32_t classes_max(uint32_t words) {
    return std::min(kClassesMax, kSetWordsMax / std::max(1u, words));
  }

  bool begin(const char* stage) {
    budget_.begin(stage);
    return true;
  }
  uint64_t pair_count() const { return uint64_t{source_.count()} * destination_.count(); }

  // Whether `entries` more of 16 bits may be made.
  bool spend_entries(uint64_t entries) { return budget_.spend_bytes(entries * sizeof(uint16_t)); }

  // By rank, which rules' intervals hold it, as a class.
  template <class Intervals>
  bool classes_of_ranks(BitClasses& classes, uint32_t ranks, Intervals intervals,
                        std::vector<uint16_t>& out) {
    std::vector<std::pair<uint32_t, uint32_t>> flips;
    for (uint32_t i = 0; i < rules_.size(); ++i) {
      for (const RankInterval& interval : intervals(rules_[i])) {
        flips.emplace_back(interval.from, i);
        flips.emplace_back(interval.to + 1, i);
      }
    }
    std::sort(flips.begin(), flips.end());
    if (!spend_entries(ranks)) return false;
    out.resize(ranks);
    BitWords set(words_, 0);
    uint32_t from = 0;
    for (size_t i = 0;;) {
      for (; i < flips.size() && flips[i].first == from; ++i) flip_bit(set, flips[i].second);
      if (!budget_.spend_work(words_)) return false;
      const uint32_t number = classes.class_of(set);
      if (number == BitClasses::kFull) return false;
      const uint32_t to = i < flips.size() ? flips[i].first : ranks;
      std::fill(out.begin() + from, out.begin() + to, static_cast<uint16_t>(number));
      if (to >= ranks) return true;
      from = to;
    }
  }

  // Upper halves that agree about every lower half are one class; lower halves are cut at every
  // bound.
  bool split_halves(const AddressRanks& ranks, AddressClasses& out) {
    std::vector<uint16_t> cuts;  // lower halves where something begins, 0 aside
    for (const IpAddress& bound : ranks.bounds()) cuts.push_back(static_cast<uint16_t>(bound.lo));
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (cuts.empty() || cuts.front() != 0) cuts.insert(cuts.begin(), 0);
    const auto columns = static_cast<uint32_t>(cuts.size());
    if (!spend_entries(2 * 65'536)) return false;
    out.lower_classes = columns;
    out.lower.resize(65'536);
    for (uint32_t c = 0; c < columns; ++c) {
      const size_t end = c + 1 < columns ? cuts[c + 1] : 65'536;
      std::fill(out.lower.begin() + cuts[c], out.lower.begin() + end, static_cast<uint16_t>(c));
    }
    // Sixteen-bit classes in 64-bit words, so that equal rows are found as equal sets.
    BitClasses rows((columns + 3) / 4, classes_max((columns + 3) / 4));
    BitWords words((columns + 3) / 4);
    const auto cells = reinterpret_cast<uint16_t*>(words.data());
    out.upper.resize(65'536);
    const auto bounds = ranks.bounds();
    uint32_t rank = 0;
    bool plain = false;  // no bound lies in the /16 before
    for (uint32_t upper = 0; upper < 65'536; ++upper) {
      const bool was_plain = plain;
      plain = rank == bounds.size() || bounds[rank].lo >> 16 > upper;
      if (plain && was_plain) {
        out.upper[upper] = out.upper[upper - 1];
        continue;
      }
      if (!budget_.spend_work(columns)) return false;
      for (uint32_t c = 0; c < columns; ++c) {
        const uint32_t address = upper << 16 | cuts[c];
        while (rank < bounds.size() && bounds[rank].lo <= address) ++rank;
        cells[c] = out.by_rank[rank];
      }
      const uint32_t number = rows.class_of(words);
      if (number == BitClasses::kFull) return false;
      out.upper[upper] = static_cast<uint16_t>(number);
    }
    if (!spend_entries(uint64_t{rows.count()} * columns)) return false;
    out.at.reserve(size_t{rows.count()} * columns);
    for (uint32_t row = 0; row < rows.count(); ++row) {
      const auto first = reinterpret_cast<const uint16_t*>(rows.set(row).data());
      out.at.insert(out.at.end(), first, first + columns);
    }
    return true;
  }

  bool make_pairs() {
    if (!budget_.spend_work(pair_count() * (1 + words_))) return false;
    out_.pairs_.reserve(pair_count());
    out_.destination_classes_ = destination_.count();
    BitWords both(words_, 0);
    for (uint32_t s = 0; s < source_.count(); ++s) {
      const auto source = source_.set(s);
      for (uint32_t d = 0; d < destination_.count(); ++d) {
        const auto destination = destination_.set(d);
        for (uint32_t w = 0; w < words_; ++w) both[w] = source[w] & destination[w];
        const uint32_t number = pairs_.class_of(both);
        if (number == BitClasses::kFull) return false;
        out_.pairs_.push_back(static_cast<uint16_t>(number));
      }
      // What pairs come to is seen before all of them are made.
      const uint64_t firsts = uint64_t{pairs_.count()} * product_->count() * sizeof(uint16_t);
      if (firsts > budget_.limits().bytes_max)
        return begin("first rules by pair and ports") && budget_.spend_bytes(firsts);
    }
    return true;
  }

  // For every pair the rules in order; each takes the port classes that no rule before it took.
  bool make_firsts() {
    const uint32_t columns = product_->count();
    if (!spend_entries(uint64_t{pairs_.count()} * columns)) return false;
    out_.firsts_.resize(size_t{pairs_.count()} * columns);
    for (uint32_t pair = 0; pair < pairs_.count(); ++pair) {
      PortTakers takers(*product_, out_.firsts_.data() + size_t{pair} * columns,
                        static_cast<uint16_t>(rules_.size()));
      const auto set = pairs_.set(pair);
      bool is_open = true;
      for (uint32_t w = 0; w < words_ && is_open; ++w) {
        for (uint64_t bits = set[w]; bits != 0 && is_open; bits &= bits - 1) {
          const auto rule = static_cast<uint32_t>(w * 64 + std::countr_zero(bits));
          if (!budget_.spend_work(product_->words())) return false;
          is_open = takers.take(rules_[rule].ports, static_cast<uint16_t>(rule));
        }
      }
    }
    return true;
  }

  std::span<const RankedRule> rules_;
  const PortClasses& ports_;
  BuildBudget& budget_;
  uint32_t words_;
  BitClasses source_, destination_, pairs_;
  std::optional<PortProduct> product_;
  ClassTables out_;
};

std::optional<ClassTables> ClassTables::build(std::span<const RankedRule> rules,
                                              const AddressRanks& source,
                                              const AddressRanks& destination, bool by_halves,
                                              const PortClasses& ports, BuildBudget& budget) {
  return ClassTablesBuilder(rules, ports, budget).build(source, destination, by_halves);
}

TableView ClassTables::view() const {
  return {source_.view(), destination_.view(), pairs_.data(),        ports_.data(),
          firsts_.data(), rows_.data(),        destination_classes_, port_classes_};
}

void ClassTables::drop_ranks() {
  std::vector<uint16_t>().swap(source_.by_rank);
  std::vector<uint16_t>().swap(destination_.by_rank);
}

size_t ClassTables::bytes() const {
  return source_.bytes() + destination_.bytes() +
         (pairs_.size() + ports_.size() + firsts_.size()) * sizeof(uint16_t) +
         rows_.size() * sizeof(uint32_t);
}

}  // namespace portacl

#include "classifier/class_tables.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "classifier/bit_classes.h"

namespace portacl {

class ClassTablesBuilder {
 public:
  ClassTablesBuilder(std::span<const RankedRule> rules, const PortClasses& ports,
                     const TableLimits& limits)
      : rules_(rules),
        ports_(ports),
        limits_(limits),
        words_(words_for(static_cast<uint32_t>(rules.size()))),
        source_(words_, classes_max(words_)),
        destination_(words_, classes_max(words_)),
        pairs_(words_, classes_max(words_)),
        port_classes_(ports.words(), classes_max(ports.words())) {}

  std::optional<ClassTables> build(const AddressRanks& source_ranks,
                                   const AddressRanks& destination_ranks, bool by_halves) {
    const auto source = [](const RankedRule& rule) { return rule.source; };
    const auto destination = [](const RankedRule& rule) { return rule.destination; };
    if (rules_.size() >= kClassesMax || !make_port_classes() ||
        !classes_of_ranks(source_, source_ranks.count(), source, out_.source_.by_rank) ||
        !classes_of_ranks(destination_, destination_ranks.count(), destination,
                          out_.destination_.by_rank) ||
        (by_halves && (!split_halves(source_ranks, out_.source_) ||
                       !split_halves(destination_ranks, out_.destination_))) ||
        !make_pairs() || !make_firsts()) {
      return std::nullopt;
    }
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

  // Whether `entries` more of 16 bits may be made.
  bool spend_bytes(uint64_t entries) {
    bytes_ += entries * sizeof(uint16_t);
    return bytes_ <= limits_.bytes_max;
  }
  bool spend_work(uint64_t words) {
    work_ += words;
    return work_ <= limits_.work_max;
  }

  // Classes of the three port fields together, as they differ for the rules at hand.
  bool make_port_classes() {
    const auto &protocol = ports_.protocol(), &destination = ports_.destination(),
               &source = ports_.source();
    const uint64_t entries = uint64_t{protocol.count} * destination.count * source.count;
    const uint32_t words = ports_.words();
    if (!spend_bytes(entries) || !spend_work(entries * words)) return false;
    BitWords used(words, 0);
    for (const RankedRule& rule : rules_) set_bit(used, rule.ports);
    BitWords some(words), all(words);
    out_.ports_.reserve(entries);
    for (uint32_t p = 0; p < protocol.count; ++p) {
      for (uint32_t d = 0; d < destination.count; ++d) {
        for (uint32_t w = 0; w < words; ++w) {
          some[w] = used[w] & protocol.sets[size_t{p} * words + w] &
                    destination.sets[size_t{d} * words + w];
        }
        for (uint32_t s = 0; s < source.count; ++s) {
          for (uint32_t w = 0; w < words; ++w)
            all[w] = some[w] & source.sets[size_t{s} * words + w];
          const uint32_t number = port_classes_.class_of(all);
          if (number == BitClasses::kFull) return false;
          out_.ports_.push_back(static_cast<uint16_t>(number));
        }
      }
    }
    out_.port_classes_ = port_classes_.count();
    return true;
  }

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
    if (!spend_bytes(ranks)) return false;
    out.resize(ranks);
    BitWords set(words_, 0);
    uint32_t from = 0;
    for (size_t i = 0;;) {
      for (; i < flips.size() && flips[i].first == from; ++i) flip_bit(set, flips[i].second);
      if (!spend_work(words_)) return false;
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
    if (!spend_bytes(2 * 65'536)) return false;
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
      if (!spend_work(columns)) return false;
      for (uint32_t c = 0; c < columns; ++c) {
        const uint32_t address = upper << 16 | cuts[c];
        while (rank < bounds.size() && bounds[rank].lo <= address) ++rank;
        cells[c] = out.by_rank[rank];
      }
      const uint32_t number = rows.class_of(words);
      if (number == BitClasses::kFull) return false;
      out.upper[upper] = static_cast<uint16_t>(number);
    }
    if (!spend_bytes(uint64_t{rows.count()} * columns)) return false;
    out.at.reserve(size_t{rows.count()} * columns);
    for (uint32_t row = 0; row < rows.count(); ++row) {
      const auto first = reinterpret_cast<const uint16_t*>(rows.set(row).data());
      out.at.insert(out.at.end(), first, first + columns);
    }
    return true;
  }

  bool make_pairs() {
    const uint64_t entries = uint64_t{source_.count()} * destination_.count();
    // Seen before the work begins.
    if (!spend_bytes(entries) || !spend_work(entries * (1 + words_))) return false;
    out_.pairs_.reserve(entries);
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
      if (uint64_t{pairs_.count()} * port_classes_.count() * sizeof(uint16_t) > limits_.bytes_max) {
        return false;
      }
    }
    return true;
  }

  // For every pair the rules in order; each takes the port classes that no rule before it took.
  bool make_firsts() {
    const uint32_t columns = port_classes_.count();
    const uint32_t column_words = words_for(columns);
    if (!spend_bytes(uint64_t{pairs_.count()} * columns)) return false;
    BitWords columns_of_set(size_t{ports_.set_count()} * column_words, 0);
    for (uint32_t c = 0; c < columns; ++c) {
      const auto sets = port_classes_.set(c);
      for (uint32_t q = 0; q < ports_.set_count(); ++q) {
        if (has_bit(sets, q))
          set_bit(std::span(columns_of_set).subspan(size_t{q} * column_words), c);
      }
    }
    const auto no_rule = static_cast<uint16_t>(rules_.size());
    out_.firsts_.assign(size_t{pairs_.count()} * columns, no_rule);
    BitWords open(column_words);
    for (uint32_t pair = 0; pair < pairs_.count(); ++pair) {
      uint16_t* const firsts = out_.firsts_.data() + size_t{pair} * columns;
      std::fill(open.begin(), open.end(), ~uint64_t{0});
      uint32_t left = columns;
      const auto set = pairs_.set(pair);
      for (uint32_t w = 0; w < words_ && left > 0; ++w) {
        for (uint64_t bits = set[w]; bits != 0 && left > 0; bits &= bits - 1) {
          const auto rule = static_cast<uint32_t>(w * 64 + std::countr_zero(bits));
          if (!spend_work(column_words)) return false;
          const uint64_t* const takes =
              columns_of_set.data() + size_t{rules_[rule].ports} * column_words;
          for (uint32_t cw = 0; cw < column_words; ++cw) {
            for (uint64_t hit = open[cw] & takes[cw]; hit != 0; hit &= hit - 1, --left) {
              firsts[cw * 64 + std::countr_zero(hit)] = static_cast<uint16_t>(rule);
            }
            open[cw] &= ~takes[cw];
          }
        }
      }
    }
    return true;
  }

  std::span<const RankedRule> rules_;
  const PortClasses& ports_;
  const TableLimits& limits_;
  uint32_t words_;
  BitClasses source_, destination_, pairs_, port_classes_;
  uint64_t bytes_ = 0;
  uint64_t work_ = 0;
  ClassTables out_;
};

std::optional<ClassTables> ClassTables::build(std::span<const RankedRule> rules,
                                              const AddressRanks& source,
                                              const AddressRanks& destination, bool by_halves,
                                              const PortClasses& ports, const TableLimits& limits) {
  return ClassTablesBuilder(rules, ports, limits).build(source, destination, by_halves);
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

#include "classifier/pair_rows.h"

#include <algorithm>
#include <utility>

namespace portacl {

class PairRowsBuilder {
 public:
  PairRowsBuilder(const PortProduct& ports, BuildBudget& budget)
      : budget_(budget), answers_(ports, budget) {
    out_.rows_.emplace_back();  // row 0 is of ranks that no rule of the part holds for
  }

  std::optional<PairRows> build(const RankPlan& plan, uint32_t source_ranks,
                                uint32_t destination_ranks, const PortProduct& ports) {
    if (!budget_.spend_bytes(uint64_t{source_ranks + destination_ranks} * sizeof(RankPlaces))) {
      return std::nullopt;
    }
    out_.source_.resize(source_ranks);
    out_.destination_.resize(destination_ranks);
    budget_.begin("rows of address pairs");
    // The part with the fewest bits for its rows comes first.
    if (!add_part(RankPlaces::kWide, IndexedField::kSource, plan.wide) ||
        !add_part(RankPlaces::kBySource, IndexedField::kSource, plan.by_source) ||
        !add_part(RankPlaces::kByDestination, IndexedField::kDestination, plan.by_destination) ||
        !out_.cells_.lay(std::move(runs_), exceptions_, out_.rows_, budget_)) {
      return std::nullopt;
    }
    answers_.finish_build();
    out_.rows_.shrink_to_fit();
    out_.words_ = answers_.words();
    out_.port_numbers_ = ports.numbers();
    store_positions();
    return std::move(out_);
  }

 private:
  struct Run {
    uint32_t from;
    uint32_t to;  // excluded
    uint32_t answer;
  };

  // As bytes where all of them fit, which halves what is most of a small set's memory. Kernels read
  // two bytes in both cases.
  void store_positions() {
    const auto& positions = answers_.positions();
    out_.has_wide_positions_ = answers_.position_max() > 0xFF;
    const size_t width = out_.has_wide_positions_ ? 2 : 1;
    out_.positions_.reserve(positions.size() * width + 1);
    for (const uint16_t position : positions) {
      out_.positions_.push_back(static_cast<uint8_t>(position));
      if (width == 2) out_.positions_.push_back(static_cast<uint8_t>(position >> 8));
    }
    out_.positions_.push_back(0);
  }

  bool add_part(RankPlaces::Part part, IndexedField by, std::span<const RankedRule> rules) {
    if (rules.empty()) return true;
    out_.parts_ |= 1u << part;
    auto& row_places = by == IndexedField::kSource ? out_.source_ : out_.destination_;
    auto& column_places = by == IndexedField::kSource ? out_.destination_ : out_.source_;
    const auto column_ranks = static_cast<uint32_t>(column_places.size());
    if (!number_columns(rules, by, column_ranks)) return false;
    if (columns_ > RankPlaces::limit(part)) return false;
    for (uint32_t rank = 0; rank < column_ranks; ++rank) {
      column_places[rank].set(part, column_of_[rank]);
    }

    std::vector<RankFlip> flips;
    for (uint32_t i = 0; i < rules.size(); ++i) {
      for (const RankInterval& interval : indexed(rules[i], by)) {
        flips.push_back({interval.from, i});
        flips.push_back({interval.to + 1, i});
      }
    }
    std::vector<uint32_t> members;
    return sweep_ranks(flips, static_cast<uint32_t>(row_places.size()), members,
                       [&](uint32_t from, uint32_t to, std::span<const uint32_t> rules_here) {
                         uint32_t row = 0;
                         if (!rules_here.empty() && !append_row(rules, by, rules_here, row)) {
                           return false;
                         }
                         if (row >= RankPlaces::limit(part)) return false;
                         for (uint32_t r = from; r < to; ++r) row_places[r].set(part, row);
                         return budget_.spend_work(rules_here.size() + 1);
                       });
  }

  // Columns of a part: ranks of the compared field, cut by the part's rules alone.
  bool number_columns(std::span<const RankedRule> rules, IndexedField by, uint32_t ranks) {
    std::vector<bool> is_cut(ranks + 1);
    for (const RankedRule& rule : rules) {
      for (const RankInterval& interval : compared(rule, by)) {
        is_cut[interval.from] = true;
        is_cut[interval.to + 1] = true;
      }
    }
    column_of_.resize(ranks);
    uint32_t column = 0;
    for (uint32_t rank = 0; rank < ranks; ++rank) {
      if (rank > 0 && is_cut[rank]) ++column;
      column_of_[rank] = column;
    }
    columns_ = column + 1;
    return budget_.spend_work(ranks);
  }

  bool append_row(std::span<const RankedRule> rules, IndexedField by,
                  std::span<const uint32_t> members, uint32_t& row) {
    flips_.clear();
    for (const uint32_t member : members) {
      for (const RankInterval& interval : compared(rules[member], by)) {
        flips_.push_back({column_of_[interval.from], member});
        flips_.push_back({column_of_[interval.to] + 1, member});
      }
    }
    runs_of_row_.clear();
    const bool is_within =
        sweep_ranks(flips_, columns_, members_,
                    [&](uint32_t from, uint32_t to, std::span<const uint32_t> rules_here) {
                      const uint32_t answer = answers_.answer_of(rules, rules_here);
                      if (answer == AnswerLists::kFull) return false;
                      if (!runs_of_row_.empty() && runs_of_row_.back().answer == answer) {
                        runs_of_row_.back().to = to;
                      } else {
                        runs_of_row_.push_back({from, to, answer});
                      }
                      return true;
                    });
    if (!is_within || !budget_.spend_work(flips_.size()) || !budget_.spend_bytes(sizeof(PairRow))) {
      return false;
    }
    row = static_cast<uint32_t>(out_.rows_.size());
    out_.rows_.push_back(shape_of_row());
    return append_exceptions(row);
  }

  // The interval and the two answers that leave the fewest exceptions, of those worth trying.
  PairRow shape_of_row() {
    const auto& runs = runs_of_row_;
    if (runs.size() == 1) return {0, 0, runs[0].answer, runs[0].answer, 0};
    if (runs.size() == 2 || (runs.size() == 3 && runs[0].answer == runs[2].answer)) {
      return {runs[1].from, runs[1].to - 1 - runs[1].from, runs[1].answer, runs[0].answer, 0};
    }
    // By answer: its columns, and the first and the last of them.
    extents_.clear();
    sorted_ = runs;
    std::ranges::sort(sorted_, [](const Run& a, const Run& b) {
      return std::pair(a.answer, a.from) < std::pair(b.answer, b.from);
    });
    for (const Run& run : sorted_) {
      if (extents_.empty() || extents_.back().answer != run.answer) {
        extents_.push_back({run.answer, 0, run.from, 0});
      }
      extents_.back().columns += run.to - run.from;
      extents_.back().last = run.to - 1;
    }
    std::ranges::sort(extents_, [](const Extent& a, const Extent& b) {
      return std::pair(b.columns, a.answer) < std::pair(a.columns, b.answer);
    });
    constexpr size_t kTried = 4;
    const std::span<const Extent> tried(extents_.data(), std::min(kTried, extents_.size()));
    PairRow best;
    uint64_t fewest = ~uint64_t{0};
    for (const Extent& outside : tried) {
      for (const Extent& inside : tried) {
        const PairRow shape = {inside.from, inside.last - inside.from, inside.answer,
                               outside.answer, 0};
        uint64_t count = 0;
        each_exception(shape, [&](uint32_t from, uint32_t to, uint32_t) { count += to - from; });
        if (count >= fewest) continue;
        fewest = count;
        best = shape;
      }
    }
    return best;
  }

  // Calls visit(from, to, answer) for the columns, `to` excluded, that the shape is wrong about.
  template <class Visit>
  void each_exception(const PairRow& shape, Visit visit) const {
    const uint32_t behind = shape.from + shape.span + 1;
    const auto report = [&](uint32_t from, uint32_t to, const Run& run, uint32_t shaped) {
      if (from < to && run.answer != shaped) visit(from, to, run.answer);
    };
    for (const Run& run : runs_of_row_) {
      report(run.from, std::min(run.to, shape.from), run, shape.outside);
      report(std::max(run.from, shape.from), std::min(run.to, behind), run, shape.inside);
      report(std::max(run.from, behind), run.to, run, shape.outside);
    }
  }

  bool append_exceptions(uint32_t row) {
    const auto first = static_cast<uint32_t>(exceptions_.size());
    bool is_within = true;
    each_exception(out_.rows_[row], [&](uint32_t from, uint32_t to, uint32_t answer) {
      is_within = is_within && budget_.spend_bytes(uint64_t{to - from} * sizeof(PairCell));
      if (!is_within) return;
      for (uint32_t column = from; column < to; ++column) exceptions_.push_back({column, answer});
    });
    const auto count = static_cast<uint32_t>(exceptions_.size()) - first;
    if (count > 0) runs_.push_back({row, first, count});
    return is_within && budget_.spend_work(runs_of_row_.size() + count);
  }

  struct Extent {
    uint32_t answer, columns, from, last;
  };

  BuildBudget& budget_;
  AnswerLists answers_;
  PairRows out_;
  uint32_t columns_ = 0;
  std::vector<uint32_t> column_of_;  // by rank of the compared field
  std::vector<RowException> exceptions_;
  std::vector<RowCells::Run> runs_;
  // Of one row; kept for their memory.
  std::vector<RankFlip> flips_;
  std::vector<uint32_t> members_;
  std::vector<Run> runs_of_row_, sorted_;
  std::vector<Extent> extents_;
};

std::optional<PairRows> PairRows::build(const RankPlan& plan, uint32_t source_ranks,
                                        uint32_t destination_ranks, const PortClasses& ports,
                                        BuildBudget& budget) {
  std::vector<RankedRule> all;
  for (const auto* part : {&plan.by_source, &plan.by_destination, &plan.wide}) {
    all.insert(all.end(), part->begin(), part->end());
  }
  const auto product = PortProduct::build(all, ports, budget);
  if (!product) return std::nullopt;
  return PairRowsBuilder(*product, budget).build(plan, source_ranks, destination_ranks, *product);
}

PairRowsView PairRows::view() const {
  PairRowsView view;
  view.source = source_.data();
  view.destination = destination_.data();
  view.rows = rows_.data();
  view.cells = cells_.cells().data();
  view.last_cell = static_cast<uint32_t>(cells_.cells().size() - 1);
  view.words = words_.data();
  view.positions = positions_.data();
  view.position_shift = has_wide_positions_ ? 1 : 0;
  view.ports = port_numbers_.data();
  view.parts = parts_;
  return view;
}

size_t PairRows::bytes() const {
  return (source_.size() + destination_.size()) * sizeof(RankPlaces) +
         rows_.size() * sizeof(PairRow) + cells_.bytes() + words_.size() * sizeof(uint32_t) +
         positions_.size() + port_numbers_.size() * sizeof(uint16_t);
}

}  // namespace portacl

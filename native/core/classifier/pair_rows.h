// The cross product of two addresses, kept as sparse rows.
//
// Like class tables, but a set of any size: what a rank of one field (the row) and a rank of the
// other (the column) come to is not a cell of a matrix but read off the row, which is nearly always
// one interval of columns with one answer inside and one outside. Columns for which that is wrong
// are exceptions, in cells that all rows share (row_cells.h).
//
//     source ──── rank ─ row, column, row ┐
//                                         ├ three answers ─┐
//     destination rank ─ column, row, col ┘                ├ the smallest rule row
//     protocol, ports: classes ─ class ────────────────────┘
//
// Rules are dealt to three parts, so that rows stay short (rank_plan.h): those that narrow the
// source (rows by source), those that narrow the destination (rows by destination), and those that
// narrow neither (a few rows). Each part has its own ranks, cut by its own rules.
//
// Cost, 27 ClassBench sets: 0 to 3 exceptions a rule, an answer a rule, 4 to 6,000 sequences of
// port sets. Rules built for it can make exceptions grow with the product of ranks; past the budget
// the build is refused, and lists serve.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "classifier/answer_lists.h"
#include "classifier/build_budget.h"
#include "classifier/kernels/ranked_view.h"
#include "classifier/port_product.h"
#include "classifier/rank_plan.h"
#include "classifier/row_cells.h"

namespace portacl {

class PairRows {
 public:
  // Nothing when the budget would be passed. Requires: port sets within limits.
  static std::optional<PairRows> build(const RankPlan& plan, uint32_t source_ranks,
                                       uint32_t destination_ranks, const PortClasses& ports,
                                       BuildBudget& budget);

  PairRowsView view() const;
  size_t bytes() const;

 private:
  friend class PairRowsBuilder;
  PairRows() = default;

  std::vector<RankPlaces> source_, destination_;
  std::vector<PairRow> rows_;
  RowCells cells_;
  std::vector<uint32_t> words_;     // answer_lists.h
  std::vector<uint8_t> positions_;  // answer_lists.h, a byte each or two
  bool has_wide_positions_ = false;
  std::vector<uint16_t> port_numbers_;
  uint32_t parts_ = 0;
};

}  // namespace portacl

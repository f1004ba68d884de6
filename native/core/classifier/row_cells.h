// The exceptions of sparse rows in one array: each row is laid over the others so that its cells
// fall on free places, and every cell says whose it is. Looking one up is one load.
// Source: row displacement, Ziegler 1977; Tarjan and Yao, "Storing a sparse table", 1979.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classifier/build_budget.h"
#include "classifier/kernels/ranked_view.h"

namespace portacl {

struct RowException {
  uint32_t column;
  uint32_t answer;
};

class RowCells {
 public:
  // The exceptions of rows[i] in PairRow::cells, in place; `first` and `count` are its part of
  // `exceptions`, whose columns ascend.
  struct Run {
    uint32_t row;
    uint32_t first;
    uint32_t count;
  };

  // False when the budget would be passed. All other rows are given the place of no exception.
  bool lay(std::vector<Run> runs, std::span<const RowException> exceptions, std::span<PairRow> rows,
           BuildBudget& budget);

  const std::vector<PairCell>& cells() const { return cells_; }
  size_t bytes() const { return cells_.size() * sizeof(PairCell); }

 private:
  bool fits(int64_t base, std::span<const RowException> exceptions) const;

  std::vector<PairCell> cells_;
};

}  // namespace portacl

#include "classifier/row_cells.h"

#include <algorithm>

namespace portacl {
namespace {

// Places tried before a row is laid behind all others: one after the other from the first free
// one, then anywhere, because what is free lies scattered.
constexpr uint32_t kTriesInOrder = 32;
constexpr uint32_t kTriesMax = 1024;

}  // namespace

bool RowCells::fits(int64_t base, std::span<const RowException> exceptions) const {
  return std::ranges::all_of(exceptions, [&](const RowException& exception) {
    const auto at = static_cast<uint64_t>(base + exception.column);
    return at >= cells_.size() || cells_[at].owner == PairCell::kFree;
  });
}

bool RowCells::lay(std::vector<Run> runs, std::span<const RowException> exceptions,
                   std::span<PairRow> rows, BuildBudget& budget) {
  // Longest first, while there is room around them for the others.
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.count > b.count; });
  uint64_t free = 0;          // no place below is
  std::vector<bool> is_base;  // by base + columns, for bases may be negative
  int64_t columns = 0;
  uint64_t random = 1;  // the same for equal rules
  for (const RowException& exception : exceptions) {
    columns = std::max<int64_t>(columns, exception.column + 1);
  }
  for (const Run& run : runs) {
    const auto own = exceptions.subspan(run.first, run.count);
    while (free < cells_.size() && cells_[free].owner != PairCell::kFree) ++free;
    auto base = static_cast<int64_t>(free) - own.front().column;
    const auto is_taken = [&](int64_t at) {
      const auto index = static_cast<size_t>(at + columns);
      return index < is_base.size() && is_base[index];
    };
    uint32_t tries = 0;
    while (is_taken(base) || !fits(base, own)) {
      if (++tries == kTriesMax) {
        base = static_cast<int64_t>(cells_.size()) - own.front().column;
        while (is_taken(base)) ++base;
        break;
      }
      if (tries < kTriesInOrder) {
        ++base;
      } else {
        random = random * 0x5851F42D4C957F2D + 0x14057B7EF767814F;  // Knuth, MMIX
        base = static_cast<int64_t>((random >> 32) * cells_.size() >> 32) - own.front().column;
      }
    }
    const auto end = static_cast<uint64_t>(base + own.back().column) + 1;
    const uint64_t added = end > cells_.size() ? end - cells_.size() : 0;
    if (!budget.spend_work(uint64_t{tries + 1} * 2 + run.count) ||
        !budget.spend_bytes(added * sizeof(PairCell))) {
      return false;
    }
    if (added > 0) cells_.resize(end);
    const auto index = static_cast<size_t>(base + columns);
    if (index >= is_base.size()) is_base.resize(index + 1);
    is_base[index] = true;
    // Bases below zero wrap around; so does the sum with a column of the row.
    rows[run.row].cells = static_cast<uint32_t>(base);
    for (const RowException& exception : own) {
      cells_[static_cast<size_t>(base + exception.column)] = {rows[run.row].cells,
                                                              exception.answer};
    }
  }
  // The last place stays free: rows without exceptions point to it, and what points behind the
  // end is brought there.
  cells_.emplace_back();
  cells_.shrink_to_fit();
  const auto last = static_cast<uint32_t>(cells_.size() - 1);
  std::vector<bool> has_exceptions(rows.size());
  for (const Run& run : runs) has_exceptions[run.row] = true;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (!has_exceptions[row]) rows[row].cells = last;
  }
  return true;
}

}  // namespace portacl

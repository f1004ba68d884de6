// Class tables: cross products of classes, so that the first match is a few dependent loads without
// a branch. Source: Gupta and McKeown, "Packet classification on multiple fields" (RFC), 1999; the
// first stage here are ranks instead of 16-bit chunks.
//
//     source rank ─ class ┐
//                         ├ pair ────────┐
//     destination ─ class ┘              ├ first rule
//     protocol, ports: classes ─ class ──┘
//
// Cost: the tables grow with the product of classes, at most as the fourth power of the rules. A
// build that would pass kEntriesMax in one table or kWorkMax in time is refused, early; its rules
// then go to lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "classifier/kernels/ranked_view.h"
#include "classifier/port_classes.h"

namespace portacl {

// A rule in ranks: what tables and lists are made of.
struct RankInterval {
  uint32_t from;
  uint32_t to;  // included
};
struct RankedRule {
  uint32_t offset;  // as GroupRule
  uint32_t ports;   // port set, or PortClasses::kBeyond
  std::span<const RankInterval> source;
  std::span<const RankInterval> destination;
};

struct TableLimits {
  size_t bytes_max;
  uint64_t work_max;  // 64-bit words touched by the build, about 1 ns each
};

class ClassTables {
 public:
  // Nothing when a limit would be passed. Requires: port sets within limits, offsets ascending.
  static std::optional<ClassTables> build(std::span<const RankedRule> rules, uint32_t source_ranks,
                                          uint32_t destination_ranks, const PortClasses& ports,
                                          const TableLimits& limits);

  TableView view() const;
  size_t bytes() const;

 private:
  ClassTables() = default;
  friend class ClassTablesBuilder;

  std::vector<uint16_t> source_, destination_, pairs_, ports_, firsts_;
  std::vector<uint32_t> offsets_;
  uint32_t destination_classes_ = 0;
  uint32_t port_classes_ = 0;
};

}  // namespace portacl

// Everything that a kernel's view points to, and the plan by which the rules of a group are dealt
// to tables and lists.
//
// It knows rules by their row in the group, from 0, and nothing of the program they stand in: it
// serves every group that has the same conditions (ranked_classifier.h).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "classifier/address_ranks.h"
#include "classifier/class_tables.h"
#include "classifier/classifier.h"
#include "classifier/group_rules.h"
#include "classifier/interval_lists.h"
#include "classifier/pair_rows.h"
#include "classifier/port_classes.h"
#include "classifier/rank_plan.h"

namespace portacl {

// An algorithm to try, and why it is the right one when it succeeds.
struct Attempt {
  Algorithm algorithm;
  const char* reason;
  bool is_quick = false;  // only where it is quicker than what comes after it
};

class RankedIndex {
 public:
  // By the first of `attempts` that keeps the limits; null when none does.
  static std::unique_ptr<const RankedIndex> build(const Program& program, const GroupRow& group,
                                                  const ClassifierOptions& options,
                                                  std::span<const Attempt> attempts);

  RankedIndex(const RankedIndex&) = delete;
  RankedIndex& operator=(const RankedIndex&) = delete;

  const Kernel& kernel() const { return *kernel_; }
  RankedParts parts() const { return parts_; }
  // Of no group yet. Points into this.
  const RankedView& view() const { return view_; }
  const ClassifierFacts& facts() const { return facts_; }

 private:
  RankedIndex(const ClassifierOptions& options, const GroupRules& rules, const GroupRow& group);
  bool build_parts(const RankedRules& rules, const ClassifierOptions& options,
                   const Attempt& attempt);
  bool build_rows(const RankedRules& rules, const RankPlan& plan, const ClassifierOptions& options,
                  bool is_quick);
  void build_lists(const RankPlan& plan);
  bool refuse(Algorithm algorithm, const BuildBudget& budget);
  void finish(RankedParts parts);

  const Kernel* kernel_;
  Family family_;
  RankedParts parts_ = RankedParts::kLists;
  AddressRanks source_, destination_;
  PortClasses ports_;
  std::optional<ClassTables> tables_;
  std::optional<PairRows> rows_;
  IntervalLists by_source_, by_destination_;
  std::vector<ListLine> everywhere_;
  RankedView view_;
  ClassifierFacts facts_;
};

}  // namespace portacl

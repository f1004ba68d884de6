// A classifier over ranks: everything that a kernel's view points to, and the plan by which the
// rules of a group are dealt to tables and lists.
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

class RankedClassifier final : public Classifier {
 public:
  // By the first of `attempts` that keeps the limits; null when none does.
  static std::unique_ptr<const RankedClassifier> build(const Program& program,
                                                       const GroupRow& group,
                                                       const ClassifierOptions& options,
                                                       std::span<const Attempt> attempts);

  uint32_t find_first(const PacketHeaders& packet) const override;
  void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const override;
  void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const override;

  bool matches(uint32_t row, const PacketHeaders& packet) const;

 private:
  RankedClassifier(const Program& program, const GroupRow& group, const ClassifierOptions& options,
                   const GroupRules& rules);
  bool build_parts(const RankedRules& rules, const ClassifierOptions& options,
                   const Attempt& attempt);
  bool build_rows(const RankedRules& rules, const RankPlan& plan, const ClassifierOptions& options,
                  bool is_quick);
  void build_lists(const RankPlan& plan);
  bool refuse(Algorithm algorithm, const BuildBudget& budget);
  void finish(RankedParts parts);

  const Program& program_;
  const GroupRow& group_;
  const Kernel* kernel_;
  RankedParts parts_ = RankedParts::kLists;
  AddressRanks source_, destination_;
  PortClasses ports_;
  std::optional<ClassTables> tables_;
  std::optional<PairRows> rows_;
  IntervalLists by_source_, by_destination_;
  std::vector<ListLine> everywhere_;
  RankedView view_;
};

}  // namespace portacl

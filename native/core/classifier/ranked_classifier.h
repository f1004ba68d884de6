// A classifier over ranks: an index with the program and the group that it serves here.
#pragma once

#include <memory>

#include "classifier/classifier.h"
#include "classifier/ranked_index.h"

namespace portacl {

class RankedClassifier final : public Classifier {
 public:
  // Requires: an index of the conditions that the rules of this group have.
  RankedClassifier(std::shared_ptr<const RankedIndex> index, const Program& program,
                   const GroupRow& group);

  uint32_t find_first(const PacketHeaders& packet) const override;
  void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const override;
  void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const override;
  std::unique_ptr<const Classifier> moved_to(const Program& program,
                                             const GroupRow& group) const override;

  // Shared by all groups that have these conditions.
  const RankedIndex& index() const { return *index_; }

  // Of the rule in that row of the group.
  bool matches(uint32_t row, const PacketHeaders& packet) const;

 private:
  const Program& program_;
  const GroupRow& group_;
  std::shared_ptr<const RankedIndex> index_;
  const Kernel& kernel_;  // of the index, at hand
  size_t parts_;
  RankedView view_;
};

}  // namespace portacl

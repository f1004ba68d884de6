// The classifiers of all groups of a program, and what it takes over of the program before it.
//
// Searches are told apart by what they depend on, the conditions of a group's rules in order: by
// hash first, then condition by condition (group_content.h). Equal groups share one, be they of one
// program or of two that follow one another; rules that changed nothing but their action, too.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "classifier/classifier.h"
#include "classifier/overlay_classifier.h"

namespace portacl {

// Whether large groups that changed a little are built before the policy is there, or put off.
enum class ChangedGroups : uint8_t { kBuilt, kPutOff };

// A program with the classifiers of all its groups: what engines judge by, and share.
class GroupClassifiers {
 public:
  explicit GroupClassifiers(std::shared_ptr<const Program> program,
                            const ClassifierOptions& options = {});
  // The same, with searches of `earlier` where a group has its equal there; nothing is shared where
  // the options differ. `earlier` need not outlive this.
  GroupClassifiers(std::shared_ptr<const Program> program, const ClassifierOptions& options,
                   const GroupClassifiers& earlier, ChangedGroups changed);

  // The row of the first rule of the group in that row that matches, or kNoRow.
  uint32_t find_first(uint32_t group_row, const PacketHeaders& packet) const {
    const Classifier* const classifier = by_group_[group_row].get();
    if (classifier != nullptr) return classifier->find_first(packet);
    return portacl::find_first(*program_, program_->groups()[group_row], packet);
  }

  const std::shared_ptr<const Program>& program() const { return program_; }
  // Null for groups that are searched linearly.
  const Classifier* operator[](uint32_t group_row) const { return by_group_[group_row].get(); }
  ClassifierFacts facts(uint32_t group_row) const;

  // Whether there are groups put off that nobody has begun to build.
  bool has_put_off() const;
  // Builds them, one after another, until the policy is superseded. Other threads may judge by it
  // meanwhile, or make the policy that follows.
  void build_put_off() const;
  // Whether another policy is in the place of this one, which puts off what is the same there.
  void supersede(bool superseded) const {
    superseded_.store(superseded, std::memory_order_relaxed);
  }
  bool is_superseded() const { return superseded_.load(std::memory_order_relaxed); }

 private:
  struct HashedGroup {
    uint64_t hash;  // of the content
    uint32_t group_row;
    auto operator<=>(const HashedGroup&) const = default;
  };

  void build(const GroupClassifiers* earlier, ChangedGroups changed);
  std::vector<HashedGroup> hash_groups() const;
  std::shared_ptr<const Classifier> equal_in(const GroupClassifiers& policy,
                                             const HashedGroup& group) const;
  std::shared_ptr<const Classifier> overlay_of(const GroupClassifiers& earlier,
                                               uint32_t group_row) const;
  uint32_t namesake_of(const Program& other, uint32_t group_row) const;
  std::shared_ptr<NewestSearch> newest_of(uint32_t group_row) const;

  std::shared_ptr<const Program> program_;
  ClassifierOptions options_;
  std::vector<std::shared_ptr<const Classifier>> by_group_;
  std::vector<HashedGroup> by_hash_;     // ascending; groups of more than a few rules
  std::vector<PendingSearch*> put_off_;  // by_group_ owns them
  mutable std::atomic<bool> superseded_ = false;
};

}  // namespace portacl

// A large group that changed a little: asked through the search that was built for the group as it
// was, and the rules that came or went, until a search of its own is built.
//
//     answer of that search ── a kept rule ──> unless one that came stands before it and matches
//                           └─ one that went ─> the rules behind it, one by one
//
// So an answer costs the old search and a rule that came each; only packets whose rule went are
// searched linearly. The search of its own is built once, by any thread (PendingSearch), and from
// then on asked alone. Both give the answer of the linear reference, so nobody can tell when.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "classifier/classifier.h"
#include "classifier/rule_edits.h"

namespace portacl {

// A group with its search, kept with the program that both refer to.
struct BuiltGroup {
  std::shared_ptr<const Program> program;
  uint32_t group_row;
  std::shared_ptr<const Classifier> classifier;

  const GroupRow& group() const { return program->groups()[group_row]; }
};

// The newest search of a group that changes faster than it is built: what the next change begins
// from. Shared by the overlays of policies that follow one another.
class NewestSearch {
 public:
  explicit NewestSearch(std::shared_ptr<const BuiltGroup> first) : newest_(std::move(first)) {}

  std::shared_ptr<const BuiltGroup> get() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  void set(std::shared_ptr<const BuiltGroup> built) {
    const std::lock_guard lock(mutex_);
    newest_.swap(built);  // what goes is freed behind the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const BuiltGroup> newest_;
};

// A search that is put off. Shared by the policies that have the group.
class PendingSearch {
 public:
  PendingSearch(std::shared_ptr<const Program> program, uint32_t group_row,
                const ClassifierOptions& options, std::shared_ptr<NewestSearch> newest)
      : program_(std::move(program)),
        group_row_(group_row),
        options_(options),
        newest_(std::move(newest)) {}

  // Builds it, unless another thread has or does.
  void build();
  bool is_begun() const { return begun_.load(std::memory_order_relaxed); }
  // Null until it is built.
  const BuiltGroup* built() const { return built_.load(std::memory_order_acquire); }
  const std::shared_ptr<NewestSearch>& newest() const { return newest_; }

 private:
  const std::shared_ptr<const Program> program_;
  const uint32_t group_row_;
  const ClassifierOptions options_;
  const std::shared_ptr<NewestSearch> newest_;
  std::atomic<bool> begun_ = false;
  std::shared_ptr<const BuiltGroup> owned_;  // written by who builds, before built_
  std::atomic<const BuiltGroup*> built_ = nullptr;
};

class OverlayClassifier final : public Classifier {
 public:
  // Requires: `edits` lead from the group of `base` to this one, `pending` is of a group that has
  // the conditions of this one.
  OverlayClassifier(const Program& program, const GroupRow& group,
                    std::shared_ptr<const BuiltGroup> base, RuleEdits edits,
                    std::shared_ptr<PendingSearch> pending);

  uint32_t find_first(const PacketHeaders& packet) const override;
  void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const override;
  void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const override;
  // The search of its own, where it is built.
  std::unique_ptr<const Classifier> moved_to(const Program& program,
                                             const GroupRow& group) const override;

  PendingSearch* pending() const override { return pending_.get(); }
  const ClassifierFacts& facts() const override {
    const BuiltGroup* const built = pending_->built();
    return built == nullptr ? facts_ : built->classifier->facts();
  }

 private:
  template <class Key>
  void find_each(std::span<const Key> keys, std::span<uint32_t> rows) const;
  uint32_t find_over_base(const PacketHeaders& packet) const;
  bool matches(uint32_t row, const PacketHeaders& packet) const;

  const Program& program_;
  const GroupRow& group_;
  std::shared_ptr<const BuiltGroup> base_;
  RuleEdits edits_;
  std::shared_ptr<PendingSearch> pending_;
};

}  // namespace portacl

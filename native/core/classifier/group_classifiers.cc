#include "classifier/group_classifiers.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

#include "classifier/group_content.h"

namespace portacl {
namespace {

// Groups of one hash that are compared: different ones among them are no accident.
constexpr size_t kComparesMax = 8;
// Groups of a policy that are put off: each may hold the program it began from.
constexpr size_t kPutOffMax = 8;

}  // namespace

GroupClassifiers::GroupClassifiers(std::shared_ptr<const Program> program,
                                   const ClassifierOptions& options)
    : program_(std::move(program)), options_(options) {
  build(nullptr, ChangedGroups::kBuilt);
}

GroupClassifiers::GroupClassifiers(std::shared_ptr<const Program> program,
                                   const ClassifierOptions& options,
                                   const GroupClassifiers& earlier, ChangedGroups changed)
    : program_(std::move(program)), options_(options) {
  build(options == earlier.options_ ? &earlier : nullptr, changed);
}

// The largest first: they gain most where memory does not reach for all.
void GroupClassifiers::build(const GroupClassifiers* earlier, ChangedGroups changed) {
  const Program& program = *program_;
  by_group_.resize(program.groups().size());
  std::vector<HashedGroup> groups = hash_groups();
  by_hash_ = groups;
  std::ranges::sort(by_hash_);
  std::ranges::stable_sort(groups, std::greater<>(), [&](const HashedGroup& group) {
    return program.groups()[group.group_row].rule_count;
  });
  size_t bytes = 0;
  for (const HashedGroup& group : groups) {
    std::shared_ptr<const Classifier> classifier = equal_in(*this, group);
    if (classifier == nullptr) {
      const bool is_small =
          program.groups()[group.group_row].rule_count <= options_.small_rules_max;
      if (bytes >= (is_small ? options_.small_bytes_max : options_.program_bytes_max)) continue;
      if (earlier != nullptr) classifier = equal_in(*earlier, group);
      if (classifier == nullptr && earlier != nullptr && changed == ChangedGroups::kPutOff) {
        classifier = overlay_of(*earlier, group.group_row);
      }
      if (classifier == nullptr) {
        classifier = build_classifier(program, program.groups()[group.group_row], options_);
      }
      bytes += classifier->facts().bytes;
    }
    if (classifier->pending() != nullptr) put_off_.push_back(classifier->pending());
    by_group_[group.group_row] = std::move(classifier);
  }
}

// In the order of their rows.
std::vector<GroupClassifiers::HashedGroup> GroupClassifiers::hash_groups() const {
  std::vector<HashedGroup> out;
  for (uint32_t row = 0; row < program_->groups().size(); ++row) {
    const GroupRow& group = program_->groups()[row];
    if (group.rule_count > kLinearRulesMax) {
      out.push_back({GroupContent(*program_, group).hash(), row});
    }
  }
  return out;
}

// The search of an equal group of that policy, or null. Of equal groups of this one the first is
// built first.
std::shared_ptr<const Classifier> GroupClassifiers::equal_in(const GroupClassifiers& policy,
                                                             const HashedGroup& group) const {
  const GroupRow& row = program_->groups()[group.group_row];
  const GroupContent content(*program_, row);
  auto at = std::ranges::lower_bound(policy.by_hash_, group.hash, {}, &HashedGroup::hash);
  for (size_t i = 0; i < kComparesMax; ++i, ++at) {
    if (at == policy.by_hash_.end() || at->hash != group.hash) break;
    const Classifier* const classifier = policy[at->group_row];
    if (classifier == nullptr) continue;
    if (content.equals({*policy.program_, policy.program_->groups()[at->group_row]})) {
      return classifier->moved_to(*program_, row);
    }
  }
  return nullptr;
}

// An overlay over the newest search of the group of that name in the policy before, or null where
// that is not worth it.
std::shared_ptr<const Classifier> GroupClassifiers::overlay_of(const GroupClassifiers& earlier,
                                                               uint32_t group_row) const {
  const GroupRow& group = program_->groups()[group_row];
  if (group.rule_count < options_.overlay_rules_min || put_off_.size() >= kPutOffMax) {
    return nullptr;
  }
  const uint32_t earlier_row = namesake_of(*earlier.program_, group_row);
  if (earlier_row == kNoRow || earlier[earlier_row] == nullptr) return nullptr;
  const std::shared_ptr<NewestSearch> newest = earlier.newest_of(earlier_row);
  std::shared_ptr<const BuiltGroup> base = newest->get();
  if (base->classifier->facts().algorithm == Algorithm::kLinear) return nullptr;
  std::optional<RuleEdits> edits = edits_between({*base->program, base->group()},
                                                 {*program_, group}, options_.overlay_edits_max);
  if (!edits) return nullptr;
  return std::make_shared<const OverlayClassifier>(
      *program_, group, std::move(base), std::move(*edits),
      std::make_shared<PendingSearch>(program_, group_row, options_, newest));
}

// The group of that program that has the names, the direction and the family of this one's, or
// kNoRow. Whether its rules are like these is seen later.
uint32_t GroupClassifiers::namesake_of(const Program& other, uint32_t group_row) const {
  const auto place_of = [](const Program& program, const GroupRow& group) {
    const LayerRow& layer = program.layers()[group.layer];
    return std::tuple(group.direction, group.family, layer.stage, program.string(group.name),
                      program.string(layer.name),
                      program.string(program.endpoints()[layer.endpoint].name));
  };
  const auto wanted = place_of(*program_, program_->groups()[group_row]);
  const auto at = std::ranges::find_if(
      other.groups(), [&](const GroupRow& group) { return place_of(other, group) == wanted; });
  return at == other.groups().end() ? kNoRow : static_cast<uint32_t>(at - other.groups().begin());
}

std::shared_ptr<NewestSearch> GroupClassifiers::newest_of(uint32_t group_row) const {
  if (const PendingSearch* const pending = by_group_[group_row]->pending()) {
    return pending->newest();
  }
  return std::make_shared<NewestSearch>(
      std::make_shared<const BuiltGroup>(BuiltGroup{program_, group_row, by_group_[group_row]}));
}

ClassifierFacts GroupClassifiers::facts(uint32_t group_row) const {
  if (by_group_[group_row] != nullptr) return by_group_[group_row]->facts();
  ClassifierFacts facts;
  facts.rules = program_->groups()[group_row].rule_count;
  facts.reason = facts.rules <= kLinearRulesMax
                     ? "few rules"
                     : "larger groups took all the memory that a program's structures may take";
  return facts;
}

bool GroupClassifiers::has_put_off() const {
  return std::ranges::any_of(put_off_,
                             [](const PendingSearch* pending) { return !pending->is_begun(); });
}

void GroupClassifiers::build_put_off() const {
  for (PendingSearch* const pending : put_off_) {
    if (is_superseded()) return;
    pending->build();
  }
}

}  // namespace portacl

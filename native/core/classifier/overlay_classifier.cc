#include "classifier/overlay_classifier.h"

#include <algorithm>
#include <utility>

namespace portacl {

void PendingSearch::build() {
  if (begun_.exchange(true)) return;
  owned_ = std::make_shared<const BuiltGroup>(BuiltGroup{
      program_, group_row_, build_classifier(*program_, program_->groups()[group_row_], options_)});
  built_.store(owned_.get(), std::memory_order_release);
  newest_->set(owned_);
}

OverlayClassifier::OverlayClassifier(const Program& program, const GroupRow& group,
                                     std::shared_ptr<const BuiltGroup> base, RuleEdits edits,
                                     std::shared_ptr<PendingSearch> pending)
    : program_(program),
      group_(group),
      base_(std::move(base)),
      edits_(std::move(edits)),
      pending_(std::move(pending)) {
  facts_ = base_->classifier->facts();
  facts_.reason = "the search of the group before it changed, and the rules that changed";
  facts_.rules = group.rule_count;
}

uint32_t OverlayClassifier::find_first(const PacketHeaders& packet) const {
  const BuiltGroup* const built = pending_->built();
  if (built == nullptr) return find_over_base(packet);
  const uint32_t row = built->classifier->find_first(packet);
  return row == kNoRow ? kNoRow : row - built->group().rule_first + group_.rule_first;
}

bool OverlayClassifier::matches(uint32_t row, const PacketHeaders& packet) const {
  return rule_matches(program_, program_.rules()[group_.rule_first + row],
                      static_cast<Family>(group_.family), packet);
}

uint32_t OverlayClassifier::find_over_base(const PacketHeaders& packet) const {
  const uint32_t found = base_->classifier->find_first(packet);
  uint32_t kept = kNoRow;        // the first rule that matches and was there before
  uint32_t asked_from = kNoRow;  // or from where on none of them is known not to
  if (found != kNoRow) {
    const uint32_t before = found - base_->group().rule_first;
    const auto next = std::ranges::upper_bound(edits_.kept, before, {}, &KeptRun::before);
    const bool is_kept =
        next != edits_.kept.begin() && before - (next - 1)->before < (next - 1)->count;
    if (is_kept) {
      kept = (next - 1)->after + (before - (next - 1)->before);
    } else {
      asked_from = next == edits_.kept.end() ? group_.rule_count : next->after;
    }
  }
  for (const uint32_t row : edits_.added) {
    if (row >= std::min(kept, asked_from)) break;
    if (matches(row, packet)) return group_.rule_first + row;
  }
  if (kept != kNoRow) return group_.rule_first + kept;
  for (uint32_t row = asked_from; row < group_.rule_count; ++row) {
    if (matches(row, packet)) return group_.rule_first + row;
  }
  return kNoRow;
}

template <class Key>
void OverlayClassifier::find_each(std::span<const Key> keys, std::span<uint32_t> rows) const {
  for (size_t i = 0; i < keys.size(); ++i) rows[i] = find_first(headers_of(keys[i]));
}

void OverlayClassifier::find_first(std::span<const MatchKey4> keys,
                                   std::span<uint32_t> rows) const {
  find_each(keys, rows);
}

void OverlayClassifier::find_first(std::span<const MatchKey6> keys,
                                   std::span<uint32_t> rows) const {
  find_each(keys, rows);
}

std::unique_ptr<const Classifier> OverlayClassifier::moved_to(const Program& program,
                                                              const GroupRow& group) const {
  if (const BuiltGroup* const built = pending_->built()) {
    return built->classifier->moved_to(program, group);
  }
  return std::make_unique<OverlayClassifier>(program, group, base_, edits_, pending_);
}

}  // namespace portacl

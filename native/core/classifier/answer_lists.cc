#include "classifier/answer_lists.h"

#include <algorithm>

#include "program/layout.h"

namespace portacl {

AnswerLists::AnswerLists(const PortProduct& ports, BuildBudget& budget)
    : ports_(&ports), budget_(&budget) {
  answer_of({}, {});  // kNone
}

uint32_t AnswerLists::answer_of(std::span<const RankedRule> rules,
                                std::span<const uint32_t> members) {
  rows_.clear();
  port_sets_.clear();
  ++turn_;
  for (const uint32_t member : members) {
    const RankedRule& rule = rules[member];
    if (rule.ports >= seen_in_.size()) seen_in_.resize(rule.ports + 1, 0);
    if (seen_in_[rule.ports] == turn_) continue;  // the rule before it takes all of its packets
    seen_in_[rule.ports] = turn_;
    rows_.push_back(rule.row);
    port_sets_.push_back(rule.ports);
    if (rule.ports == 0) break;  // takes every packet
  }
  const uint64_t probes = answers_.probes();
  const auto [id, is_new] = answers_.id_of(rows_);
  if (!budget_->spend_work(members.size() + answers_.probes() - probes)) return kFull;
  if (!is_new) return begin_of_answer_[id];
  const uint32_t positions = positions_of(port_sets_);
  if (positions == kFull || !budget_->spend_bytes((rows_.size() + 2) * sizeof(uint32_t))) {
    return kFull;
  }
  const auto begin = static_cast<uint32_t>(words_.size());
  words_.push_back(positions);
  words_.insert(words_.end(), rows_.begin(), rows_.end());
  words_.push_back(kNoRow);
  begin_of_answer_.push_back(begin);
  return begin;
}

uint32_t AnswerLists::positions_of(std::span<const uint32_t> port_sets) {
  constexpr size_t kPositionsMax = 0xFFFF;
  if (port_sets.size() > kPositionsMax) return kFull;
  const auto [id, is_new] = sequences_.id_of(port_sets);
  if (!is_new) return begin_of_sequence_[id];
  // A byte each, where one is enough.
  const uint64_t width = port_sets.size() > 0xFF ? 2 : 1;
  if (!budget_->spend_bytes(ports_->count() * width) ||
      !budget_->spend_work(ports_->count() + port_sets.size() * ports_->words())) {
    return kFull;
  }
  const auto begin = static_cast<uint32_t>(positions_.size());
  position_max_ = std::max(position_max_, static_cast<uint16_t>(port_sets.size()));
  positions_.resize(positions_.size() + ports_->count());
  PortTakers takers(*ports_, positions_.data() + begin, static_cast<uint16_t>(port_sets.size()));
  for (size_t i = 0; i < port_sets.size(); ++i) {
    if (!takers.take(port_sets[i], static_cast<uint16_t>(i))) break;
  }
  begin_of_sequence_.push_back(begin);
  return begin;
}

void AnswerLists::finish_build() {
  answers_ = {};
  sequences_ = {};
  std::vector<uint32_t>().swap(begin_of_answer_);
  std::vector<uint32_t>().swap(begin_of_sequence_);
  words_.shrink_to_fit();
}

}  // namespace portacl

#include "classifier/ranked_classifier.h"

#include <utility>

namespace portacl {

RankedClassifier::RankedClassifier(std::shared_ptr<const RankedIndex> index, const Program& program,
                                   const GroupRow& group)
    : program_(program),
      group_(group),
      index_(std::move(index)),
      kernel_(index_->kernel()),
      parts_(static_cast<size_t>(index_->parts())),
      view_(index_->view()) {
  view_.first_row = group.rule_first;
  view_.owner = this;
  facts_ = index_->facts();
}

uint32_t RankedClassifier::find_first(const PacketHeaders& packet) const {
  uint32_t row;
  if (packet.family == Family::kIpv4) {
    const MatchKey4 key = match_key4(packet);
    kernel_.find4[parts_](view_, &key, &row, 1);
  } else {
    const MatchKey6 key = match_key6(packet);
    kernel_.find6[parts_](view_, &key, &row, 1);
  }
  return row;
}

void RankedClassifier::find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const {
  kernel_.find4[parts_](view_, keys.data(), rows.data(), keys.size());
}

void RankedClassifier::find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const {
  kernel_.find6[parts_](view_, keys.data(), rows.data(), keys.size());
}

std::unique_ptr<const Classifier> RankedClassifier::moved_to(const Program& program,
                                                             const GroupRow& group) const {
  return std::make_unique<RankedClassifier>(index_, program, group);
}

bool RankedClassifier::matches(uint32_t row, const PacketHeaders& packet) const {
  return rule_matches(program_, program_.rules()[group_.rule_first + row],
                      static_cast<Family>(group_.family), packet);
}

bool verify_rule(const RankedView& view, uint32_t row, const MatchKey4& key) {
  return static_cast<const RankedClassifier*>(view.owner)->matches(row, headers_of(key));
}

bool verify_rule(const RankedView& view, uint32_t row, const MatchKey6& key) {
  return static_cast<const RankedClassifier*>(view.owner)->matches(row, headers_of(key));
}

}  // namespace portacl

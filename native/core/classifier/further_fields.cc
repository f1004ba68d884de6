#include "classifier/further_fields.h"

#include <algorithm>
#include <utility>

#include "packet/protocols.h"

namespace portacl {
namespace {

std::optional<uint64_t> mac_of(uint64_t mac) {
  return mac == kNoMac ? std::nullopt : std::optional(mac);
}

// 1 for SYN without ACK and RST, 0 for any other segment. The flags of a later fragment nobody
// knows.
std::optional<uint64_t> tcp_opening_of(const PacketHeaders& packet) {
  if (packet.protocol != ip_protocol::kTcp || (packet.flags & kLaterFragment)) return std::nullopt;
  return (packet.tcp_flags & (kTcpSyn | kTcpAck | kTcpRst)) == kTcpSyn ? 1 : 0;
}

}  // namespace

std::optional<uint64_t> further_value(ConditionField field, const PacketHeaders& packet) {
  switch (field) {
    case ConditionField::kTcpOpening:
      return tcp_opening_of(packet);
    case ConditionField::kSourceMac:
      return mac_of(packet.source_mac);
    case ConditionField::kDestinationMac:
      return mac_of(packet.destination_mac);
    case ConditionField::kVlan:
      return packet.vlan;
    case ConditionField::kTni:
      return packet.tni == kNoTni ? std::nullopt : std::optional<uint64_t>(packet.tni);
    case ConditionField::kGreKey:
      return packet.flags & kHasGreKey ? std::optional<uint64_t>(packet.gre_key) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::vector<uint32_t> rules_that_ask_further(const Program& program, const GroupRow& group) {
  std::vector<uint32_t> rows;
  if (!(program.layers()[group.layer].flags & kLayerAsksFurther)) return rows;
  for (uint32_t row = group.rule_first; row < group.rule_first + group.rule_count; ++row) {
    const RuleRow& rule = program.rules()[row];
    const auto conditions =
        program.conditions().subspan(rule.condition_first, rule.condition_count);
    const bool asks = std::ranges::any_of(conditions, [](const ConditionRow& condition) {
      return is_further(static_cast<ConditionField>(condition.field));
    });
    if (asks) rows.push_back(row);
  }
  return rows;
}

FurtherClassifier::FurtherClassifier(const Program& program, const GroupRow& group,
                                     std::vector<uint32_t> rows,
                                     std::unique_ptr<const Classifier> others)
    : program_(program),
      family_(static_cast<Family>(group.family)),
      rows_(std::move(rows)),
      others_(std::move(others)) {
  facts_ = others_->facts();
  facts_.bytes += sizeof(FurtherClassifier) + rows_.size() * sizeof(uint32_t);
}

uint32_t FurtherClassifier::find_first(const PacketHeaders& packet) const {
  // kNoRow is behind every row.
  const uint32_t other = others_->find_first(packet);
  for (const uint32_t row : rows_) {
    if (row > other) break;
    if (rule_matches(program_, program_.rules()[row], family_, packet)) return row;
  }
  return other;
}

void FurtherClassifier::find_first(std::span<const MatchKey4> keys,
                                   std::span<uint32_t> rows) const {
  for (size_t i = 0; i < keys.size(); ++i) rows[i] = find_first(headers_of(keys[i]));
}

void FurtherClassifier::find_first(std::span<const MatchKey6> keys,
                                   std::span<uint32_t> rows) const {
  for (size_t i = 0; i < keys.size(); ++i) rows[i] = find_first(headers_of(keys[i]));
}

std::unique_ptr<const Classifier> FurtherClassifier::moved_to(const Program& program,
                                                              const GroupRow& group) const {
  return std::make_unique<FurtherClassifier>(program, group, rules_that_ask_further(program, group),
                                             others_->moved_to(program, group));
}

}  // namespace portacl

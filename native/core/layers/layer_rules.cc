#include "layers/layer_rules.h"

#include "classifier/classifier.h"

namespace portacl {

LayerAnswer find_layer_rule(const Program& program, const LayerRow& layer, Direction direction,
                            const PacketHeaders& packet) {
  LayerAnswer answer{direction == Direction::kIn ? layer.no_match_in : layer.no_match_out};
  uint32_t could_allow = kNoRow, could_block = kNoRow;
  for (const GroupRow& group : program.groups().subspan(layer.group_first, layer.group_count)) {
    if (group.direction != static_cast<uint8_t>(direction) ||
        group.family != static_cast<uint8_t>(packet.family)) {
      continue;
    }
    const uint32_t row = find_first(program, group, packet);
    if (row == kNoRow) continue;
    const RuleRow& rule = program.rules()[row];
    if ((rule.flags & kRuleAssumesAllow) && could_allow == kNoRow) could_allow = row;
    if ((rule.flags & kRuleAssumesBlock) && could_block == kNoRow) could_block = row;
    // Source: docs/SEMANTICS.md 4.2, Pass goes on with the next tier and leaves no result.
    if (rule.action == static_cast<uint8_t>(Action::kPass)) continue;
    answer.rule = row;
    if (rule.flags & kRuleTerminating) break;
  }
  const RuleRow& decides = program.rules()[answer.rule];
  const bool allows = decides.action == static_cast<uint8_t>(Action::kAllow);
  answer.assumed = allows ? could_block : could_allow;
  // A rule that decides although one of its conditions is assumed to hold.
  if (decides.flags & (kRuleAssumesAllow | kRuleAssumesBlock)) answer.assumed = answer.rule;
  return answer;
}

}  // namespace portacl

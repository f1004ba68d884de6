#include "layers/layer_rules.h"

#include "classifier/classifier.h"

namespace portacl {

uint32_t find_layer_rule(const Program& program, const LayerRow& layer, Direction direction,
                         const PacketHeaders& packet) {
  uint32_t result = direction == Direction::kIn ? layer.no_match_in : layer.no_match_out;
  for (const GroupRow& group : program.groups().subspan(layer.group_first, layer.group_count)) {
    if (group.direction != static_cast<uint8_t>(direction) ||
        group.family != static_cast<uint8_t>(packet.family)) {
      continue;
    }
    const uint32_t row = find_first(program, group, packet);
    if (row == kNoRow) continue;
    const RuleRow& rule = program.rules()[row];
    // Source: docs/SEMANTICS.md 4.2, Pass goes on with the next tier and leaves no result.
    if (rule.action == static_cast<uint8_t>(Action::kPass)) continue;
    result = row;
    if (rule.flags & kRuleTerminating) break;
  }
  return result;
}

}  // namespace portacl

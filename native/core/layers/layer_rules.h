// What the rules of one layer say of a packet, state aside: groups in order, the last that matched
// unless one was terminating, the layer's default when none did.
#pragma once

#include <cstdint>

#include "classifier/group_classifiers.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

struct LayerAnswer {
  uint32_t rule = kNoRow;     // decides, never kNoRow: a rule of a group or the layer's default
  uint32_t assumed = kNoRow;  // rule whose unknown condition could turn the answer, or kNoRow
};

// Source: vfp.md 3.3 and 3.5 (the last group that matches decides, a terminating rule stops);
// docs/semantics/firewall.md 4 for what is assumed.
template <class Ask>
LayerAnswer walk_groups(const Program& program, const LayerRow& layer, Direction direction,
                        Family family, Ask&& ask) {
  LayerAnswer answer{direction == Direction::kIn ? layer.no_match_in : layer.no_match_out};
  uint32_t could_allow = kNoRow, could_block = kNoRow;
  for (uint32_t i = 0; i < layer.group_count; ++i) {
    const GroupRow& group = program.groups()[layer.group_first + i];
    if (group.direction != static_cast<uint8_t>(direction) ||
        group.family != static_cast<uint8_t>(family)) {
      continue;
    }
    const uint32_t row = ask(group, layer.group_first + i);
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
  const bool allows = lets_pass(decides);
  answer.assumed = allows ? could_block : could_allow;
  // A rule that decides although one of its conditions is assumed to hold.
  if (decides.flags & (kRuleAssumesAllow | kRuleAssumesBlock)) answer.assumed = answer.rule;
  return answer;
}

LayerAnswer find_layer_rule(const GroupClassifiers& classifiers, const LayerRow& layer,
                            Direction direction, const PacketHeaders& packet);

}  // namespace portacl

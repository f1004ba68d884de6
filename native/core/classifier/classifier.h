// First match in one group: which of its rules does a packet meet first?
//
// The rules of a group stand in order of evaluation (priority and tie-break are applied when the
// program is made), so every algorithm answers the same question: the smallest rule row whose
// conditions all hold. The linear search below is the reference against which every other
// algorithm will be held; it stays for ever.
//
// A condition looks at the outermost header group. Source: docs/SEMANTICS.md 2, 4.4.
#pragma once

#include <cstdint>

#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

// Whether all conditions of `rule`, a rule of a group of `family`, hold. Requires: the packet is
// of that family.
bool rule_matches(const Program& program, const RuleRow& rule, Family family,
                  const PacketHeaders& packet);

// The row of the first rule of `group` that matches, or kNoRow. Linear in the rules.
uint32_t find_first(const Program& program, const GroupRow& group, const PacketHeaders& packet);

}  // namespace portacl

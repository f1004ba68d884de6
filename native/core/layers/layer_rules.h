// What the rules of one layer say of a packet, state aside: groups in order, the last that matched
// unless one was terminating, the layer's default when none did.
#pragma once

#include <cstdint>

#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

struct LayerAnswer {
  uint32_t rule = kNoRow;     // decides, never kNoRow: a rule of a group or the layer's default
  uint32_t assumed = kNoRow;  // rule whose unknown condition could turn the answer, or kNoRow
};

// Source: vfp.md 3.3 and 3.5 (the last group that matches decides, a terminating rule stops);
// docs/semantics/firewall.md 4 for what is assumed.
LayerAnswer find_layer_rule(const Program& program, const LayerRow& layer, Direction direction,
                            const PacketHeaders& packet);

}  // namespace portacl

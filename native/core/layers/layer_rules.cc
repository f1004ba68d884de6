#include "layers/layer_rules.h"

#include "classifier/classifier.h"

namespace portacl {

LayerAnswer find_layer_rule(const Program& program, const LayerRow& layer, Direction direction,
                            const PacketHeaders& packet) {
  return walk_groups(
      program, layer, direction, packet.family,
      [&](const GroupRow& group, uint32_t) { return find_first(program, group, packet); });
}

}  // namespace portacl

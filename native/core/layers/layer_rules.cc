#include "layers/layer_rules.h"

namespace portacl {

LayerAnswer find_layer_rule(const GroupClassifiers& classifiers, const LayerRow& layer,
                            Direction direction, const PacketHeaders& packet) {
  return walk_groups(
      *classifiers.program(), layer, direction, packet.family,
      [&](const GroupRow&, uint32_t row) { return classifiers.find_first(row, packet); });
}

}  // namespace portacl

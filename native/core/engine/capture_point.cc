#include "engine/capture_point.h"

#include <algorithm>

#include "packet/vxlan.h"

namespace portacl {

std::span<const CaptureRecord> at_ports(const CapturePlace& place,
                                        std::span<const CaptureRecord> records,
                                        std::vector<CaptureRecord>& scratch) {
  if (place.point == CapturePoint::kContainer) return records;
  scratch.assign(records.begin(), records.end());
  for (CaptureRecord& record : scratch) {
    CaptureRecord inside;
    uint32_t vni = 0;
    if (!open_vxlan(record, inside, vni)) continue;
    // What another network carries has other endpoints, whatever its addresses.
    const bool is_ours =
        place.vnis.empty() || std::ranges::find(place.vnis, vni) != place.vnis.end();
    if (is_ours) record = inside;
  }
  return scratch;
}

}  // namespace portacl

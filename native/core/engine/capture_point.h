// Where a capture was taken: its records as the ports of endpoints saw their packets.
// Source: docs/semantics/captures.md, "Where it was taken".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "capture/capture_record.h"

namespace portacl {

enum class CapturePoint : uint8_t {
  kContainer,  // at the ports of endpoints: a packet is what was captured
  kOverlay,    // where an overlay network carries them: a packet is what stands in VXLAN
};

struct CapturePlace {
  CapturePoint point = CapturePoint::kContainer;
  std::vector<uint32_t> vnis;  // overlay networks of the endpoints; empty: not known, so all
};

// One for each record, in their order: `records` themselves, or what is written into `scratch`.
// They point into the bytes of the records.
std::span<const CaptureRecord> at_ports(const CapturePlace& place,
                                        std::span<const CaptureRecord> records,
                                        std::vector<CaptureRecord>& scratch);

}  // namespace portacl

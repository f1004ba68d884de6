// Bytes of a packet with the ends that layers gave it.
//
// Checksums are updated by the difference, not counted anew: what was right stays right, what was
// wrong or left to the network card stays so, and a packet that was cut or is a fragment needs no
// more of its bytes. An absent UDP checksum stays absent. SCTP's covers no address, and a changed
// port changes it beyond what a difference tells: it is counted anew where the whole packet is
// there and it was right before.
// Source: RFC 1624 3, RFC 768, RFC 4443 2.3, RFC 9260 appendix A.
#pragma once

#include <cstdint>

#include "capture/capture_record.h"
#include "packet/departure.h"

namespace portacl {

// `bytes` is a copy of the packet's captured bytes and becomes what leaves. `outside` is the
// checksum of a header outside the packet that covers it, or null.
// Requires: a packet that parse_headers() reads as kOk.
void rewrite(const CaptureRecord& packet, const Departure& departure, uint8_t* bytes,
             uint8_t* outside);

}  // namespace portacl

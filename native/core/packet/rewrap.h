// Bytes of a packet with the headers that layers took off and put on.
//
// Headers that are put on have right lengths and checksums. What is inside keeps its own, as
// rewrite() has them. Padding behind the IP packet goes. Assumptions: N26, N27.
// Source: RFC 7348 5, RFC 7637 3.2, RFC 2784 2, RFC 2003 3.1, RFC 2473 4; RFC 6864 4.1.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/capture_record.h"
#include "packet/departure.h"

namespace portacl {

// Writes what leaves to `out` in the link layer of `packet`; returns its length on the wire.
// Where the link layer is not Ethernet and cannot show the change, `packet` is left as it is.
// Requires: a packet that parse_headers() reads as kOk, as one that carries what `departure` opens.
uint32_t rewrap(const CaptureRecord& packet, const Departure& departure, std::vector<uint8_t>& out);

}  // namespace portacl

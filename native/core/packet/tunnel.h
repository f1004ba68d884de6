// Packets that carry packets: VXLAN, NVGRE and other GRE, IP in IP.
// Source: vfp.md 2.4, 3.6; RFC 7348 5, RFC 7637 3.2, RFC 2784 2, RFC 2003 3, RFC 2473 3.
#pragma once

#include "capture/capture_record.h"
#include "packet/packet_headers.h"
#include "program/layout.h"

namespace portacl {

// Whether the headers are of a kind that carries packets; whether one is there, its bytes say. A
// piece of a fragmented packet carries nothing that could be read.
bool may_carry(const PacketHeaders& packet);

// Writes to `inside` the packet in the outermost tunnel of `record`, as if it had been captured
// without what carries it: an Ethernet frame of VXLAN and NVGRE, an IP packet of the others. Time,
// frame number and interface are kept, options are not; it points into the bytes of `record`.
// kNone, with `inside` untouched, where there is none.
Encapsulation open_tunnel(const CaptureRecord& record, CaptureRecord& inside);

}  // namespace portacl

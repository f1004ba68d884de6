// CaptureRecords to PacketHeaders: the outermost IP header group of each packet.
//
// What the fields and results mean stands in packet_headers.h; how headers are read, in
// header_walk.h. In short, for a packet that fails on the way:
//   - captured bytes end before the IP addresses: kCutLink; behind them: kCutTransport, with
//     whatever of ports, sequence number and the like was still seen (flags say what is valid);
//   - TCP counts as seen with ports and flags, UDP and its kin with ports, ICMP with type and code
//     and, where it has one, the identifier or the quoted packet's place;
//   - a cut IPv6 extension chain leaves `protocol` 0: what it would have been nobody knows;
//   - a fragment other than the first is kOk, without ports.
// ESP and AH are protocols of their own and not looked into. Source: windows-firewall.md 6.
#pragma once

#include <span>

#include "capture/capture_record.h"
#include "packet/packet_headers.h"

namespace portacl {

// out[i] describes records[i]. Requires: out.size() >= records.size(). `quoted` points into the
// record's bytes.
void parse_headers(std::span<const CaptureRecord> records, std::span<PacketHeaders> out);

// The packet quoted in an ICMP error, of which `size` bytes from its IP header on are there.
// Eight bytes of its transport header are enough for ports, or for ICMP type, code and identifier;
// the result is kCutTransport then for TCP, whose flags are missing.
PacketHeaders parse_quoted(Family family, const uint8_t* bytes, uint32_t size);

// The packet that an ICMP error quotes, however it is given.
PacketHeaders quoted_of(const PacketHeaders& packet);

// One packet without the fast path of parse_headers(): its reference in tests.
PacketHeaders parse_by_walk(const CaptureRecord& record);

}  // namespace portacl

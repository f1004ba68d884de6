// Fronts: addresses and ports whose packets belong to other ends, those of published ports and of
// load balancers. Source: docs/semantics/actions.md 4.
//
// A request that a capture shows on its way to a front is judged by the endpoint that a layer gives
// it to; a reply that carries the front already, by the endpoint that it came from, as it was
// there.
#pragma once

#include <cstdint>

#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

class Fronts {
 public:
  explicit Fronts(const Program& program) : program_(program) {}

  bool empty() const { return program_.fronts().empty(); }
  // The target behind the front that the packet goes to, or null. An ICMP error goes where what it
  // quotes came from.
  const TargetRow* behind_destination(const PacketHeaders& packet) const;
  // The same of the front that it comes from.
  const TargetRow* behind_source(const PacketHeaders& packet) const;

  // The packet as it was before it got the front for a source; what an ICMP error quotes goes into
  // `quoted`, which must outlive it. Requires: behind_source() is not null.
  PacketHeaders before_front(const PacketHeaders& packet, PacketHeaders& quoted) const;

 private:
  const TargetRow* behind(const PacketHeaders& packet, bool is_source) const;

  const Program& program_;
};

}  // namespace portacl

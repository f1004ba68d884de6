// How many flows a layer holds, by the classes that have limits of their own.
// Source: vfp.md 3.11, 5.3; docs/semantics/state.md 3.
#pragma once

#include <cstdint>

#include "packet/protocols.h"
#include "program/layout.h"

namespace portacl {

enum class FlowClass : uint8_t { kTcp, kUdp, kOther };
enum class FlowLimit : uint8_t { kAll, kHalfOpen, kTcp, kUdp, kOther };

constexpr FlowClass flow_class(uint8_t protocol) {
  if (protocol == ip_protocol::kTcp) return FlowClass::kTcp;
  return protocol == ip_protocol::kUdp ? FlowClass::kUdp : FlowClass::kOther;
}
constexpr FlowLimit limit_of(FlowClass of) {
  return static_cast<FlowLimit>(static_cast<uint8_t>(of) + static_cast<uint8_t>(FlowLimit::kTcp));
}
constexpr uint32_t flows_max(const SettingsRow& s, FlowClass of) {
  if (of == FlowClass::kTcp) return s.tcp_max;
  return of == FlowClass::kUdp ? s.udp_max : s.other_max;
}

constexpr bool is_half_open(TcpState state) {
  return state == TcpState::kSyn || state == TcpState::kSynAck;
}

struct FlowLoad {
  uint32_t all = 0;
  uint32_t half_open = 0;
  uint32_t classes[3] = {};  // by FlowClass

  uint32_t& of(FlowClass which) { return classes[static_cast<uint8_t>(which)]; }
  uint32_t of(FlowClass which) const { return classes[static_cast<uint8_t>(which)]; }
  void add(const FlowLoad& more) {
    all += more.all;
    half_open += more.half_open;
    for (int i = 0; i < 3; ++i) classes[i] += more.classes[i];
  }
  void take(const FlowLoad& less) {
    all -= less.all;
    half_open -= less.half_open;
    for (int i = 0; i < 3; ++i) classes[i] -= less.classes[i];
  }
};

}  // namespace portacl

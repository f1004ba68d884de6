#include "addon/flow_rows.h"

#include <cstring>

#include "program/layout.h"

namespace portacl {
namespace {

FlowRow row_of(const FlowCopy& flow) {
  const FlowKey& key = flow.key;
  const FlowState& state = flow.state;
  FlowRow row{};
  row.local_hi = key.local.hi;
  row.local_lo = key.local.lo;
  // Of what anybody may answer to the far side is unspecified.
  const bool any_remote = is_any_remote(key);
  row.remote_hi = any_remote ? 0 : key.remote.hi;
  row.remote_lo = any_remote ? 0 : key.remote.lo;
  row.deadline_ns =
      state.deadline_ns == kNever ? ~uint64_t{0} : static_cast<uint64_t>(state.deadline_ns);
  row.id = state.id;
  row.layer = key.layer();
  row.rule = state.rule;
  row.local_port = key.local_port;
  row.remote_port = key.remote_port;
  row.family = static_cast<uint8_t>(any_remote ? key.remote.lo : key.is_ipv6() ? 6 : 4);
  row.protocol = static_cast<uint8_t>(key.scope);
  row.tcp_state = static_cast<uint8_t>(state.tcp);
  row.opener = static_cast<uint8_t>(state.opener);
  return row;
}

}  // namespace

Napi::Value flow_rows(Napi::Env env, std::span<const FlowCopy> flows) {
  auto rows = Napi::Uint8Array::New(env, flows.size() * sizeof(FlowRow));
  for (size_t i = 0; i < flows.size(); ++i) {
    const FlowRow row = row_of(flows[i]);
    std::memcpy(rows.Data() + i * sizeof row, &row, sizeof row);
  }
  return rows;
}

}  // namespace portacl

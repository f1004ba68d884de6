// Flows as rows that cross the addon.
#pragma once

#include <napi.h>

#include <span>

#include "engine/engine_state.h"

namespace portacl {

// A Uint8Array of FlowRows.
Napi::Value flow_rows(Napi::Env env, std::span<const FlowCopy> flows);

}  // namespace portacl

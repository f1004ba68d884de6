// What was read of captures, for JavaScript.
#pragma once

#include <napi.h>

#include <span>

#include "engine/replay.h"

namespace portacl {

// [{packets, bytes, firstTimeNs, lastTimeNs, lostPackets, error}]; times are BigInt or null.
Napi::Array summary_values(Napi::Env env, std::span<const CaptureSummary> summaries);

}  // namespace portacl

// An explanation as JavaScript sees it.
#pragma once

#include <napi.h>

#include "engine/explanation.h"

namespace portacl {

// { packets, steps }: bytes of SeenPacketRows and of TraceRows.
Napi::Value explanation_value(Napi::Env env, const Explanation& explanation);

}  // namespace portacl

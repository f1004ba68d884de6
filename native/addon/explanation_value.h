// An explanation as JavaScript sees it.
#pragma once

#include <napi.h>

#include "engine/explanation.h"

namespace portacl {

// { packet, steps }: bytes of one SeenPacketRow and of TraceRows.
Napi::Value explanation_value(Napi::Env env, const Explanation& explanation);

}  // namespace portacl

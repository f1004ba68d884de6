// Counters as JavaScript sees them.
#pragma once

#include <napi.h>

#include "report/counters.h"

namespace portacl {

// {rules, endpoints, endpointReasons, reasons, totals}: BigUint64Arrays; layouts in counters.h.
Napi::Value counters_value(Napi::Env env, const Counters& counters);

}  // namespace portacl

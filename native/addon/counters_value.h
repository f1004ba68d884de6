// Counters as JavaScript sees them.
#pragma once

#include <napi.h>

#include "report/counters.h"

namespace portacl {

// {rules, endpoints, layers, tcpPackets, endpointReasons, reasons, conditionValues, totals}:
// BigUint64Arrays; layouts in counters.h and condition_values.h.
Napi::Value counters_value(Napi::Env env, const Counters& counters);

}  // namespace portacl

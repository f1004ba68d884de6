// measureClassifier(program, groupRow, keys, options): how fast the rules of one group are found.
#pragma once

#include <napi.h>

namespace portacl {

// program: Uint8Array. keys: Uint8Array of MatchKey4 rows. options: {threads, repetitions, verify},
// numbers. Returns a promise of what ClassifierMeasurement holds; rejected for a program that is
// not sound, a group that is not there or not of IPv4, and an unknown kernel, with {code, offset,
// detail}. Runs off the event loop.
Napi::Value measure_classifier(const Napi::CallbackInfo& info);

}  // namespace portacl

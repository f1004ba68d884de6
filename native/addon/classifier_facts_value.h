// What a classifier is and why, as a value of JavaScript.
#pragma once

#include <napi.h>

#include "classifier/classifier.h"

namespace portacl {

// An object as `NativeClassifierFacts` in src/native/binding.ts.
Napi::Object classifier_facts_value(Napi::Env env, const ClassifierFacts& facts);

}  // namespace portacl

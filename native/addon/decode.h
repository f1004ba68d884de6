// decode(input, format, descriptor, control): the decoder for JavaScript.
#pragma once

#include <napi.h>

namespace portacl {

// input: see capture_input.h. format: 'jsonl' or 'text'. descriptor: number of an open file to
// write to, which stays open. control: Int32Array or undefined, see job_control.h.
// Returns a promise of {packets, error}, `error` being null or {code, offset, detail}; it is not
// rejected for what a capture holds. Runs off the event loop.
Napi::Value decode(const Napi::CallbackInfo& info);

}  // namespace portacl

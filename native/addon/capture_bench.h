// measureCapture(input, reader, control): reading, header parsing and flow hash, without verdicts.
#pragma once

#include <napi.h>

namespace portacl {

// input: see capture_input.h. reader: "portacl", "headers" for the same without the hash, "records"
// without parsing too, or "libpcap" for a loop around pcap_next_ex with parsing and hash as
// "portacl", which takes paths alone. control: see job_control.h. Returns a promise of
// {packets, bytes, hashed, sum, error, why}: packets with a flow, and the sum of their hashes, the
// same for both of these; `why`, a text, when libpcap is missing or refuses the capture.
Napi::Value measure_capture(const Napi::CallbackInfo& info);

}  // namespace portacl

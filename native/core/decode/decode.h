// What the engine reads of every packet, printed: `portacl decode`. The front of this folder.
//
// It visits the same header walk as the parser (packet/header_walk.h), so that what it shows is
// what is judged; it goes further, into tunnels and quoted packets. As JSON lines it is held
// against tshark over a collection of captures.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "base/text_sink.h"
#include "capture/capture_reader.h"

namespace portacl {

enum class DecodeFormat : uint8_t {
  kJsonl,  // one object a packet. Source: interfaces.md section 3
  kText,   // one line a packet, for people
};

struct DecodeResult {
  uint64_t packets = 0;
  Status status;  // of the capture; else of the sink; kCancelled
};

// Called once a batch with the bytes read so far; false cancels.
using DecodeProgress = std::function<bool(uint64_t bytes_read)>;

// Decodes to the end of the capture, the first damage, or until the sink stops. Flushes the sink.
DecodeResult decode(CaptureReader& reader, DecodeFormat format, TextSink& sink,
                    const DecodeProgress& progress);

// One packet with the newline at its end.
void decode_jsonl(const CaptureRecord& record, TextSink& sink);
void decode_text(const CaptureRecord& record, TextSink& sink);

}  // namespace portacl

#include "decode/decode.h"

#include <array>

namespace portacl {

DecodeResult decode(CaptureReader& reader, DecodeFormat format, TextSink& sink,
                    const DecodeProgress& progress) {
  constexpr size_t kBatchRecords = 256;
  const auto print = format == DecodeFormat::kJsonl ? decode_jsonl : decode_text;
  std::array<CaptureRecord, kBatchRecords> batch;
  DecodeResult result;
  while (const size_t count = reader.next_batch(batch)) {
    for (size_t i = 0; i < count; ++i) print(batch[i], sink);
    result.packets += count;
    // What is read is shown at once: the capture may be one that is still being written.
    sink.flush();
    if (sink.stopped()) break;
    if (!progress(reader.bytes_read())) {
      result.status = {ErrorCode::kCancelled, reader.bytes_read(), 0};
      break;
    }
  }
  sink.flush();
  if (result.status.ok()) result.status = sink.status();
  if (result.status.ok()) result.status = reader.status();
  return result;
}

}  // namespace portacl

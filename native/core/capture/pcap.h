// The classic capture file: a header of 24 bytes, then records. See capture_reader.h.
#pragma once

#include <memory>

#include "capture/capture_reader.h"

namespace portacl {

// Whether four bytes begin a classic capture. Requires: 4 bytes at `first`.
bool is_pcap(const uint8_t* first);

// Reads the file header. Null after an error. Requires: is_pcap(buffer.data()).
std::unique_ptr<CaptureFormat> open_pcap(ReadBuffer& buffer, Status& status);

}  // namespace portacl

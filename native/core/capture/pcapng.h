// The capture file of blocks. See capture_reader.h.
#pragma once

#include <memory>

#include "capture/capture_reader.h"

namespace portacl {

// Interfaces of one section; a writer describes each before its first packet.
inline constexpr uint32_t kInterfacesMax = 1u << 16;

// Whether four bytes begin a pcapng section. Requires: 4 bytes at `first`.
bool is_pcapng(const uint8_t* first);

// Reads the first section header. Null after an error. Requires: is_pcapng(buffer.data()).
std::unique_ptr<CaptureFormat> open_pcapng(ReadBuffer& buffer, Status& status);

}  // namespace portacl

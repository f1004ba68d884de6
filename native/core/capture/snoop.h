// The capture file of Solaris: a header of 16 bytes, then records. See capture_reader.h.
// Source: RFC 1761.
#pragma once

#include <memory>

#include "capture/capture_reader.h"

namespace portacl {

// The first bytes of every such file.
inline constexpr size_t kSnoopMagicBytes = 8;

// Whether bytes begin such a file. Requires: kSnoopMagicBytes bytes at `first`.
bool is_snoop(const uint8_t* first);

// Added to a data link type of the format in an error's detail: they are not LINKTYPE numbers.
inline constexpr uint64_t kSnoopLinkBase = uint64_t{1} << 32;

// Reads the file header. Null after an error. Requires: is_snoop(buffer.data()).
std::unique_ptr<CaptureFormat> open_snoop(ReadBuffer& buffer, Status& status);

}  // namespace portacl

// Any bytes as a capture file. The first byte chooses how the file arrives.
#include "fuzz/check_capture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  portacl::fuzz::check_capture({data + 1, size - 1}, data[0]);
  return 0;
}

// How long a thread has worked, whatever else the machine does.
#pragma once

#include <cstdint>

namespace portacl {

// Nanoseconds that the calling thread has been on a processor. Windows counts in steps of its
// clock, about 16 ms.
uint64_t thread_cpu_ns();

}  // namespace portacl

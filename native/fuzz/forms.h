// By which numbers the fuzz targets of containers and of tunnels choose, and seeds.cc for them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portacl::fuzz {

// fuzz_pcap: of microseconds, of nanoseconds, "modified".
inline constexpr uint32_t kPcapMagics[] = {0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34};

// fuzz_pcapng: types of blocks; packets more often than others. Another kind begins a section of
// the other byte order.
inline constexpr uint32_t kBlockTypes[] = {6, 6, 1, 2, 3, 4, 5, 0x0BAD, 10, 6};
inline constexpr uint8_t kTurnedSection = 0xFF;

// fuzz_tunnels: how many kinds it has.
inline constexpr size_t kTunnelKinds = 26;

}  // namespace portacl::fuzz

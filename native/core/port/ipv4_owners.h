// The endpoints of IPv4 addresses: a small open-addressed table for nearly every packet. A view
// that a loop takes by value, so that no store of the loop makes the processor read it again.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/layout.h"

namespace portacl {

class Ipv4Owners {
 public:
  // An address of 0 is a free slot: nobody owns 0.0.0.0.
  struct Slot {
    uint32_t address = 0;
    uint32_t owner = kNoRow;
  };

  // Requires: a power of two of slots, more than a few of them free, that outlive the view.
  Ipv4Owners(Slot* slots, size_t count, uint32_t seed)
      : slots_(slots),
        seed_(seed),
        mask_(static_cast<uint32_t>(count - 1)),
        shift_(32 - static_cast<unsigned>(std::countr_zero(count))) {}

  // An address that is in the table gets another owner. Requires: an address other than 0.0.0.0.
  void insert(uint32_t address, uint32_t owner) const {
    slots_[slot_of(address)] = {address, owner};
  }

  // kNoRow when nobody has the address. Requires: an address other than 0.0.0.0.
  uint32_t find(uint32_t address) const { return slots_[slot_of(address)].owner; }

 private:
  // The slot that holds the address, or the free one where it would stand. Whether an address is
  // ours nobody can predict; that its first slot says it, one can. One product asks both questions,
  // since a compiler makes two branches of two comparisons.
  uint32_t slot_of(uint32_t address) const {
    uint32_t i = (address ^ seed_) * 0x9E3779B1u >> shift_;
    while (static_cast<uint64_t>(slots_[i].address ^ address) * slots_[i].address != 0) {
      i = (i + 1) & mask_;
    }
    return i;
  }

  Slot* slots_;
  uint32_t seed_;
  uint32_t mask_;
  unsigned shift_;
};

}  // namespace portacl

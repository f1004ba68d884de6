// The search of a ranked classifier, once for all instruction sets. Included by kernels only.
//
// `Isa` has two primitives:
//   count_not_above(bounds, count, value): how many of the first `count` (at most 32) ascending
//     bounds are not above `value`; 32 may be read.
//   match_four(entries, value): bit 4 i for every i of four entries with from <= value <= to;
//     last_four(entries): bit 4 i for those that end a list.
//
// Everything stands in an unnamed namespace: the linker must not give a function compiled for
// AVX-512 to a file that runs anywhere.
#pragma once

#include <bit>
#include <cstddef>

#include "classifier/kernels/kernel.h"

namespace portacl {
namespace {

inline void prefetch(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  (void)address;
#endif
}

template <class Isa>
struct RankedSearcher {
  static inline uint32_t rank(const RankView& view, uint32_t address) {
    const uint32_t upper = address >> 16;
    const auto low = static_cast<uint16_t>(address);
    uint32_t first = view.first[upper];
    uint32_t count = view.first[upper + 1] - first;
    while (count > AddressRanks::kStepBounds) {
      const uint32_t half = count / 2;
      first += view.low[first + half - 1] <= low ? half : 0;
      count -= half;
    }
    return first + Isa::count_not_above(view.low + first, count, low);
  }

  static inline uint32_t rank(const RankView& view, const IpAddress& address) {
    uint32_t first = 0;
    uint32_t count = view.bound_count;
    while (count > 0) {
      const uint32_t half = (count + 1) / 2;
      const IpAddress& bound = view.bounds[first + half - 1];
      const bool reached =
          (bound.hi < address.hi) | ((bound.hi == address.hi) & (bound.lo <= address.lo));
      first += reached ? half : 0;
      count -= half;
    }
    return first;
  }

  struct Ports {
    uint32_t source, destination, protocol;  // classes
  };

  template <class Key>
  static inline Ports ports_of(const RankedView& view, const Key& key) {
    return {view.source_port[key.source_port], view.destination_port[key.destination_port],
            view.protocol[key.protocol | static_cast<uint32_t>(key.shows) << 8]};
  }

  static inline uint32_t find_in_tables(const RankedView& view, uint32_t source,
                                        uint32_t destination, const Ports& ports) {
    const TableView& tables = view.tables;
    const uint32_t pair = tables.pairs[tables.source[source] * tables.destination_classes +
                                       tables.destination[destination]];
    const uint32_t port_class =
        tables.ports[(ports.protocol * view.destination_port_classes + ports.destination) *
                         view.source_port_classes +
                     ports.source];
    return tables.offsets[tables.firsts[size_t{pair} * tables.port_classes + port_class]];
  }

  static inline bool in_port_set(const RankedView& view, const Ports& ports, uint32_t set) {
    const PortSetView& sets = view.sets;
    const uint32_t word = set / 64;
    const uint64_t bits = sets.source[ports.source * sets.words + word] &
                          sets.destination[ports.destination * sets.words + word] &
                          sets.protocol[ports.protocol * sets.words + word];
    return bits >> (set % 64) & 1;
  }

  // The first entry of the list that holds and stands before `best`, else `best`.
  // Lists ascend by offset.
  template <class Key>
  static inline uint32_t scan(const RankedView& view, const ListEntry* entries, uint32_t rank,
                              const Ports& ports, const Key& key, uint32_t best) {
    for (;; entries += 4) {
      if (entries->offset >= best) return best;
      const uint32_t last = Isa::last_four(entries);
      // Up to and with the first entry that ends the list.
      uint32_t candidates = Isa::match_four(entries, rank) & (last ^ (last - 1));
      for (; candidates != 0; candidates &= candidates - 1) {
        const ListEntry& entry = entries[std::countr_zero(candidates) / 4];
        if (entry.offset >= best) return best;
        if (!in_port_set(view, ports, entry.ports & kEntryPortsMask)) continue;
        if ((entry.ports & kEntryVerify) && !verify_rule(view, entry.offset, key)) continue;
        return entry.offset;
      }
      if (last != 0) return best;
    }
  }

  template <RankedParts kParts, class Key>
  static inline uint32_t answer(const RankedView& view, const Key& key, uint32_t source,
                                uint32_t destination, const ListEntry* by_source,
                                const ListEntry* by_destination) {
    const Ports ports = ports_of(view, key);
    uint32_t best = kNoOffset;
    if constexpr (kParts != RankedParts::kLists) {
      best = find_in_tables(view, source, destination, ports);
    }
    if constexpr (kParts != RankedParts::kTables) {
      best = scan(view, by_source, destination, ports, key, best);
      best = scan(view, by_destination, source, ports, key, best);
      if (view.everywhere != nullptr) {
        best = scan(view, view.everywhere, source, ports, key, best);
      }
    }
    return best;
  }

  template <RankedParts kParts, class Key>
  static inline uint32_t find_one(const RankedView& view, const Key& key) {
    const uint32_t source = rank(view.source, key.source);
    const uint32_t destination = rank(view.destination, key.destination);
    const ListEntry* by_source = nullptr;
    const ListEntry* by_destination = nullptr;
    if constexpr (kParts != RankedParts::kTables) {
      by_source = view.by_source.entries + view.by_source.first[source];
      by_destination = view.by_destination.entries + view.by_destination.first[destination];
    }
    return answer<kParts>(view, key, source, destination, by_source, by_destination);
  }

  template <RankedParts kParts, class Key>
  static void find(const RankedView& view, const Key* keys, uint32_t* offsets, size_t count) {
    for (size_t i = 0; i < count; ++i) offsets[i] = find_one<kParts>(view, keys[i]);
  }
};

template <class Isa>
constexpr Kernel kernel_of(const char* name) {
  using S = RankedSearcher<Isa>;
  return {name,
          {S::template find<RankedParts::kTables, MatchKey4>,
           S::template find<RankedParts::kLists, MatchKey4>,
           S::template find<RankedParts::kBoth, MatchKey4>},
          {S::template find<RankedParts::kTables, MatchKey6>,
           S::template find<RankedParts::kLists, MatchKey6>,
           S::template find<RankedParts::kBoth, MatchKey6>}};
}

}  // namespace
}  // namespace portacl

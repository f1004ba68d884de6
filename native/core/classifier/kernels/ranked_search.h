// The search of a ranked classifier, once for all instruction sets. Included by kernels only.
//
// `Isa` has two primitives, the first for both nodes of ranks:
//   count_below(bucket, value), count_below(line, value): how many bounds of a node are below a
//     node value (address_ranks.h).
//   match_four(line, value): bit 4 i for every i of the four entries with from <= value <= to.
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
    const RankBucket& bucket = view.buckets[view.upper[address >> 16]];
    const NodeBound value = node_value(address & 0xFFFF);
    const uint32_t step = bucket.step();
    uint32_t skipped = Isa::count_below(bucket, value) << step;
    const RankLine* line = view.lines + bucket.line() + skipped / RankLine::kBounds;
    if (step > kLineStep) [[unlikely]] {
      // Several lines between two separators.
      for (uint32_t lines = 1u << (step - kLineStep); lines > 1;) {
        const uint32_t half = lines / 2;
        const bool is_behind = line[half - 1].bounds[RankLine::kBounds - 1] < value;
        line += is_behind ? half : 0;
        skipped += is_behind ? half * RankLine::kBounds : 0;
        lines -= half;
      }
    }
    return bucket.first + skipped + Isa::count_below(*line, value);
  }
  static constexpr uint32_t kLineStep = 5;

  static inline uint32_t rank(const RankView& view, const IpAddress& address) {
    uint32_t first = 0;
    uint32_t count = view.bound_count;
    while (count > 0) {
      const uint32_t half = (count + 1) / 2;
      const IpAddress& bound = view.bounds[first + half - 1];
      // Arithmetic, because compilers make a branch of a choice here.
      const auto reached = static_cast<uint32_t>(
          (bound.hi < address.hi) | ((bound.hi == address.hi) & (bound.lo <= address.lo)));
      first += reached * half;
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

  static inline uint32_t class_of(const AddressClassView& classes, const RankView&,
                                  uint32_t address) {
    return classes[address];
  }
  static inline uint32_t class_of(const AddressClassView& classes, const RankView& ranks,
                                  const IpAddress& address) {
    return classes.by_rank[rank(ranks, address)];
  }

  // Requires: classes of the addresses.
  static inline uint32_t find_in_tables(const RankedView& view, uint32_t source,
                                        uint32_t destination, const Ports& ports) {
    return find_pair_in_tables(view, source * view.tables.destination_classes + destination, ports);
  }

  static inline uint32_t find_pair_in_tables(const RankedView& view, uint32_t classes,
                                             const Ports& ports) {
    const TableView& tables = view.tables;
    const uint32_t pair = tables.pairs[classes];
    const uint32_t port_class =
        tables.ports[(ports.protocol * view.destination_port_classes + ports.destination) *
                         view.source_port_classes +
                     ports.source];
    return tables.rows[tables.firsts[size_t{pair} * tables.port_classes + port_class]];
  }

  static inline bool in_port_set(const RankedView& view, const Ports& ports, uint32_t set) {
    const PortSetView& sets = view.sets;
    const uint32_t word = set / 64;
    const uint64_t bits = sets.source[ports.source * sets.words + word] &
                          sets.destination[ports.destination * sets.words + word] &
                          sets.protocol[ports.protocol * sets.words + word];
    return bits >> (set % 64) & 1;
  }

  template <class Key>
  static inline bool holds(const RankedView& view, const ListEntry& entry, const Ports& ports,
                           const Key& key) {
    return in_port_set(view, ports, entry.ports & kEntryPortsMask) &&
           (!(entry.ports & kEntryVerify) || verify_rule(view, entry.row, key));
  }

  static constexpr uint32_t kAllLanes = 0x1111;

  // The first entry of the list that holds and stands before `best`, else `best`. Lists ascend by
  // row.
  template <class Key>
  static uint32_t scan(const RankedView& view, const ListLine* line, uint32_t lanes, uint32_t rank,
                       const Ports& ports, const Key& key, uint32_t best) {
    for (;; ++line) {
      uint32_t candidates = Isa::match_four(*line, rank) & lanes;
      for (; candidates != 0; candidates &= candidates - 1) {
        const ListEntry& entry = line->entries[std::countr_zero(candidates) / 4];
        if (entry.row >= best) return best;
        if (holds(view, entry, ports, key)) return entry.row;
      }
      if (lanes != kAllLanes || !line->continues() || line->entries[3].row >= best) return best;
    }
  }

  // What the first line of a list says, without a branch: its first candidate, if it holds; and
  // whether more must be looked at, which is rare.
  struct Glance {
    uint32_t row;
    uint32_t is_open;
  };
  static inline Glance glance(const RankedView& view, const ListLine* line, uint32_t lanes,
                              uint32_t rank, const Ports& ports) {
    const uint32_t candidates = Isa::match_four(*line, rank) & lanes;
    // Without a candidate an entry that has nothing stands in: every port, no row.
    const ListEntry* entry = &line->entries[std::countr_zero(candidates | 0x1000) / 4];
    entry = candidates != 0 ? entry : view.by_source.lines->entries;
    const bool checks = (entry->ports & kEntryVerify) != 0;
    const bool holds = in_port_set(view, ports, entry->ports & kEntryPortsMask) & !checks;
    const bool is_answer = holds & (candidates != 0);
    const bool has_more = ((candidates & (candidates - 1)) != 0) |
                          ((lanes == kAllLanes) & line->continues()) | checks;
    return {holds ? entry->row : kNoRow, static_cast<uint32_t>(has_more & !is_answer)};
  }

  template <RankedParts kParts, class Key>
  static inline uint32_t find_one(const RankedView& view, const Key& key) {
    if constexpr (kParts == RankedParts::kRows) {
      uint32_t row;
      find_block_in_rows(view, &key, &row, 1);
      return row;
    }
    const Ports ports = ports_of(view, key);
    if constexpr (kParts == RankedParts::kTables) {
      return find_in_tables(view, class_of(view.tables.source, view.source, key.source),
                            class_of(view.tables.destination, view.destination, key.destination),
                            ports);
    }
    const uint32_t source = rank(view.source, key.source);
    const uint32_t destination = rank(view.destination, key.destination);
    const RankEntry by_source = view.by_source.ranks[source];
    const RankEntry by_destination = view.by_destination.ranks[destination];
    uint32_t best = kNoRow;
    if constexpr (kParts == RankedParts::kBoth) {
      best = find_in_tables(view, by_source.number, by_destination.number, ports);
    }
    best = scan(view, view.by_source.lines + by_source.line, by_source.lanes, destination, ports,
                key, best);
    best = scan(view, view.by_destination.lines + by_destination.line, by_destination.lanes, source,
                ports, key, best);
    if (view.everywhere != nullptr) {
      best = scan(view, view.everywhere, kAllLanes, source, ports, key, best);
    }
    return best;
  }

  // Packets that go through a stage together: their columns stay in the first-level cache.
  static constexpr size_t kBlock = 64;

  // A batch goes stage by stage, so that in each the misses of many packets overlap: a stage is
  // a few instructions and one or two loads a packet, and a CPU looks that far ahead.
  // docs/PERFORMANCE.md, "Classification".
  template <RankedParts kParts, class Key>
  static void find(const RankedView& view, const Key* keys, uint32_t* rows, size_t count) {
    if (count < 4) {
      for (size_t i = 0; i < count; ++i) rows[i] = find_one<kParts>(view, keys[i]);
      place(view, rows, count);
      return;
    }
    for (size_t i = 0; i < count; i += kBlock) {
      const size_t block = count - i < kBlock ? count - i : kBlock;
      if constexpr (kParts == RankedParts::kTables) {
        find_block_in_tables(view, keys + i, rows + i, block);
      } else if constexpr (kParts == RankedParts::kRows) {
        find_block_in_rows(view, keys + i, rows + i, block);
      } else {
        find_block<kParts>(view, keys + i, rows + i, block);
      }
      place(view, rows + i, block);
    }
  }

  // From rows of the group to those of its program.
  static inline void place(const RankedView& view, uint32_t* rows, size_t count) {
    const uint32_t first = view.first_row;
    for (size_t i = 0; i < count; ++i) rows[i] += rows[i] == kNoRow ? 0 : first;
  }

  template <class Key>
  static inline void find_block_in_tables(const RankedView& view, const Key* keys, uint32_t* rows,
                                          size_t count) {
    const TableView tables = view.tables;
    uint32_t pairs[kBlock], ports[kBlock];
    for (size_t i = 0; i < count; ++i) {
      pairs[i] = class_of(tables.source, view.source, keys[i].source) * tables.destination_classes;
    }
    for (size_t i = 0; i < count; ++i) {
      pairs[i] += class_of(tables.destination, view.destination, keys[i].destination);
    }
    for (size_t i = 0; i < count; ++i) {
      const Ports classes = ports_of(view, keys[i]);
      ports[i] = (classes.protocol * view.destination_port_classes + classes.destination) *
                     view.source_port_classes +
                 classes.source;
    }
    for (size_t i = 0; i < count; ++i) pairs[i] = tables.pairs[pairs[i]];
    for (size_t i = 0; i < count; ++i) ports[i] = tables.ports[ports[i]];
    for (size_t i = 0; i < count; ++i) {
      // cppcheck-suppress constStatement ; it takes the braces for a statement
      rows[i] = tables.rows[tables.firsts[size_t{pairs[i]} * tables.port_classes + ports[i]]];
    }
  }

  static inline uint32_t port_class_of(const RankedView& view, const Ports& ports) {
    return view.rows.ports[(ports.protocol * view.destination_port_classes + ports.destination) *
                               view.source_port_classes +
                           ports.source];
  }

  // Without a branch: nobody can predict these.
  static inline uint32_t choose(bool first, uint32_t a, uint32_t b) {
#if defined(__GNUC__)
    return __builtin_expect_with_probability(first, 1, 0.5) ? a : b;
#else
    return first ? a : b;
#endif
  }

  static inline uint32_t answer_in(const PairRowsView& view, const PairRow& row, uint32_t column) {
    const uint32_t at = row.cells + column;
    const PairCell cell = view.cells[choose(at < view.last_cell, at, view.last_cell)];
    const uint32_t answer = choose(column - row.from <= row.span, row.inside, row.outside);
    // Arithmetic: of this one compilers make a branch all the same.
    const uint32_t is_exception = 0u - static_cast<uint32_t>(cell.owner == row.cells);
    return answer ^ ((answer ^ cell.answer) & is_exception);
  }

  static inline uint32_t row_of(const PairRowsView& view, uint32_t answer, uint32_t ports) {
    const size_t at = size_t{view.words[answer] + ports} << view.position_shift;
    const uint32_t upper = view.positions[at + 1] * view.position_shift;
    return view.words[answer + 1 + (view.positions[at] | upper << 8)];
  }

  template <class Key>
  static inline void find_block_in_rows(const RankedView& view, const Key* keys, uint32_t* rows,
                                        size_t count) {
    const PairRowsView pairs = view.rows;
    RankPlaces source[kBlock], destination[kBlock];
    uint32_t ranks[kBlock];
    for (size_t i = 0; i < count; ++i) {
      ranks[i] = rank(view.source, keys[i].source);
      prefetch(&pairs.source[ranks[i]]);
    }
    for (size_t i = 0; i < count; ++i) source[i] = pairs.source[ranks[i]];
    for (size_t i = 0; i < count; ++i) {
      ranks[i] = rank(view.destination, keys[i].destination);
      prefetch(&pairs.destination[ranks[i]]);
    }
    for (size_t i = 0; i < count; ++i) destination[i] = pairs.destination[ranks[i]];
    uint32_t ports[kBlock];
    for (size_t i = 0; i < count; ++i) ports[i] = port_class_of(view, ports_of(view, keys[i]));
    for (size_t i = 0; i < count; ++i) rows[i] = kNoRow;
    const auto look = [&](auto row_number, auto column) {
      uint32_t answers[kBlock];
      for (size_t i = 0; i < count; ++i) prefetch(&pairs.rows[row_number(i)]);
      for (size_t i = 0; i < count; ++i) {
        answers[i] = answer_in(pairs, pairs.rows[row_number(i)], column(i));
        prefetch(&pairs.words[answers[i]]);
      }
      for (size_t i = 0; i < count; ++i) {
        const uint32_t row = row_of(pairs, answers[i], ports[i]);
        rows[i] = choose(row < rows[i], row, rows[i]);
      }
    };
    if (pairs.parts & 1u << RankPlaces::kBySource) {
      look([&](size_t i) { return source[i].by_source(); },
           [&](size_t i) { return destination[i].by_source(); });
    }
    if (pairs.parts & 1u << RankPlaces::kByDestination) {
      look([&](size_t i) { return destination[i].by_destination(); },
           [&](size_t i) { return source[i].by_destination(); });
    }
    if (pairs.parts & 1u << RankPlaces::kWide) {
      look([&](size_t i) { return source[i].wide(); },
           [&](size_t i) { return destination[i].wide(); });
    }
  }

  template <RankedParts kParts, class Key>
  static inline void find_block(const RankedView& view, const Key* keys, uint32_t* rows,
                                size_t count) {
    uint32_t source[kBlock], destination[kBlock];
    for (size_t i = 0; i < count; ++i) {
      source[i] = rank(view.source, keys[i].source);
      prefetch(&view.by_source.ranks[source[i]]);
    }
    for (size_t i = 0; i < count; ++i) {
      destination[i] = rank(view.destination, keys[i].destination);
      prefetch(&view.by_destination.ranks[destination[i]]);
    }
    const ListLine* by_source[kBlock];
    const ListLine* by_destination[kBlock];
    uint16_t source_lanes[kBlock], destination_lanes[kBlock];
    uint32_t pairs[kBlock];
    for (size_t i = 0; i < count; ++i) {
      const RankEntry first = view.by_source.ranks[source[i]];
      const RankEntry second = view.by_destination.ranks[destination[i]];
      by_source[i] = view.by_source.lines + first.line;
      by_destination[i] = view.by_destination.lines + second.line;
      source_lanes[i] = first.lanes;
      destination_lanes[i] = second.lanes;
      prefetch(by_source[i]);
      prefetch(by_destination[i]);
      if constexpr (kParts == RankedParts::kBoth) {
        pairs[i] = first.number * view.tables.destination_classes + second.number;
      }
    }
    Ports ports[kBlock];
    for (size_t i = 0; i < count; ++i) ports[i] = ports_of(view, keys[i]);
    for (size_t i = 0; i < count; ++i) {
      rows[i] = kNoRow;
      if constexpr (kParts == RankedParts::kBoth) {
        rows[i] = find_pair_in_tables(view, pairs[i], ports[i]);
      }
    }
    // Packets whose lists a glance does not settle; appended without a branch.
    uint32_t open[kBlock];
    size_t open_count = 0;
    for (size_t i = 0; i < count; ++i) {
      const Glance first = glance(view, by_source[i], source_lanes[i], destination[i], ports[i]);
      const Glance second =
          glance(view, by_destination[i], destination_lanes[i], source[i], ports[i]);
      const uint32_t row = first.row < second.row ? first.row : second.row;
      rows[i] = row < rows[i] ? row : rows[i];
      open[open_count] = static_cast<uint32_t>(i);
      open_count += first.is_open | second.is_open;
    }
    for (size_t n = 0; n < open_count; ++n) {
      const uint32_t i = open[n];
      rows[i] =
          scan(view, by_source[i], source_lanes[i], destination[i], ports[i], keys[i], rows[i]);
      rows[i] = scan(view, by_destination[i], destination_lanes[i], source[i], ports[i], keys[i],
                     rows[i]);
    }
    if (view.everywhere == nullptr) return;
    for (size_t i = 0; i < count; ++i) {
      rows[i] = scan(view, view.everywhere, kAllLanes, source[i], ports[i], keys[i], rows[i]);
    }
  }
};

template <class Isa>
constexpr Kernel kernel_of(const char* name) {
  using S = RankedSearcher<Isa>;
  return {name,
          {S::template find<RankedParts::kTables, MatchKey4>,
           S::template find<RankedParts::kLists, MatchKey4>,
           S::template find<RankedParts::kBoth, MatchKey4>,
           S::template find<RankedParts::kRows, MatchKey4>},
          {S::template find<RankedParts::kTables, MatchKey6>,
           S::template find<RankedParts::kLists, MatchKey6>,
           S::template find<RankedParts::kBoth, MatchKey6>,
           S::template find<RankedParts::kRows, MatchKey6>}};
}

}  // namespace
}  // namespace portacl

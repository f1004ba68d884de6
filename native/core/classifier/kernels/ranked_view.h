// Everything a kernel reads: plain pointers, no containers, so that files compiled for one
// instruction set instantiate nothing that others share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "classifier/address_ranks.h"
#include "classifier/match_key.h"
#include "program/layout.h"

namespace portacl {

// Numbers 0 to 65,535 to classes: numbers of one class are in the same port conditions.
struct NumberClassView {
  const uint16_t* classes = nullptr;
  uint32_t shift = 0;  // lower bits that no bound of a condition uses
  uint32_t operator[](uint32_t number) const { return classes[number >> shift]; }
};

// Of which port sets (conditions on ports and protocol as they stand in rules) a class is part:
// bit q of row `class` of each of the three tables; all three must be set.
struct PortSetView {
  const uint64_t* source = nullptr;
  const uint64_t* destination = nullptr;
  const uint64_t* protocol = nullptr;
  uint32_t words = 0;  // of a row
};

// One rule in a list: its interval in the field that the list is not indexed by.
struct ListEntry {
  uint32_t from = 1;   // ranks; by default none
  uint32_t to = 0;     // included
  uint32_t ports = 0;  // number of its port set, and flags
  uint32_t row = kNoRow;
};
static_assert(sizeof(ListEntry) == 16);
inline constexpr uint32_t kEntryVerify = 0x40000000;  // the conditions of the rule must be asked
inline constexpr uint32_t kEntryPortsMask = 0x3FFFFFFF;

// Four entries, which is what a kernel compares at once. A list of up to four entries lies within
// one line, beside others; a longer one begins a line and has whole lines.
struct alignas(64) ListLine {
  ListEntry entries[4];
  bool continues() const { return (entries[3].ports & kContinues) != 0; }
  static constexpr uint32_t kContinues = 0x80000000;
};
static_assert(sizeof(ListLine) == 64);

// What a rank leads to; together, so that all of it costs one miss.
struct RankEntry {
  uint32_t line = 0;    // of the list
  uint16_t lanes = 0;   // bit 4 i: entry i of the line is of the list; 0 is the empty list
  uint16_t number = 0;  // class in the tables
};
static_assert(sizeof(RankEntry) == 8);

// Rules that narrow one address field to few ranks, listed by the rank of that field.
struct ListView {
  const RankEntry* ranks = nullptr;
  const ListLine* lines = nullptr;  // the first one has nothing
};

// Addresses to classes where there are no lists: IPv6 by rank, IPv4 by the halves of the address.
struct AddressClassView {
  const uint16_t* by_rank = nullptr;
  const uint16_t* upper = nullptr;
  const uint16_t* lower = nullptr;
  const uint16_t* at = nullptr;  // [upper][lower]
  uint32_t lower_classes = 0;
  uint32_t operator[](uint32_t address) const {
    return at[upper[address >> 16] * lower_classes + lower[address & 0xFFFF]];
  }
};

// Rules as cross products of classes.
struct TableView {
  AddressClassView source;
  AddressClassView destination;
  const uint16_t* pairs = nullptr;   // [source class][destination class]
  const uint16_t* ports = nullptr;   // [protocol][destination port][source port]
  const uint16_t* firsts = nullptr;  // [pair][ports]: index into rows
  const uint32_t* rows = nullptr;    // the last one is kNoRow
  uint32_t destination_classes = 0;
  uint32_t port_classes = 0;
};

// Where a rank leads in each part of a set's rows (pair_rows.h): a row in the field that the part
// is indexed by, a column in the other one. Together, so that all of it costs one miss.
struct RankPlaces {
  enum Part : uint32_t { kBySource = 0, kByDestination = 1, kWide = 2 };

  uint64_t packed = 0;  // 24, 24 and 16 bits

  // Numbers that a part may have.
  static constexpr uint32_t limit(Part part) { return part == kWide ? 1 << 16 : 1 << 24; }
  uint32_t by_source() const { return packed & 0xFFFFFF; }
  uint32_t by_destination() const { return packed >> 24 & 0xFFFFFF; }
  uint32_t wide() const { return static_cast<uint32_t>(packed >> 48); }
  // Requires: 0 before.
  void set(Part part, uint32_t number) { packed |= uint64_t{number} << 24 * part; }
};

// What one rank comes to, by column: an interval, the answers inside and outside of it, and the
// cells of the columns for which that is wrong.
struct PairRow {
  uint32_t from = 0;     // first column inside
  uint32_t span = 0;     // the last one, less the first
  uint32_t inside = 0;   // an answer (answer_lists.h)
  uint32_t outside = 0;  // an answer
  uint32_t cells = 0;    // cell `cells + column` is the column's, if it says so
};
struct PairCell {
  static constexpr uint32_t kFree = 0x80000000;  // no row's cells begin there
  uint32_t owner = kFree;                        // PairRow::cells
  uint32_t answer = 0;
};

struct PairRowsView {
  const RankPlaces* source = nullptr;       // by rank
  const RankPlaces* destination = nullptr;  // by rank
  const PairRow* rows = nullptr;            // of all parts; row 0 has no rule
  const PairCell* cells = nullptr;
  uint32_t last_cell = 0;              // it is free
  const uint32_t* words = nullptr;     // answer_lists.h
  const uint8_t* positions = nullptr;  // answer_lists.h, little-endian
  uint32_t position_shift = 0;         // 0: a byte each; 1: two bytes
  const uint16_t* ports = nullptr;     // [protocol][destination port][source port]
  uint32_t parts = 0;                  // bit RankPlaces::Part: the part has rules
};

struct RankedView {
  RankView source;
  RankView destination;
  NumberClassView source_port;
  NumberClassView destination_port;
  NumberClassView protocol;  // of protocol | shows << 8
  uint32_t source_port_classes = 0;
  uint32_t destination_port_classes = 0;
  PortSetView sets;
  TableView tables;
  PairRowsView rows;
  ListView by_source;
  ListView by_destination;
  const ListLine* everywhere = nullptr;  // a list for all packets, by source rank; may be null
  // Of the group that is asked; all rows above count from it.
  uint32_t first_row = 0;
  const void* owner = nullptr;  // for verify_rule()
};

// Whether all conditions of the rule in that row of the group hold. For entries marked
// kEntryVerify.
bool verify_rule(const RankedView& view, uint32_t row, const MatchKey4& key);
bool verify_rule(const RankedView& view, uint32_t row, const MatchKey6& key);

}  // namespace portacl

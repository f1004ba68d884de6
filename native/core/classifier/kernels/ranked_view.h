// Everything a kernel reads: plain pointers, no containers, so that files compiled for one
// instruction set instantiate nothing that others share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "classifier/address_ranks.h"
#include "classifier/match_key.h"

namespace portacl {

// No rule of the group; greater than every offset.
inline constexpr uint32_t kNoOffset = 0xFFFFFFFF;

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
  uint32_t from = 0;   // ranks
  uint32_t to = 0;     // included
  uint32_t ports = 0;  // number of its port set, and flags
  uint32_t offset = 0;
};
static_assert(sizeof(ListEntry) == 16);
inline constexpr uint32_t kEntryLast = 0x80000000;    // the list ends here
inline constexpr uint32_t kEntryVerify = 0x40000000;  // the conditions of the rule must be asked
inline constexpr uint32_t kEntryPortsMask = 0x3FFFFFFF;

// Rules that narrow one address field to few ranks, listed by the rank of that field.
struct ListView {
  const uint32_t* first = nullptr;  // by rank: the first entry, 0 for the empty list
  const ListEntry* entries = nullptr;
};

// Rules as cross products of classes: at[pair(source, destination)][ports] is the first.
struct TableView {
  const uint16_t* source = nullptr;  // rank to class
  const uint16_t* destination = nullptr;
  const uint16_t* pairs = nullptr;    // [source class][destination class]
  const uint16_t* ports = nullptr;    // [protocol][destination port][source port]
  const uint16_t* firsts = nullptr;   // [pair][ports]: index into offsets
  const uint32_t* offsets = nullptr;  // the last one is kNoOffset
  uint32_t destination_classes = 0;
  uint32_t port_classes = 0;
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
  ListView by_source;
  ListView by_destination;
  const ListEntry* everywhere = nullptr;  // a list for all packets, by source rank; may be null
  const void* owner = nullptr;            // for verify_rule()
};

// Whether all conditions of the rule at `offset` hold. For entries marked kEntryVerify.
bool verify_rule(const RankedView& view, uint32_t offset, const MatchKey4& key);
bool verify_rule(const RankedView& view, uint32_t offset, const MatchKey6& key);

}  // namespace portacl

// One verdict, step by step, as rows that cross the addon. Source: vfp.md 8.1.
//
// Of each judging endpoint, the sender's first:
//
//   endpoint, [translated], then fragment, or for each layer met
//     layer, [flow | closing_flow], [group, its rules up to the one taken]…, [default],
//           [assumed], answer, [translated]
//   then [fragment], of one that a layer took out of a tunnel, and verdict.
//
// A translated row stands where the packet goes on otherwise than it came.
// A group row stands before the rules asked in it. Groups and layers that were not asked have no
// row.
#pragma once

#include <vector>

#include "program/layout.h"

namespace portacl {

struct Explanation {
  std::vector<SeenPacketRow> packets;  // as read, then those that `translated` rows name
  std::vector<TraceRow> steps;

  // Appends a row of that kind; valid until the next.
  TraceRow& add(TraceEvent kind, uint32_t row) {
    TraceRow step{};
    step.kind = static_cast<uint8_t>(kind);
    step.row = row;
    step.other = kNoRow;
    return steps.emplace_back(step);
  }
};

}  // namespace portacl

// A change of policy under live flows: what the engine is told, and what became of the flows.
//
// Rows of a program mean nothing in another one. Who knows both says where each went: rules that
// are no longer asked keep a row, so that flows they let in have a name and their counters stay
// (src/update/succession.ts). Source: docs/semantics/updates.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine_state.h"
#include "program/layout.h"

namespace portacl {

// What happens to flows of the switch stage; those of the host stage are judged anew by kKeep too.
enum class UpdateMode : uint8_t { kKeep = 0, kReevaluate = 1, kReset = 2 };

// By row of the program before, its row in the one that follows; kNoRow: it has none.
// No two endpoints and no two layers have one row there; rules may.
struct RowMap {
  std::span<const uint32_t> endpoints;
  std::span<const uint32_t> layers;  // with the flows of a layer without a row they are gone
  std::span<const uint32_t> rules;   // one that has been hit has a row
  // Rules before, ascending, whose flows kKeep does not ask again. Source: windows-firewall.md 6.7,
  // profile crossing.
  std::span<const uint32_t> spared = {};
};

enum class FlowFate : uint8_t {
  kSurvived = 0,  // under the rule that let it in
  kChanged = 1,   // lives under another rule
  kCut = 2,
};

// Flows of one layer that one rule let in, and that had one fate.
struct FateGroup {
  static constexpr size_t kExamplesMax = 5;

  FlowFate fate = FlowFate::kSurvived;
  uint32_t layer = kNoRow;  // these two of the program before
  uint32_t rule = kNoRow;
  // Of the program that follows: the rule they live under, or that refused them; kNoRow where none
  // was asked: the layer is gone, or everything is reset.
  uint32_t rule_now = kNoRow;
  uint32_t flows = 0;
  std::vector<FlowCopy> examples;  // those with the smallest ids, as they were before
};

struct UpdateReport {
  std::vector<FateGroup> groups;  // by layer, rule, fate, rule_now
};

}  // namespace portacl

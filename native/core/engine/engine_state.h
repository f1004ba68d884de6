// What an engine knows beside its program and options, as values: for snapshots.
//
// The unified flow table is no part of it: it grants nothing (unified_flow.h), so an engine that
// begins without it gives the same verdicts.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/capture_record.h"
#include "flow/fragment_cache.h"
#include "flow/layer_flow.h"
#include "report/counters.h"

namespace portacl {

struct FlowCopy {
  FlowKey key;  // owned by its layer
  FlowState state;
  bool is_pair = false;  // its layer translates: `key` is the opener's packets'
  FlowKey mirror;        // of the pair, that of the answers
};

struct EngineState {
  bool clock_set = false;
  int64_t clock_start_ns = 0;
  int64_t now_ns = 0;
  uint64_t next_flow_id = 1;
  uint64_t frame_high = 0;
  std::vector<FlowCopy> flows;  // live ones, by id and then in the order of their layers
  std::vector<FragmentCache::Entry> fragments;  // oldest first
  uint64_t fragment_overflows = 0;
  Counters counters;
};

}  // namespace portacl

// The unified flow table: a cache of finished walks, by endpoint and flow key.
//
// It grants nothing (vfp.md 5.2): an entry names, per direction, what each stage answered: a flow
// of that stage, or the row that decided without a flow. It is believed only while all of that
// still holds:
//
//  1. the flows it names are alive. A flow that goes clears the entry that names it;
//  2. no flow came to be where a row had decided. Flows of a key are made with the entry of the
//     same key at hand, and making one clears both directions;
//  3. a TCP packet opens in the same way (SYN, RST, mid-stream) as the one that was walked, where a
//     row decided;
//  4. the policy is the one walked: a table lives and dies with its engine's program.
//
// Walks of more than two steps (several switch layers) are not kept. Entries that name no flow are
// limited to a ring of the newest, so that a scan cannot fill memory with refusals.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "flow/flow_table.h"
#include "flow/tcp_tracker.h"

namespace portacl {

// One step of a kept walk: a flow index, or a rule row marked by the top bit.
class UnifiedStep {
 public:
  static UnifiedStep of_flow(uint32_t index) { return UnifiedStep(index); }
  static UnifiedStep of_rule(uint32_t row) { return UnifiedStep(row | kRuleBit); }
  UnifiedStep() = default;

  bool is_flow() const { return (value_ & kRuleBit) == 0; }
  uint32_t flow() const { return value_; }
  uint32_t rule() const { return value_ & ~kRuleBit; }

 private:
  static constexpr uint32_t kRuleBit = 0x80000000;
  explicit UnifiedStep(uint32_t value) : value_(value) {}
  uint32_t value_ = kRuleBit;
};

struct UnifiedWalk {
  uint8_t step_count : 2 = 0;  // 0: nothing kept
  uint8_t all_flows : 1 = 0;   // every step is a flow: allowed, established
  uint8_t opening : 2 = 0;     // TcpOpening, where a row decided
};

// One line: both directions of one key at one endpoint.
struct alignas(64) UnifiedFlow {
  static constexpr uint32_t kStepsMax = 2;

  FlowKey key;
  UnifiedStep steps[2][kStepsMax];  // by direction
  UnifiedWalk walks[2];
  bool in_use = false;
};
static_assert(sizeof(UnifiedFlow) == 64);

class UnifiedFlowTable {
 public:
  explicit UnifiedFlowTable(const HashSeed& seed)
      : seed_(seed), ring_(std::make_unique<uint32_t[]>(kFlowlessMax)) {
    std::fill_n(ring_.get(), kFlowlessMax, kNoFlow);
  }

  uint32_t find(const FlowKey& key, uint32_t hash) const { return table_.find(key, hash); }
  UnifiedFlow& operator[](uint32_t index) { return table_[index]; }
  const UnifiedFlow& operator[](uint32_t index) const { return table_[index]; }
  const FlowTable<UnifiedFlow>& table() const { return table_; }

  // The entry of `key`, made when there is none; kNoFlow when memory is out: a cache may forget.
  uint32_t obtain(const FlowKey& key, uint32_t hash) {
    uint32_t index = table_.find(key, hash);
    if (index != kNoFlow) return index;
    index = table_.insert(key, hash);
    if (index != kNoFlow) table_[index].in_use = true;
    return index;
  }

  // Says that the entry names no flow; the oldest such entry makes room. `forget(index)` must
  // unlink and erase() that one.
  template <class Forget>
  void keep_flowless(uint32_t index, Forget&& forget) {
    uint32_t& place = ring_[ring_next_];
    ring_next_ = (ring_next_ + 1) % kFlowlessMax;
    // A place may name an entry that has since been reused; forgetting any entry is harmless.
    if (place != kNoFlow && place != index && table_[place].in_use) forget(place);
    place = index;
  }

  void erase(uint32_t index) {
    UnifiedFlow& entry = table_[index];
    entry.in_use = false;
    table_.erase(index, owner_hash(tuple_hash(entry.key, seed_), entry.key.owner()));
  }

 private:
  static constexpr uint32_t kFlowlessMax = 1 << 16;

  const HashSeed& seed_;
  FlowTable<UnifiedFlow> table_;
  std::unique_ptr<uint32_t[]> ring_;
  uint32_t ring_next_ = 0;
};

}  // namespace portacl

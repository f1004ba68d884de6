// Exact-match table of flow records: a hash index over an arena of records that never move.
//
//   index   slots of {hash, record + 1}, a power of two, at most half full; linear probing, removal
//           by shifting back, so there are no tombstones
//   arena   blocks of records, beside them blocks of what the packet's way touches (State), and a
//           list of free indexes
//
// A lookup touches one line of the index and, when the 32 hash bits agree, one of the record. The
// caller hides both misses by prefetch() and prefetch_record() a batch ahead. Records made one
// after the other have their states side by side: two of 32 bytes share a line.
//
// Invariants: (1) every record in use has exactly one slot; (2) no free slot stands between a
// slot's home and itself; (3) a record's index is stable from insert() to erase().
// Growth doubles the index at once: a stall of some milliseconds per million flows.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "flow/flow_key.h"

namespace portacl {

inline constexpr uint32_t kNoFlow = 0xFFFFFFFF;

struct NoState {};

// Record: has a member `FlowKey key`. Both are default-constructible and trivially destructible.
template <class Record, class State = NoState>
class FlowTable {
 public:
  // The record with `key`, or kNoFlow. `hash` is owner_hash() of the key.
  uint32_t find(const FlowKey& key, uint32_t hash) const {
    if (slot_count_ == 0) return kNoFlow;
    for (uint32_t i = hash & mask();; i = (i + 1) & mask()) {
      const Slot slot = slots_[i];
      if (slot.record == 0) return kNoFlow;
      if (slot.hash == hash && (*this)[slot.record - 1].key == key) return slot.record - 1;
    }
  }

  // A fresh record with `key`, or kNoFlow when memory is out. Requires: the key is not in the
  // table.
  uint32_t insert(const FlowKey& key, uint32_t hash) {
    if ((used_ + 1) * 2 > slot_count_ && !grow()) return kNoFlow;
    const uint32_t index = take_record();
    if (index == kNoFlow) return kNoFlow;
    (*this)[index] = Record{};
    (*this)[index].key = key;
    state(index) = State{};
    place({hash, index + 1});
    ++used_;
    return index;
  }

  // Requires: the record is in use and `hash` is its key's.
  void erase(uint32_t index, uint32_t hash) {
    uint32_t hole = hash & mask();
    while (slots_[hole].record != index + 1) hole = (hole + 1) & mask();
    for (uint32_t i = (hole + 1) & mask(); slots_[i].record != 0; i = (i + 1) & mask()) {
      // A slot may move into the hole only if its home is not between the hole and itself.
      const uint32_t home = slots_[i].hash & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    free_.push_back(index);
    --used_;
  }

  Record& operator[](uint32_t index) { return blocks_[index / kBlock][index % kBlock]; }
  const Record& operator[](uint32_t index) const { return blocks_[index / kBlock][index % kBlock]; }

  State& state(uint32_t index) { return states_[index / kBlock][index % kBlock]; }
  const State& state(uint32_t index) const { return states_[index / kBlock][index % kBlock]; }

  uint32_t size() const { return used_; }

  void prefetch(uint32_t hash) const {
    if (slot_count_ != 0) __builtin_prefetch(&slots_[hash & mask()]);
  }
  // The record that the home slot of `hash` names, or kNoFlow: a guess good enough to prefetch by.
  uint32_t guess(uint32_t hash) const {
    if (slot_count_ == 0) return kNoFlow;
    const Slot slot = slots_[hash & mask()];
    return slot.record - 1;
  }
  void prefetch_record(uint32_t index) const { __builtin_prefetch(&(*this)[index]); }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t record = 0;  // index + 1; 0 is free
  };
  static constexpr uint32_t kBlock = 1024;
  static constexpr uint32_t kSlotsFirst = 1024;

  uint32_t mask() const { return slot_count_ - 1; }

  void place(Slot slot) {
    uint32_t i = slot.hash & mask();
    while (slots_[i].record != 0) i = (i + 1) & mask();
    slots_[i] = slot;
  }

  bool grow() {
    const uint32_t count = slot_count_ == 0 ? kSlotsFirst : slot_count_ * 2;
    std::unique_ptr<Slot[]> bigger(count == 0 ? nullptr : new (std::nothrow) Slot[count]);
    if (!bigger) return false;
    const std::unique_ptr<Slot[]> old = std::move(slots_);
    const uint32_t old_count = slot_count_;
    slots_ = std::move(bigger);
    slot_count_ = count;
    for (uint32_t i = 0; i < old_count; ++i) {
      if (old[i].record != 0) place(old[i]);
    }
    return true;
  }

  uint32_t take_record() {
    if (!free_.empty()) {
      const uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (fresh_ == blocks_.size() * kBlock) {
      std::unique_ptr<Record[]> block(new (std::nothrow) Record[kBlock]);
      std::unique_ptr<State[]> states(new (std::nothrow) State[kBlock]);
      if (!block || !states) return kNoFlow;
      blocks_.push_back(std::move(block));
      states_.push_back(std::move(states));
    }
    return fresh_++;
  }

  std::unique_ptr<Slot[]> slots_;
  uint32_t slot_count_ = 0;
  uint32_t used_ = 0;
  uint32_t fresh_ = 0;  // records handed out for the first time
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<Record[]>> blocks_;
  std::vector<std::unique_ptr<State[]>> states_;
};

}  // namespace portacl

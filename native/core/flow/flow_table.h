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
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "flow/flow_key.h"

namespace portacl {

inline constexpr uint32_t kNoFlow = 0xFFFFFFFF;

struct NoState {};

// Record: has a member `key`. Both are default-constructible and trivially destructible.
template <class Record, class State = NoState>
class FlowTable {
 public:
  using Key = decltype(Record::key);

  // The record with `key`, or kNoFlow. `hash` is the same 32 bits at every call for a key.
  uint32_t find(const Key& key, uint32_t hash) const {
    if (slot_count_ == 0) return kNoFlow;
    for (uint32_t i = hash & mask();; i = (i + 1) & mask()) {
      const Slot found = at(i);
      if (found.record == 0) return kNoFlow;
      if (found.hash == hash && (*this)[found.record - 1].key == key) return found.record - 1;
    }
  }

  // A fresh record with `key`, or kNoFlow when memory is out. Requires: the key is not in the
  // table.
  uint32_t insert(const Key& key, uint32_t hash) {
    if ((used_ + 1) * 2 > slot_count_ && !grow()) return kNoFlow;
    const uint32_t index = take_record();
    if (index == kNoFlow) return kNoFlow;
    std::construct_at(&(*this)[index])->key = key;
    std::construct_at(&state(index));
    place({hash, index + 1});
    ++used_;
    return index;
  }

  // Requires: the record is in use and `hash` is its key's.
  void erase(uint32_t index, uint32_t hash) {
    uint32_t hole = hash & mask();
    while (at(hole).record != index + 1) hole = (hole + 1) & mask();
    for (uint32_t i = (hole + 1) & mask(); at(i).record != 0; i = (i + 1) & mask()) {
      // A slot may move into the hole only if its home is not between the hole and itself.
      const uint32_t home = at(i).hash & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        at(hole) = at(i);
        hole = i;
      }
    }
    at(hole) = {};
    free_.push_back(index);
    --used_;
  }

  Record& operator[](uint32_t index) { return blocks_[index / kBlock].get()[index % kBlock]; }
  const Record& operator[](uint32_t index) const {
    return blocks_[index / kBlock].get()[index % kBlock];
  }

  State& state(uint32_t index) { return states_[index / kBlock].get()[index % kBlock]; }
  const State& state(uint32_t index) const { return states_[index / kBlock].get()[index % kBlock]; }

  uint32_t size() const { return used_; }
  // Indexes of records are below it.
  uint32_t record_limit() const { return fresh_; }

  void prefetch(uint32_t hash) const {
    if (slot_count_ != 0) __builtin_prefetch(&at(hash & mask()));
  }
  // Prefetches the record that the home slot of `hash` names: a guess, but mostly right. False when
  // the slot is free, so that there is none.
  bool prefetch_guess(uint32_t hash) const {
    const Slot home = slot_count_ == 0 ? Slot{} : at(hash & mask());
    if (home.record == 0) return false;
    __builtin_prefetch(&(*this)[home.record - 1], 1);
    return true;
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t record = 0;  // index + 1; 0 is free
  };
  // Zeroed pages that the system gives only when they are touched: a table may begin large.
  struct FreeSlots {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  using Slots = std::unique_ptr<Slot, FreeSlots>;
  Slot& at(uint32_t slot) { return slots_.get()[slot]; }
  const Slot& at(uint32_t slot) const { return slots_.get()[slot]; }
  static constexpr uint32_t kBlock = 1024;
  static constexpr uint32_t kSlotsFirst = 1 << 16;

  // Memory for kBlock rows that nobody has touched yet; rows are made when they are handed out.
  // Begins with a line, so that neighbours of 32 bytes share one.
  static constexpr std::align_val_t kLine{64};
  struct FreeBlock {
    void operator()(void* rows) const { ::operator delete(rows, kLine); }
  };
  template <class Row>
  using Block = std::unique_ptr<Row, FreeBlock>;
  template <class Row>
  static Block<Row> make_block() {
    static_assert(std::is_trivially_destructible_v<Row>);
    void* const rows = ::operator new(sizeof(Row) * kBlock, kLine, std::nothrow);
    return Block<Row>(static_cast<Row*>(rows));
  }

  uint32_t mask() const { return slot_count_ - 1; }

  void place(Slot slot) {
    uint32_t i = slot.hash & mask();
    while (at(i).record != 0) i = (i + 1) & mask();
    at(i) = slot;
  }

  bool grow() {
    const uint32_t count = slot_count_ == 0 ? kSlotsFirst : slot_count_ * 2;
    Slots bigger(count == 0 ? nullptr : static_cast<Slot*>(std::calloc(count, sizeof(Slot))));
    if (!bigger) return false;
    const Slots old = std::move(slots_);
    const uint32_t old_count = slot_count_;
    slots_ = std::move(bigger);
    slot_count_ = count;
    for (uint32_t i = 0; i < old_count; ++i) {
      if (old.get()[i].record != 0) place(old.get()[i]);
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
      Block<Record> block = make_block<Record>();
      Block<State> states = make_block<State>();
      if (!block || !states) return kNoFlow;
      blocks_.push_back(std::move(block));
      states_.push_back(std::move(states));
    }
    return fresh_++;
  }

  Slots slots_;
  uint32_t slot_count_ = 0;
  uint32_t used_ = 0;
  uint32_t fresh_ = 0;  // records handed out for the first time
  std::vector<uint32_t> free_;
  std::vector<Block<Record>> blocks_;
  std::vector<Block<State>> states_;
};

}  // namespace portacl

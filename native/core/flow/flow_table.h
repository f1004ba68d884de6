// Exact-match table of flow records: a hash index over an array of records.
//
//   index     slots of {hash, record + 1}, a power of two, at most half full; linear probing,
//             removal by shifting back, so there are no tombstones
//   records   beside them what the packet's way touches (State), and a list of free indexes; in
//             pages of the system, huge ones where there are many
//
// A lookup touches one line of the index and, when the 32 hash bits agree, one of the record. The
// caller hides both misses by prefetch() and guess() a batch ahead. Records made one
// after the other have their states side by side: two of 32 bytes share a line.
//
// Invariants: (1) every record in use has exactly one slot; (2) no free slot stands between a
// slot's home and itself; (3) a record's index is stable from insert() to erase().
// References hold until the next insert(). Growth doubles the index at once: a stall of some
// milliseconds per million flows.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "flow/flow_key.h"
#include "platform/pages.h"

namespace portacl {

inline constexpr uint32_t kNoFlow = 0xFFFFFFFF;

struct NoState {};

// Record: has a member `key`. Both are default-constructible and trivially copyable.
template <class Record, class State = NoState>
class FlowTable {
 public:
  using Key = decltype(Record::key);
  struct Slot {
    uint32_t hash = 0;
    uint32_t record = 0;  // index + 1; 0 is free
  };

  // The record with `key`, a Key or what compares with one, or kNoFlow. `hash` is the same 32 bits
  // at every call for a key.
  template <class Sought>
  uint32_t find(const Sought& key, uint32_t hash) const {
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
    if constexpr (!std::is_empty_v<State>) std::construct_at(&state(index));
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

  Record& operator[](uint32_t index) { return records_[index]; }
  const Record& operator[](uint32_t index) const { return records_[index]; }

  State& state(uint32_t index) { return states_[index]; }
  const State& state(uint32_t index) const { return states_[index]; }

  uint32_t size() const { return used_; }
  // Calls visit(index) for every record, which may erase() that one. Cost: the length of the index.
  template <class Visit>
  void each(Visit&& visit) const {
    // Erasing moves slots, so what is there is noted first.
    std::vector<uint32_t> records;
    records.reserve(used_);
    for (uint32_t i = 0; i < slot_count_; ++i) {
      if (at(i).record != 0) records.push_back(at(i).record - 1);
    }
    for (const uint32_t index : records) visit(index);
  }
  // Indexes of records are below it.
  uint32_t record_limit() const { return fresh_; }

  // Brings the home slot of a hash near; a view, until the next insert(), that a loop takes by
  // value.
  class Prefetcher {
   public:
    Prefetcher(const void* slots, uint32_t mask)
        : slots_(static_cast<const char*>(slots)), mask_(mask) {}
    void operator()(uint32_t hash) const {
      __builtin_prefetch(slots_ + sizeof(Slot) * (hash & mask_));
    }

   private:
    const char* slots_;  // of an empty table null, which is never read
    uint32_t mask_;
  };
  Prefetcher prefetcher() const {
    return slot_count_ == 0 ? Prefetcher(nullptr, 0) : Prefetcher(&slots_[0], mask());
  }
  void prefetch(uint32_t hash) const { prefetcher()(hash); }
  // The record whose key has a hash, prefetched, or kNoFlow; it may be another key's, and it may
  // go before it is looked at. A view, as the Prefetcher.
  class Guesser {
   public:
    Guesser(const Slot* slots, uint32_t mask, const Record* records)
        : slots_(slots), records_(records), mask_(mask) {}
    uint32_t operator()(uint32_t hash) const {
      if (slots_ == nullptr) return kNoFlow;
      uint32_t i = hash & mask_;
      while (slots_[i].record != 0 && slots_[i].hash != hash) i = (i + 1) & mask_;
      const uint32_t index = slots_[i].record - 1;  // kNoFlow for a free slot
      if (index != kNoFlow) __builtin_prefetch(&records_[index], 1);
      return index;
    }

   private:
    const Slot* slots_;
    const Record* records_;
    uint32_t mask_;
  };
  Guesser guesser() const {
    return slot_count_ == 0 ? Guesser(nullptr, 0, nullptr)
                            : Guesser(&slots_[0], mask(), records_.data());
  }
  uint32_t guess(uint32_t hash) const { return guesser()(hash); }

 private:
  Slot& at(uint32_t slot) { return slots_[slot]; }
  const Slot& at(uint32_t slot) const { return slots_[slot]; }
  static constexpr uint32_t kSlotsFirst = 1 << 16;  // untouched memory costs nothing

  // A small table stays small; a large one gets room for all there will be, in huge pages, which
  // costs nothing until it is touched.
  static constexpr uint32_t kRecordsFirst = 1 << 12;
  static constexpr uint32_t kRecordsGrowth = 16;

  uint32_t mask() const { return slot_count_ - 1; }

  void place(Slot slot) {
    uint32_t i = slot.hash & mask();
    while (at(i).record != 0) i = (i + 1) & mask();
    at(i) = slot;
  }

  bool grow() {
    const uint32_t count = slot_count_ == 0 ? kSlotsFirst : slot_count_ * 2;
    PageArray<Slot> bigger(count);
    if (bigger.size() == 0) return false;
    const PageArray<Slot> old = std::exchange(slots_, std::move(bigger));
    slot_count_ = count;
    for (size_t i = 0; i < old.size(); ++i) {
      if (old[i].record != 0) place(old[i]);
    }
    return true;
  }

  bool grow_records() {
    const size_t count = fresh_ == 0 ? kRecordsFirst : size_t{fresh_} * kRecordsGrowth;
    if (count > kNoFlow) return false;
    if constexpr (!std::is_empty_v<State>) {
      if (states_.size() < count && !states_.grow(count)) return false;
    }
    return records_.grow(count);
  }

  uint32_t take_record() {
    if (!free_.empty()) {
      const uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (fresh_ == records_.size() && !grow_records()) return kNoFlow;
    return fresh_++;
  }

  PageArray<Slot> slots_;
  uint32_t slot_count_ = 0;
  uint32_t used_ = 0;
  uint32_t fresh_ = 0;  // records handed out for the first time
  std::vector<uint32_t> free_;
  PageArray<Record> records_;
  PageArray<State> states_;
};

}  // namespace portacl

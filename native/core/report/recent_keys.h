// What was noted of the flow keys seen last: a map that forgets the oldest.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "flow/flow_key.h"

namespace portacl {

// Threads: none of its own. Cost: constant, at most `capacity` keys kept.
template <class Note>
class RecentKeys {
 public:
  // Requires: `capacity` above 0; `seed` outlives this.
  RecentKeys(size_t capacity, const HashSeed& seed) : capacity_(capacity), notes_(0, Hash{&seed}) {}

  // The note of a key, or null.
  Note* find(const FlowKey& key) {
    const auto at = notes_.find(key);
    return at == notes_.end() ? nullptr : &at->second;
  }

  // Requires: a key that is not noted.
  void add(const FlowKey& key, Note note) {
    notes_.emplace(key, std::move(note));
    if (ring_.size() < capacity_) {
      ring_.push_back(key);
      return;
    }
    notes_.erase(std::exchange(ring_[next_], key));
    next_ = (next_ + 1) % capacity_;
  }

 private:
  struct Hash {
    const HashSeed* seed;
    size_t operator()(const FlowKey& key) const { return tuple_hash(key, *seed) ^ key.scope; }
  };

  size_t capacity_;
  std::unordered_map<FlowKey, Note, Hash> notes_;
  std::vector<FlowKey> ring_;
  size_t next_ = 0;
};

}  // namespace portacl

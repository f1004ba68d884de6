// What became of first fragments, for those that follow. Source: docs/SEMANTICS.md 5.3.
//
// A ring of the newest entries in order of arrival, which is the order of expiry too, since all
// live equally long; a hash index finds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "packet/packet_headers.h"
#include "verdict/verdict.h"

namespace portacl {

struct FragmentKey {
  IpAddress source;
  IpAddress destination;
  uint32_t id = 0;
  uint32_t endpoint = 0;
  uint8_t protocol = 0;
  uint8_t family = 0;
  uint8_t direction = 0;

  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

class FragmentCache {
 public:
  struct Entry {
    FragmentKey key;
    Verdict verdict;
    int64_t deadline_ns = 0;
    uint64_t frame = 0;  // of the first fragment in its capture
  };

  FragmentCache(uint32_t entries_max, int64_t life_ns, const HashSeed& seed)
      : entries_max_(entries_max), life_ns_(life_ns), index_(0, Hash{&seed}) {}

  void put(const FragmentKey& key, const Verdict& verdict, uint64_t frame, int64_t now_ns);

  // The verdict of the first fragment, or null when it is unknown or too old. Valid until put().
  const Verdict* find(const FragmentKey& key, int64_t now_ns) const;

  // First fragments that were forgotten before their time because there were too many.
  uint64_t overflows() const { return overflows_; }
  void set_overflows(uint64_t count) { overflows_ = count; }

  // Those that find() could answer, in order of arrival; restore() takes them in the same order.
  std::vector<Entry> entries() const;
  void restore(const Entry& entry);

 private:
  struct Hash {
    const HashSeed* seed;
    size_t operator()(const FragmentKey& key) const;
  };

  // Takes the place of the oldest where the ring is full.
  void place(const Entry& entry, int64_t now_ns);

  uint32_t entries_max_;
  int64_t life_ns_;
  uint64_t overflows_ = 0;
  size_t next_ = 0;  // place in the ring that is written next
  std::vector<Entry> ring_;
  std::unordered_map<FragmentKey, size_t, Hash> index_;
};

}  // namespace portacl

#include "flow/fragment_cache.h"

namespace portacl {

size_t FragmentCache::Hash::operator()(const FragmentKey& key) const {
  const auto& s = seed->words;
  const uint64_t rest = static_cast<uint64_t>(key.id) << 32 | key.endpoint;
  const uint64_t small = static_cast<uint64_t>(key.protocol) << 16 |
                         static_cast<uint64_t>(key.family) << 8 | key.direction;
  return fold_multiply(fold_multiply(key.source.hi ^ s[0], key.source.lo ^ s[1]) ^
                           fold_multiply(key.destination.hi ^ s[2], key.destination.lo ^ s[3]),
                       fold_multiply(rest ^ s[0], small ^ s[3]) ^ s[1]);
}

void FragmentCache::put(const FragmentKey& key, const Verdict& verdict, uint64_t frame,
                        int64_t now_ns) {
  place({key, verdict, now_ns + life_ns_, frame}, now_ns);
}

void FragmentCache::restore(const Entry& entry) { place(entry, entry.deadline_ns); }

std::vector<FragmentCache::Entry> FragmentCache::entries() const {
  std::vector<Entry> kept;
  for (size_t i = 0; i < ring_.size(); ++i) {
    const size_t at = (ring_.size() < entries_max_ ? i : next_ + i) % ring_.size();
    const auto known = index_.find(ring_[at].key);
    if (known != index_.end() && known->second == at) kept.push_back(ring_[at]);
  }
  return kept;
}

void FragmentCache::place(const Entry& entry, int64_t now_ns) {
  if (entries_max_ == 0) return;
  if (ring_.size() < entries_max_) {
    ring_.emplace_back();
  } else {
    const Entry& oldest = ring_[next_];
    const auto known = index_.find(oldest.key);
    if (known != index_.end() && known->second == next_) {
      if (oldest.deadline_ns > now_ns) ++overflows_;
      index_.erase(known);
    }
  }
  ring_[next_] = entry;
  index_[entry.key] = next_;
  next_ = (next_ + 1) % entries_max_;
}

const Verdict* FragmentCache::find(const FragmentKey& key, int64_t now_ns) const {
  const auto known = index_.find(key);
  if (known == index_.end() || ring_[known->second].deadline_ns <= now_ns) return nullptr;
  return &ring_[known->second].verdict;
}

}  // namespace portacl

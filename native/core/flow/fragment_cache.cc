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

void FragmentCache::put(const FragmentKey& key, const Verdict& verdict, int64_t now_ns) {
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
  ring_[next_] = {key, verdict, now_ns + life_ns_};
  index_[key] = next_;
  next_ = (next_ + 1) % entries_max_;
}

const Verdict* FragmentCache::find(const FragmentKey& key, int64_t now_ns) const {
  const auto known = index_.find(key);
  if (known == index_.end() || ring_[known->second].deadline_ns <= now_ns) return nullptr;
  return &ring_[known->second].verdict;
}

}  // namespace portacl

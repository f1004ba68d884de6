#include "classifier/number_lists.h"

#include <algorithm>

#include "base/hash.h"

namespace portacl {
namespace {

uint64_t hash_of(std::span<const uint32_t> list) {
  uint64_t hash = list.size() + 0x9E3779B97F4A7C15;
  for (const uint32_t number : list) {
    hash = fold_multiply(hash ^ number, 0xD1342543DE82EF95) + 0xBF58476D1CE4E5B9;
  }
  return hash ^ hash >> 32;
}

}  // namespace

NumberLists::Found NumberLists::id_of(std::span<const uint32_t> list) {
  const uint64_t hash = hash_of(list);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != kFree; at = (at + 1) & mask) {
    ++probes_;
    const List& known = lists_[slots_[at]];
    if (known.hash == hash &&
        std::ranges::equal(std::span(numbers_).subspan(known.first, known.size), list)) {
      return {slots_[at], false};
    }
  }
  const uint32_t id = count();
  slots_[at] = id;
  lists_.push_back({hash, numbers_.size(), static_cast<uint32_t>(list.size())});
  numbers_.insert(numbers_.end(), list.begin(), list.end());
  if (lists_.size() * 2 > slots_.size()) grow();
  return {id, true};
}

void NumberLists::grow() {
  slots_.assign(slots_.size() * 2, kFree);
  const size_t mask = slots_.size() - 1;
  for (uint32_t id = 0; id < count(); ++id) {
    size_t at = lists_[id].hash & mask;
    while (slots_[at] != kFree) at = (at + 1) & mask;
    slots_[at] = id;
  }
}

}  // namespace portacl

// Lists of numbers, each kept once: equal lists get equal ids, in the order they are first met.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace portacl {

class NumberLists {
 public:
  NumberLists() : slots_(64, kFree) {}

  struct Found {
    uint32_t id;
    bool is_new;
  };
  // Compared number for number; the hash only finds candidates.
  Found id_of(std::span<const uint32_t> list);

  uint32_t count() const { return static_cast<uint32_t>(lists_.size()); }
  // Lists that were compared in all, for those who bound the work of a build.
  uint64_t probes() const { return probes_; }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  struct List {
    uint64_t hash;
    size_t first;
    uint32_t size;
  };
  void grow();

  std::vector<uint32_t> numbers_;
  std::vector<List> lists_;
  std::vector<uint32_t> slots_;  // open addressing, a power of two
  uint64_t probes_ = 0;
};

}  // namespace portacl

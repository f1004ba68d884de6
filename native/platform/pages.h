// Memory from the system in whole pages: zeroed, aligned to 64 bytes and better, given for real
// only where it is touched. Large pieces ask for huge pages, where the system has them: a table
// that is read at random then needs hundreds of times fewer page faults and address translations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace portacl {

// From this size on a piece is given huge pages, and its memory 2 MiB at a time.
inline constexpr size_t kHugePiece = size_t{1} << 20;

// Null when there is no memory.
void* map_pages(size_t bytes);
// `bytes` as they were asked for; null is fine.
void unmap_pages(void* pages, size_t bytes);
// More of the same: what `pages` held, and zeroes behind it, mostly at another address and without
// copying. Null when there is no memory: then nothing has changed. Requires: more bytes than
// before.
void* grow_pages(void* pages, size_t bytes, size_t more_bytes);

// An array in such memory. Rows are what zero bytes mean, or made by the owner in place; their
// destructors are not called.
template <class Row>
class PageArray {
 public:
  PageArray() = default;
  // Empty where there is no memory.
  explicit PageArray(size_t count) { grow(count); }
  PageArray(PageArray&& other) noexcept
      : rows_(std::exchange(other.rows_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  PageArray& operator=(PageArray&& other) noexcept {
    std::swap(rows_, other.rows_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~PageArray() { unmap_pages(rows_, count_ * sizeof(Row)); }

  // Makes it `count` rows long; rows move, references do not hold. False where memory is out.
  // Requires: count > size().
  bool grow(size_t count) {
    void* const more = count > SIZE_MAX / sizeof(Row)
                           ? nullptr
                           : grow_pages(rows_, count_ * sizeof(Row), count * sizeof(Row));
    if (more == nullptr) return false;
    rows_ = static_cast<Row*>(more);
    count_ = count;
    return true;
  }

  Row& operator[](size_t i) { return rows_[i]; }
  const Row& operator[](size_t i) const { return rows_[i]; }
  const Row* data() const { return rows_; }
  size_t size() const { return count_; }

 private:
  static_assert(std::is_trivially_copyable_v<Row>);
  Row* rows_ = nullptr;
  size_t count_ = 0;
};

}  // namespace portacl

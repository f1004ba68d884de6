#include "platform/pages.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#ifdef _WIN32
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace portacl {

#ifdef _WIN32

void* map_pages(size_t bytes) {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void unmap_pages(void* pages, size_t) {
  if (pages != nullptr) VirtualFree(pages, 0, MEM_RELEASE);
}

void* grow_pages(void* pages, size_t bytes, size_t more_bytes) {
  void* const more = map_pages(more_bytes);
  if (more == nullptr || pages == nullptr) return more;
  std::memcpy(more, pages, std::min(bytes, more_bytes));
  unmap_pages(pages, bytes);
  return more;
}

#else

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// What is mapped for a piece: huge ones end, as they begin, on a huge page.
size_t mapped_bytes(size_t bytes) {
  if (bytes < kHugePiece) return bytes;
  return bytes > SIZE_MAX - 2 * kHugePage ? 0 : (bytes + kHugePage - 1) & ~(kHugePage - 1);
}

void* map(size_t bytes) {
  void* const pages =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

// The system begins a mapping on any page: more is mapped, and what is too much given back.
void* map_huge(size_t bytes) {
  const size_t mapped = bytes + kHugePage;
  auto* const first = static_cast<char*>(map(mapped));
  if (first == nullptr) return nullptr;
  const size_t before = -reinterpret_cast<uintptr_t>(first) & (kHugePage - 1);
  if (before != 0) ::munmap(first, before);
  ::munmap(first + before + bytes, kHugePage - before);
#ifdef MADV_HUGEPAGE
  ::madvise(first + before, bytes, MADV_HUGEPAGE);  // advice: where it fails, pages are small
#endif
  return first + before;
}

}  // namespace

void* map_pages(size_t bytes) {
  const size_t mapped = mapped_bytes(bytes);
  if (mapped == 0) return nullptr;
  return bytes < kHugePiece ? map(mapped) : map_huge(mapped);
}

void unmap_pages(void* pages, size_t bytes) {
  if (pages != nullptr) ::munmap(pages, mapped_bytes(bytes));
}

void* grow_pages(void* pages, size_t bytes, size_t more_bytes) {
  void* const more = map_pages(more_bytes);
  if (more == nullptr || pages == nullptr) return more;
#ifdef MREMAP_FIXED
  // Moves what is there over the front of the new piece, page tables only.
  if (bytes >= kHugePiece && ::mremap(pages, mapped_bytes(bytes), mapped_bytes(bytes),
                                      MREMAP_MAYMOVE | MREMAP_FIXED, more) == more) {
    return more;
  }
#endif
  std::memcpy(more, pages, std::min(bytes, more_bytes));
  unmap_pages(pages, bytes);
  return more;
}

#endif

}  // namespace portacl

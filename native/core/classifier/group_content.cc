#include "classifier/group_content.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace portacl {
namespace {

// Odd words without a pattern.
constexpr uint64_t kBefore = 0x9E3779B97F4A7C15, kFactor = 0xD6E8FEB86659FD93;

uint64_t mix(uint64_t hash, uint64_t word) { return fold_multiply(hash ^ word ^ kBefore, kFactor); }

uint64_t mix_bytes(uint64_t hash, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), count);
    hash = mix(hash, word);
    bytes = bytes.subspan(count);
  }
  return hash;
}

template <class Row>
std::span<const std::byte> bytes_of(std::span<const Row> table, const ConditionRow& condition) {
  return std::as_bytes(table.subspan(condition.value_first, condition.value_count));
}

}  // namespace

std::span<const std::byte> GroupContent::values_of(const ConditionRow& condition) const {
  const auto field = static_cast<ConditionField>(condition.field);
  if (is_further(field)) return bytes_of(program_.ranges64(), condition);
  if (field != ConditionField::kSourceAddress && field != ConditionField::kDestinationAddress) {
    return bytes_of(program_.ranges16(), condition);
  }
  return family_ == 4 ? bytes_of(program_.ranges_ipv4(), condition)
                      : bytes_of(program_.ranges_ipv6(), condition);
}

uint64_t GroupContent::hash() const {
  uint64_t hash = mix(family_, rules_.size());
  for (uint32_t row = 0; row < rules_.size(); ++row) {
    const auto conditions = conditions_of(row);
    hash = mix(hash, conditions.size());
    for (const ConditionRow& condition : conditions) {
      hash = mix(hash, uint64_t{condition.field} << 32 | condition.value_count);
      hash = mix_bytes(hash, values_of(condition));
    }
  }
  return hash;
}

bool GroupContent::has_rule(uint32_t row, const GroupContent& other, uint32_t other_row) const {
  return std::ranges::equal(conditions_of(row), other.conditions_of(other_row),
                            [&](const ConditionRow& a, const ConditionRow& b) {
                              if (a.field != b.field || a.value_count != b.value_count)
                                return false;
                              const auto ours = values_of(a), theirs = other.values_of(b);
                              return std::memcmp(ours.data(), theirs.data(), ours.size()) == 0;
                            });
}

bool GroupContent::equals(const GroupContent& other) const {
  if (family_ != other.family_ || rules_.size() != other.rules_.size()) return false;
  for (uint32_t row = 0; row < rules_.size(); ++row) {
    if (!has_rule(row, other, row)) return false;
  }
  return true;
}

}  // namespace portacl

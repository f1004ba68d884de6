#include "report/condition_values.h"

#include <algorithm>
#include <utility>

#include "classifier/classifier.h"

namespace portacl {
namespace {

using Ends = std::pair<IpAddress, IpAddress>;

// The range of the condition that the packet meets. Requires: it meets one.
Ends range_met(const Program& program, const ConditionRow& condition, Family family,
               const PacketHeaders& packet) {
  const auto ends = [](uint64_t from, uint64_t to) { return Ends{{0, from}, {0, to}}; };
  const uint32_t row = condition.value_first + find_value(program, condition, family, packet);
  switch (static_cast<ConditionField>(condition.field)) {
    case ConditionField::kProtocol:
      return ends(packet.protocol, packet.protocol);
    case ConditionField::kSourceAddress:
    case ConditionField::kDestinationAddress:
      if (family == Family::kIpv4) {
        return ends(program.ranges_ipv4()[row].from, program.ranges_ipv4()[row].to);
      } else {
        const RangeIpv6Row& range = program.ranges_ipv6()[row];
        return {{range.from_hi, range.from_lo}, {range.to_hi, range.to_lo}};
      }
    case ConditionField::kSourcePort:
    case ConditionField::kDestinationPort:
    case ConditionField::kIcmpTypeCode:
      return ends(program.ranges16()[row].from, program.ranges16()[row].to);
    case ConditionField::kTcpOpening:
    case ConditionField::kSourceMac:
    case ConditionField::kDestinationMac:
    case ConditionField::kVlan:
    case ConditionField::kTni:
    case ConditionField::kGreKey:
      return ends(program.ranges64()[row].from, program.ranges64()[row].to);
  }
  return {};  // Program::load() admits no other field.
}

}  // namespace

void ConditionValues::note(const Program& program, uint32_t rule, const PacketHeaders& packet) {
  const RuleRow& row = program.rules()[rule];
  if (row.group == kNoRow) return;
  const auto family = static_cast<Family>(program.groups()[row.group].family);
  for (const ConditionRow& condition :
       program.conditions().subspan(row.condition_first, row.condition_count)) {
    const auto [from, to] = range_met(program, condition, family, packet);
    ++packets_[{rule, condition.field, from, to}];
  }
}

void ConditionValues::add(const ConditionValues& more) {
  for (const auto& [value, packets] : more.packets_) packets_[value] += packets;
}

ConditionValues ConditionValues::moved(std::span<const uint32_t> rules) const {
  ConditionValues out;
  for (const auto& [value, packets] : packets_) {
    const uint32_t rule = rules[value.rule];
    if (rule != kNoRow) out.packets_[{rule, value.field, value.from, value.to}] += packets;
  }
  return out;
}

std::vector<ConditionValues::Count> ConditionValues::sorted() const {
  std::vector<std::pair<ConditionValue, uint64_t>> all(packets_.begin(), packets_.end());
  std::ranges::sort(all);
  std::vector<Count> out;
  out.reserve(all.size());
  for (const auto& [value, packets] : all) {
    out.push_back({uint64_t{value.field} << 32 | value.rule, value.from, value.to, packets});
  }
  return out;
}

}  // namespace portacl

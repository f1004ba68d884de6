#include "classifier/group_rules.h"

#include <algorithm>

namespace portacl {
namespace {

// What lies in both of two ascending, disjoint lists.
template <class Interval>
std::vector<Interval> intersection(std::span<const Interval> a, std::span<const Interval> b) {
  std::vector<Interval> both;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto from = std::max(a[i].from, b[j].from);
    const auto to = std::min(a[i].to, b[j].to);
    if (from <= to) both.push_back({from, to});
    if (a[i].to < b[j].to) {
      ++i;
    } else {
      ++j;
    }
  }
  return both;
}

// Narrows `run` by `values`; false when nothing is left.
template <class Interval>
bool narrow(std::vector<Interval>& pool, FieldRun& run, std::vector<Interval> values) {
  if (!run.any) {
    values = intersection<Interval>(std::span(pool).subspan(run.first, run.count), values);
  }
  run = {static_cast<uint32_t>(pool.size()), static_cast<uint32_t>(values.size()), false};
  pool.insert(pool.end(), values.begin(), values.end());
  return run.count > 0;
}

std::vector<AddressInterval> addresses_of(const Program& program, const ConditionRow& condition,
                                          Family family) {
  std::vector<AddressInterval> out;
  out.reserve(condition.value_count);
  if (family == Family::kIpv4) {
    for (const RangeIpv4Row& row :
         program.ranges_ipv4().subspan(condition.value_first, condition.value_count)) {
      out.push_back({{0, row.from}, {0, row.to}});
    }
  } else {
    for (const RangeIpv6Row& row :
         program.ranges_ipv6().subspan(condition.value_first, condition.value_count)) {
      out.push_back({{row.from_hi, row.from_lo}, {row.to_hi, row.to_lo}});
    }
  }
  return out;
}

std::vector<PortInterval> numbers_of(const Program& program, const ConditionRow& condition,
                                     uint16_t max) {
  std::vector<PortInterval> out;
  for (const Range16Row& row :
       program.ranges16().subspan(condition.value_first, condition.value_count)) {
    if (row.from <= max) out.push_back({row.from, std::min(row.to, max)});
  }
  return out;
}

}  // namespace

GroupRules::GroupRules(const Program& program, const GroupRow& group)
    : family_(static_cast<Family>(group.family)) {
  rules_.reserve(group.rule_count);
  for (uint32_t i = 0; i < group.rule_count; ++i) {
    GroupRule rule;
    rule.row = i;
    if (resolve(program, program.rules()[group.rule_first + i], rule)) rules_.push_back(rule);
  }
}

bool GroupRules::resolve(const Program& program, const RuleRow& row, GroupRule& rule) {
  for (const ConditionRow& condition :
       program.conditions().subspan(row.condition_first, row.condition_count)) {
    bool possible = true;
    switch (static_cast<ConditionField>(condition.field)) {
      case ConditionField::kProtocol:
        // No packet has a protocol beyond 255.
        possible = narrow(numbers_, rule.protocol, numbers_of(program, condition, 255));
        break;
      case ConditionField::kSourceAddress:
        possible = narrow(addresses_, rule.source, addresses_of(program, condition, family_));
        break;
      case ConditionField::kDestinationAddress:
        possible = narrow(addresses_, rule.destination, addresses_of(program, condition, family_));
        break;
      case ConditionField::kSourcePort:
        possible = narrow(numbers_, rule.source_port, numbers_of(program, condition, 0xFFFF));
        break;
      case ConditionField::kDestinationPort:
        possible = narrow(numbers_, rule.destination_port, numbers_of(program, condition, 0xFFFF));
        break;
      case ConditionField::kIcmpTypeCode:
        possible = narrow(numbers_, rule.icmp, numbers_of(program, condition, 0xFFFF));
        break;
      case ConditionField::kTcpOpening:
      case ConditionField::kSourceMac:
      case ConditionField::kDestinationMac:
      case ConditionField::kVlan:
      case ConditionField::kTni:
      case ConditionField::kGreKey:
        return false;
    }
    if (!possible) return false;
  }
  // No packet has ports and an ICMP type.
  return rule.icmp.any || (rule.source_port.any && rule.destination_port.any);
}

}  // namespace portacl

#include <algorithm>
#include <span>

#include "classifier/classifier.h"
#include "classifier/further_fields.h"

namespace portacl {
namespace {

// Which of the ascending, disjoint ranges `value` lies in, or kNoRow.
template <class Row, class Value, class From, class To>
uint32_t range_of(std::span<const Row> ranges, Value value, From from, To to) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), value,
                       [&](const Value& v, const Row& range) { return v < from(range); });
  if (after == ranges.begin() || to(*(after - 1)) < value) return kNoRow;
  return static_cast<uint32_t>(after - ranges.begin() - 1);
}

uint32_t find_number(const Program& program, const ConditionRow& condition, uint16_t value) {
  return range_of(
      program.ranges16().subspan(condition.value_first, condition.value_count), value,
      [](const Range16Row& r) { return r.from; }, [](const Range16Row& r) { return r.to; });
}

uint32_t find_address(const Program& program, const ConditionRow& condition, Family family,
                      const IpAddress& address) {
  if (family == Family::kIpv4) {
    return range_of(
        program.ranges_ipv4().subspan(condition.value_first, condition.value_count),
        static_cast<uint32_t>(address.lo), [](const RangeIpv4Row& r) { return r.from; },
        [](const RangeIpv4Row& r) { return r.to; });
  }
  return range_of(
      program.ranges_ipv6().subspan(condition.value_first, condition.value_count), address,
      [](const RangeIpv6Row& r) {
        return IpAddress{r.from_hi, r.from_lo};
      },
      [](const RangeIpv6Row& r) {
        return IpAddress{r.to_hi, r.to_lo};
      });
}

uint32_t find_further(const Program& program, const ConditionRow& condition,
                      const PacketHeaders& packet) {
  const auto value = further_value(static_cast<ConditionField>(condition.field), packet);
  if (!value) return kNoRow;
  return range_of(
      program.ranges64().subspan(condition.value_first, condition.value_count), *value,
      [](const Range64Row& r) { return r.from; }, [](const Range64Row& r) { return r.to; });
}

bool condition_holds(const Program& program, const ConditionRow& condition, Family family,
                     const PacketHeaders& packet) {
  return find_value(program, condition, family, packet) != kNoRow;
}

}  // namespace

uint32_t find_value(const Program& program, const ConditionRow& condition, Family family,
                    const PacketHeaders& packet) {
  // Source: docs/SEMANTICS.md 4.4, a packet without ports never meets a port condition.
  const bool has_ports = (packet.flags & kHasPorts) != 0;
  switch (static_cast<ConditionField>(condition.field)) {
    case ConditionField::kProtocol:
      return find_number(program, condition, packet.protocol);
    case ConditionField::kSourceAddress:
      return find_address(program, condition, family, packet.source);
    case ConditionField::kDestinationAddress:
      return find_address(program, condition, family, packet.destination);
    case ConditionField::kSourcePort:
      return has_ports ? find_number(program, condition, packet.source_port) : kNoRow;
    case ConditionField::kDestinationPort:
      return has_ports ? find_number(program, condition, packet.destination_port) : kNoRow;
    case ConditionField::kIcmpTypeCode:
      return shows_icmp_type(packet) ? find_number(program, condition, icmp_type_code(packet))
                                     : kNoRow;
    case ConditionField::kTcpOpening:
    case ConditionField::kSourceMac:
    case ConditionField::kDestinationMac:
    case ConditionField::kVlan:
    case ConditionField::kTni:
    case ConditionField::kGreKey:
      return find_further(program, condition, packet);
  }
  return kNoRow;  // Program::load() admits no other field.
}

bool rule_matches(const Program& program, const RuleRow& rule, Family family,
                  const PacketHeaders& packet) {
  const auto conditions = program.conditions().subspan(rule.condition_first, rule.condition_count);
  return std::all_of(conditions.begin(), conditions.end(), [&](const ConditionRow& condition) {
    return condition_holds(program, condition, family, packet);
  });
}

Mismatch find_mismatch(const Program& program, const RuleRow& rule, Family family,
                       const PacketHeaders& packet) {
  Mismatch mismatch;
  for (uint32_t i = 0; i < rule.condition_count; ++i) {
    const uint32_t row = rule.condition_first + i;
    if (condition_holds(program, program.conditions()[row], family, packet)) continue;
    if (mismatch.count++ == 0) mismatch.condition = row;
  }
  return mismatch;
}

uint32_t find_first(const Program& program, const GroupRow& group, const PacketHeaders& packet) {
  const auto family = static_cast<Family>(group.family);
  for (uint32_t row = group.rule_first; row < group.rule_first + group.rule_count; ++row) {
    if (rule_matches(program, program.rules()[row], family, packet)) return row;
  }
  return kNoRow;
}

}  // namespace portacl

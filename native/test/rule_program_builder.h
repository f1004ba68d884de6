// Rule programs of one group, made of drawn rules, and packets that lie at the bounds of these
// rules.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "base/ip.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

struct DrawnRange {
  IpAddress from, to;
};
struct DrawnCondition {
  ConditionField field;
  std::vector<DrawnRange> values;
};
struct DrawnRule {
  std::vector<DrawnCondition> conditions;
};

inline bool is_address(ConditionField field) {
  return field == ConditionField::kSourceAddress || field == ConditionField::kDestinationAddress;
}

// What a program needs that judges packets, and not only has rules to look through.
struct DrawnHost {
  std::vector<AddressRow> addresses;  // of the one endpoint
  uint8_t layer_flags = 0;            // of both layers
  uint8_t rule_flags = 0;             // of the rules and the defaults, beside what they need
  uint32_t flows_max = 1000;
  bool translates = false;   // the rules of the group rewrite, and there is a front
  uint32_t rows_before = 0;  // rules of earlier policies, which nothing asks, in front of the group
};

// A host with one endpoint, one switch layer and one inbound group with `rules`, as its program.
inline std::unique_ptr<const Program> program_of(Family family, const std::vector<DrawnRule>& rules,
                                                 const DrawnHost& host = {}) {
  std::vector<RuleRow> rule_rows;
  std::vector<ConditionRow> conditions;
  std::vector<Range16Row> ranges16;
  std::vector<RangeIpv4Row> ranges_ipv4;
  std::vector<RangeIpv6Row> ranges_ipv6;
  std::vector<Range64Row> ranges64;
  const auto append_values = [&](const DrawnCondition& condition) {
    for (const auto& [from, to] : condition.values) {
      if (is_further(condition.field)) {
        ranges64.push_back({from.lo, to.lo});
      } else if (!is_address(condition.field)) {
        ranges16.push_back({static_cast<uint16_t>(from.lo), static_cast<uint16_t>(to.lo)});
      } else if (family == Family::kIpv4) {
        ranges_ipv4.push_back({static_cast<uint32_t>(from.lo), static_cast<uint32_t>(to.lo)});
      } else {
        ranges_ipv6.push_back({from.hi, from.lo, to.hi, to.lo});
      }
    }
  };
  const uint32_t rule_first = host.rows_before;
  for (uint32_t i = 0; i < rule_first; ++i) {
    RuleRow row{};
    row.layer = row.group = row.source = row.translation = kNoRow;
    rule_rows.push_back(row);
  }
  for (const DrawnRule& rule : rules) {
    RuleRow row{};
    row.translation = host.translates ? 0 : kNoRow;
    row.condition_first = static_cast<uint32_t>(conditions.size());
    row.condition_count = static_cast<uint32_t>(rule.conditions.size());
    row.action = static_cast<uint8_t>(host.translates ? Action::kLbnat : Action::kAllow);
    row.flags = kRuleTerminating | host.rule_flags;
    row.flow_ms = 20'000;
    rule_rows.push_back(row);
    for (const DrawnCondition& condition : rule.conditions) {
      const size_t values = is_further(condition.field)    ? ranges64.size()
                            : !is_address(condition.field) ? ranges16.size()
                            : family == Family::kIpv4      ? ranges_ipv4.size()
                                                           : ranges_ipv6.size();
      conditions.push_back({static_cast<uint32_t>(values),
                            static_cast<uint32_t>(condition.values.size()),
                            static_cast<uint32_t>(condition.field)});
      append_values(condition);
    }
  }
  const auto count = static_cast<uint32_t>(rules.size());
  const uint32_t defaults = rule_first + count;
  // Defaults: of the layer, of the host layer, and of a switch without layers.
  for (uint32_t i = 0; i < 3; ++i) {
    RuleRow row{};
    row.layer = i == 0 ? 0 : i == 1 ? 1 : kNoRow;
    row.group = row.source = row.translation = kNoRow;
    row.condition_first = static_cast<uint32_t>(conditions.size());
    row.action = static_cast<uint8_t>(Action::kAllow);
    row.reason = static_cast<uint8_t>(Reason::kDefaultAllow);
    row.flags = host.rule_flags;
    row.flow_ms = 20'000;
    rule_rows.push_back(row);
  }
  SettingsRow settings{};
  settings.fragments_max = 1000;
  settings.flows_max = host.flows_max;
  settings.half_open_max = settings.tcp_max = settings.udp_max = settings.other_max = ~0u;
  settings.switch_half_open_ms = settings.host_half_open_ms = 5000;
  settings.switch_time_wait_ms = settings.host_time_wait_ms = 3000;
  EndpointRow endpoint{};
  endpoint.mac = ~uint64_t{0};
  endpoint.address_count = static_cast<uint32_t>(host.addresses.size());
  endpoint.layer_count = 1;
  endpoint.host_layer = 1;
  endpoint.no_layer_rule = defaults + 2;
  LayerRow layers[2]{};
  layers[0].group_count = 1;
  layers[0].no_match_in = layers[0].no_match_out = defaults;
  layers[0].stage = static_cast<uint8_t>(Stage::kSwitch);
  layers[0].flags = layers[1].flags = host.layer_flags;
  if (host.translates) layers[0].flags |= kLayerTranslates;
  if (!ranges64.empty()) layers[0].flags |= kLayerAsksFurther;
  layers[1].group_first = 1;
  layers[1].no_match_in = layers[1].no_match_out = defaults + 1;
  layers[1].stage = static_cast<uint8_t>(Stage::kHost);
  GroupRow group{};
  group.rule_first = rule_first;
  group.rule_count = count;
  group.direction = static_cast<uint8_t>(Direction::kIn);
  group.family = static_cast<uint8_t>(family);

  std::vector<uint8_t> bytes(kHeaderBytes + kTableCount * kDirectoryEntryBytes);
  const auto put = [&](size_t at, uint32_t word) { std::memcpy(&bytes[at], &word, 4); };
  const auto table = [&](TableId id, const void* rows, size_t row_count) {
    bytes.resize((bytes.size() + kTableAlignment - 1) / kTableAlignment * kTableAlignment);
    const auto i = static_cast<size_t>(id);
    const size_t entry = kHeaderBytes + i * kDirectoryEntryBytes;
    put(entry, static_cast<uint32_t>(bytes.size()));
    put(entry + 4, static_cast<uint32_t>(row_count));
    put(entry + 8, kRowBytes[i]);
    const auto* first = static_cast<const uint8_t*>(rows);
    bytes.insert(bytes.end(), first, first + row_count * kRowBytes[i]);
  };
  const StringRow no_name{};
  table(TableId::kText, "", 0);
  table(TableId::kStrings, &no_name, 1);
  table(TableId::kSettings, &settings, 1);
  table(TableId::kEndpoints, &endpoint, 1);
  table(TableId::kAddresses, host.addresses.data(), host.addresses.size());
  table(TableId::kBroadcasts, "", 0);
  table(TableId::kLayers, layers, 2);
  table(TableId::kGroups, &group, 1);
  table(TableId::kRules, rule_rows.data(), rule_rows.size());
  table(TableId::kConditions, conditions.data(), conditions.size());
  table(TableId::kRanges16, ranges16.data(), ranges16.size());
  table(TableId::kRangesIpv4, ranges_ipv4.data(), ranges_ipv4.size());
  table(TableId::kRangesIpv6, ranges_ipv6.data(), ranges_ipv6.size());
  table(TableId::kRanges64, ranges64.data(), ranges64.size());
  // What all of them rewrite to: one of two ends, behind a front of their own.
  const auto value = static_cast<uint8_t>(family);
  const TranslationRow translation{kNoRow, 0, 2, value, 0, 0};
  const TargetRow targets[] = {
      {0, 0x0A000005, 0, 80, 0}, {0, 0x0A000006, kNoRow, 0, 0}, {0, 0x0A000005, 0, 8080, 0}};
  const FrontRow front{0, 0x0A0000FE, 2, 1, 80, 6, value, 0, 0, 0};
  table(TableId::kTranslations, &translation, host.translates ? 1 : 0);
  table(TableId::kTargets, targets, host.translates ? 3 : 0);
  table(TableId::kEncapsulations, "", 0);
  table(TableId::kFronts, &front, host.translates ? 1 : 0);
  put(0, kMagicWord);
  put(4, kFormatVersion | kTableCount << 16);
  put(8, static_cast<uint32_t>(bytes.size()));

  std::unique_ptr<const Program> program;
  const Status status = Program::load(bytes, program);
  EXPECT_TRUE(status.ok()) << error_code_name(status.code) << " at " << status.offset;
  return program;
}

// Draws rules whose bounds collide, and packets at their bounds and one beside them.
class RuleDraw {
 public:
  RuleDraw(std::mt19937& random, Family family) : random_(random), family_(family) {}

  std::vector<DrawnRule> rules(uint32_t count) const {
    std::vector<DrawnRule> out;
    for (uint32_t i = 0; i < count; ++i) out.push_back(rule());
    return out;
  }

  DrawnRule rule_of_one_port(uint32_t port) const {
    DrawnRule rule;
    const IpAddress value = {0, port % 65'536};
    rule.conditions = {{ConditionField::kDestinationPort, {{value, value}}}};
    if (port % 3 == 0) rule.conditions.push_back(condition(ConditionField::kSourceAddress));
    return rule;
  }

  std::vector<PacketHeaders> packets(const std::vector<DrawnRule>& rules, uint32_t count) const {
    std::vector<PacketHeaders> out;
    for (uint32_t i = 0; i < count; ++i) {
      PacketHeaders packet;
      packet.family = family_;
      packet.result = ParseResult::kOk;
      packet.protocol = static_cast<uint8_t>(value(ConditionField::kProtocol).lo);
      packet.source = value(ConditionField::kSourceAddress);
      packet.destination = value(ConditionField::kDestinationAddress);
      packet.icmp_type = static_cast<uint8_t>(value(ConditionField::kIcmpTypeCode).lo >> 8);
      packet.icmp_code = static_cast<uint8_t>(below(3));
      packet.source_port = static_cast<uint16_t>(value(ConditionField::kSourcePort).lo);
      packet.destination_port = static_cast<uint16_t>(value(ConditionField::kDestinationPort).lo);
      // Mostly aimed at a rule: all of its conditions at a bound, or one beside it.
      if (!rules.empty() && below(8) != 0) aim(packet, rules[below(rules.size())]);
      set_flags(packet);
      out.push_back(packet);
    }
    return out;
  }

 private:
  uint32_t below(size_t n) const { return static_cast<uint32_t>(random_() % n); }

  // As the parser has them: what shows an ICMP type has no ports.
  void set_flags(PacketHeaders& packet) const {
    const bool is_icmp = packet.protocol == 1 || packet.protocol == 58;
    if (below(5) == 0) {
      packet.flags = below(2) == 0 ? uint8_t{0} : uint8_t{kLaterFragment};
    } else if (!is_icmp) {
      packet.flags = kHasPorts;
    }
  }

  DrawnRule rule() const {
    DrawnRule rule;
    for (const ConditionField field :
         {ConditionField::kProtocol, ConditionField::kSourceAddress,
          ConditionField::kDestinationAddress, ConditionField::kSourcePort,
          ConditionField::kDestinationPort}) {
      if (below(2) == 0) rule.conditions.push_back(condition(field));
    }
    if (below(10) == 0) rule.conditions.push_back(condition(ConditionField::kIcmpTypeCode));
    // The same field twice: both must hold.
    if (below(20) == 0) rule.conditions.push_back(condition(ConditionField::kSourceAddress));
    if (below(20) == 0) rule.conditions.push_back(condition(ConditionField::kDestinationPort));
    return rule;
  }

  DrawnCondition condition(ConditionField field) const {
    DrawnCondition condition{field, {}};
    // Now and then more intervals than are listed one by one.
    const uint32_t count = below(12) == 0 ? 12 : 1 + below(3);
    for (uint32_t i = 0; i < count; ++i) {
      IpAddress from = value(field), to = below(2) == 0 ? from : value(field);
      if (to < from) std::swap(from, to);
      condition.values.push_back({from, to});
    }
    std::sort(condition.values.begin(), condition.values.end(),
              [](const DrawnRange& a, const DrawnRange& b) { return a.from < b.from; });
    std::vector<DrawnRange> disjoint;
    for (const DrawnRange& range : condition.values) {
      if (disjoint.empty() || disjoint.back().to < range.from) disjoint.push_back(range);
    }
    condition.values = disjoint;
    return condition;
  }

  // Few values, so that bounds meet; the ends of the field among them.
  IpAddress value(ConditionField field) const {
    switch (field) {
      case ConditionField::kProtocol: {
        constexpr uint32_t kValues[] = {0, 1, 5, 6, 7, 16, 17, 18, 58, 132, 254, 255};
        return {0, kValues[below(std::size(kValues))]};
      }
      case ConditionField::kIcmpTypeCode: {
        constexpr uint32_t kValues[] = {0, 1, 0x0300, 0x03FF, 0x0800, 0x0801, 0x8500, 0xFFFF};
        return {0, kValues[below(std::size(kValues))]};
      }
      case ConditionField::kSourcePort:
      case ConditionField::kDestinationPort: {
        constexpr uint32_t kValues[] = {0,   1,   79,   80,   81,     442,
                                        443, 444, 1023, 1024, 65'534, 65'535};
        return {0, below(6) == 0 ? random_() % 65'536 : kValues[below(std::size(kValues))]};
      }
      default:
        return family_ == Family::kIpv4 ? ipv4_value() : ipv6_value();
    }
  }
  IpAddress ipv4_value() const {
    constexpr uint32_t kBases[] = {0,          0xFFFFFFFF, 0x0A000000, 0x0A00FFFF, 0x0A010000,
                                   0x0A010080, 0xC0A80000, 0xC0A800FF, 0x7FFFFFFF, 0x80000000};
    const uint32_t spread = below(3) == 0 ? below(4096) : below(4);
    const uint32_t base = kBases[below(std::size(kBases))];
    return {0, static_cast<uint32_t>(below(2) == 0 ? base + spread : base - spread)};
  }
  IpAddress ipv6_value() const {
    const uint64_t all = ~uint64_t{0};
    const uint64_t his[] = {0, all, 0x20010DB800000000, 0x20010DB8FFFFFFFF, 0xFE80000000000000};
    const uint64_t los[] = {0, all, 1, 2, 0x0000000100000000};
    return {his[below(std::size(his))], los[below(std::size(los))] + below(3)};
  }

  void aim(PacketHeaders& packet, const DrawnRule& rule) const {
    for (const DrawnCondition& condition : rule.conditions) {
      const DrawnRange& range = condition.values[below(condition.values.size())];
      IpAddress at = below(2) == 0 ? range.from : range.to;
      if (below(6) == 0) at.lo += below(2) == 0 ? 1 : ~uint64_t{0};
      if (family_ == Family::kIpv4 || !is_address(condition.field)) at.lo &= 0xFFFFFFFF;
      switch (condition.field) {
        case ConditionField::kProtocol:
          packet.protocol = static_cast<uint8_t>(at.lo);
          break;
        case ConditionField::kSourceAddress:
          packet.source = at;
          break;
        case ConditionField::kDestinationAddress:
          packet.destination = at;
          break;
        case ConditionField::kSourcePort:
          packet.source_port = static_cast<uint16_t>(at.lo);
          break;
        case ConditionField::kDestinationPort:
          packet.destination_port = static_cast<uint16_t>(at.lo);
          break;
        case ConditionField::kIcmpTypeCode:
          packet.icmp_type = static_cast<uint8_t>(at.lo >> 8);
          packet.icmp_code = static_cast<uint8_t>(at.lo);
          if (below(4) != 0) packet.protocol = 1;
          break;
        case ConditionField::kTcpOpening:
        case ConditionField::kSourceMac:
        case ConditionField::kDestinationMac:
        case ConditionField::kVlan:
        case ConditionField::kTni:
        case ConditionField::kGreKey:
          break;  // which are not drawn here
      }
    }
  }

  std::mt19937& random_;
  Family family_;
};

}  // namespace portacl

// A validated rule program: what docs/RULE_PROGRAM.md describes, safe to walk without checks.
//
// Bytes come from encode.ts, from a file, or from an attacker: load() trusts nothing. Once it has
// answered kOk every index leads into its table, every run lies inside it and belongs to its
// holder, every enum has a listed value, value lists ascend, and strings are UTF-8.
// Immutable after load(); read by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>

#include "base/status.h"
#include "program/layout.h"

namespace portacl {

class Program {
 public:
  // Copies `bytes`. Errors: kProgram… with the byte offset of the row or word that is wrong.
  static Status load(std::span<const uint8_t> bytes, std::unique_ptr<const Program>& out);

  const SettingsRow& settings() const { return settings_[0]; }
  std::span<const EndpointRow> endpoints() const { return endpoints_; }
  std::span<const AddressRow> addresses() const { return addresses_; }
  std::span<const BroadcastRow> broadcasts() const { return broadcasts_; }
  std::span<const LayerRow> layers() const { return layers_; }
  std::span<const GroupRow> groups() const { return groups_; }
  std::span<const RuleRow> rules() const { return rules_; }
  std::span<const ConditionRow> conditions() const { return conditions_; }
  std::span<const Range16Row> ranges16() const { return ranges16_; }
  std::span<const RangeIpv4Row> ranges_ipv4() const { return ranges_ipv4_; }
  std::span<const RangeIpv6Row> ranges_ipv6() const { return ranges_ipv6_; }
  std::span<const Range64Row> ranges64() const { return ranges64_; }
  std::span<const TranslationRow> translations() const { return translations_; }
  std::span<const TargetRow> targets() const { return targets_; }
  std::span<const EncapsulationRow> encapsulations() const { return encapsulations_; }
  std::span<const FrontRow> fronts() const { return fronts_; }
  // Whether the endpoint has a switch layer with one of these LAYER_FLAG bits.
  bool has_layer(const EndpointRow& endpoint, uint8_t flags) const;
  uint32_t string_count() const { return static_cast<uint32_t>(strings_.size()); }
  std::string_view string(uint32_t row) const {
    return {reinterpret_cast<const char*>(text_.data()) + strings_[row].text_first,
            strings_[row].text_count};
  }

 private:
  friend class ProgramLoader;
  Program() = default;

  std::unique_ptr<uint64_t[]> bytes_;  // 64-bit words, so that every table is aligned
  std::span<const TextByte> text_;
  std::span<const StringRow> strings_;
  std::span<const SettingsRow> settings_;
  std::span<const EndpointRow> endpoints_;
  std::span<const AddressRow> addresses_;
  std::span<const BroadcastRow> broadcasts_;
  std::span<const LayerRow> layers_;
  std::span<const GroupRow> groups_;
  std::span<const RuleRow> rules_;
  std::span<const ConditionRow> conditions_;
  std::span<const Range16Row> ranges16_;
  std::span<const RangeIpv4Row> ranges_ipv4_;
  std::span<const RangeIpv6Row> ranges_ipv6_;
  std::span<const Range64Row> ranges64_;
  std::span<const TranslationRow> translations_;
  std::span<const TargetRow> targets_;
  std::span<const EncapsulationRow> encapsulations_;
  std::span<const FrontRow> fronts_;
};

// Whether no key shows the field, so that only layers that say so may ask for it.
constexpr bool is_further(ConditionField field) { return field > ConditionField::kIcmpTypeCode; }

// By what fronts ascend.
constexpr auto front_order(const FrontRow& row) {
  return std::tuple(row.family, row.hi, row.lo, row.protocol, row.port);
}

// Whether a packet that the rule takes opens a flow, in a layer that keeps them. VFP has no kind of
// flow for encap and decap. Source: vfp.md 3.6; assumption: N24.
constexpr bool keeps_flow(const RuleRow& rule) {
  return (rule.flags & kRuleStateful) != 0 && rule.action < static_cast<uint8_t>(Action::kEncap);
}

// Whether a packet that the rule takes goes on. Source: vfp.md 3.6.
constexpr bool lets_pass(const RuleRow& rule) {
  return rule.action != static_cast<uint8_t>(Action::kBlock) &&
         rule.action != static_cast<uint8_t>(Action::kPass);
}

}  // namespace portacl

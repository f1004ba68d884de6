#include "program/program.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/ip.h"
#include "base/utf8.h"

namespace portacl {

static_assert(std::endian::native == std::endian::little,
              "tables are read in place; a big-endian port must swap them on load");

constexpr uint8_t kDistributionMax = static_cast<uint8_t>(Distribution::kAddresses);
constexpr uint8_t kLayerFlags = kLayerStateful | kLayerHasSay | kLayerStealth |
                                kLayerGroupAnswersOnly | kLayerTranslates | kLayerAsksFurther |
                                kLayerBlocksAll | kLayerEncapsulates;
constexpr uint8_t kRuleFlags =
    kRuleTerminating | kRuleStateful | kRuleAssumesAllow | kRuleAssumesBlock | kRuleAnyRemote;

// The checks, one member per table. Each stops at the first fault and remembers where it stands.
class ProgramLoader {
 public:
  explicit ProgramLoader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Status load(std::unique_ptr<const Program>& out) {
    if (!header() || !copy() || !directory()) return status_;
    if (!settings() || !strings() || !endpoints() || !addresses() || !broadcasts() || !layers() ||
        !groups() || !translations() || !rules() || !conditions() || !encapsulations() ||
        !fronts()) {
      return status_;
    }
    out = std::move(program_);
    return status_;
  }

 private:
  uint32_t word(size_t offset) const {
    uint32_t value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  bool fail(ErrorCode code, uint64_t offset, uint64_t detail = 0) {
    status_ = {code, offset, detail};
    return false;
  }
  // Fault in row `index` of `table`.
  bool fail(ErrorCode code, TableId table, size_t index, uint64_t detail = 0) {
    const auto id = static_cast<size_t>(table);
    return fail(code, offset_[id] + index * kRowBytes[id], detail);
  }

  bool header() {
    constexpr size_t kFixed = kHeaderBytes + size_t{kTableCount} * kDirectoryEntryBytes;
    if (bytes_.size() < 4 || word(0) != kMagicWord) return fail(ErrorCode::kProgramMagic, 0);
    if (bytes_.size() < kFixed) return fail(ErrorCode::kProgramCut, bytes_.size());
    if (word(4) != (kFormatVersion | kTableCount << 16)) {
      return fail(ErrorCode::kProgramVersion, 4, word(4));
    }
    if (bytes_.size() > kProgramBytesMax) return fail(ErrorCode::kProgramLimit, 8, bytes_.size());
    if (word(8) != bytes_.size()) return fail(ErrorCode::kProgramCut, 8, word(8));
    if (word(12) != 0) return fail(ErrorCode::kProgramValue, 12, word(12));
    return true;
  }

  bool copy() {
    program_.reset(new (std::nothrow) Program);
    if (!program_) return fail(ErrorCode::kOutOfMemory, 0);
    program_->bytes_.reset(new (std::nothrow) uint64_t[(bytes_.size() + 7) / 8]);
    if (!program_->bytes_) return fail(ErrorCode::kOutOfMemory, 0);
    std::memcpy(program_->bytes_.get(), bytes_.data(), bytes_.size());
    return true;
  }

  bool directory() {
    return table(TableId::kText, program_->text_) && table(TableId::kStrings, program_->strings_) &&
           table(TableId::kSettings, program_->settings_) &&
           table(TableId::kEndpoints, program_->endpoints_) &&
           table(TableId::kAddresses, program_->addresses_) &&
           table(TableId::kBroadcasts, program_->broadcasts_) &&
           table(TableId::kLayers, program_->layers_) &&
           table(TableId::kGroups, program_->groups_) && table(TableId::kRules, program_->rules_) &&
           table(TableId::kConditions, program_->conditions_) &&
           table(TableId::kRanges16, program_->ranges16_) &&
           table(TableId::kRangesIpv4, program_->ranges_ipv4_) &&
           table(TableId::kRangesIpv6, program_->ranges_ipv6_) &&
           table(TableId::kRanges64, program_->ranges64_) &&
           table(TableId::kTranslations, program_->translations_) &&
           table(TableId::kTargets, program_->targets_) &&
           table(TableId::kEncapsulations, program_->encapsulations_) &&
           table(TableId::kFronts, program_->fronts_);
  }

  template <class Row>
  bool table(TableId name, std::span<const Row>& out) {
    const auto id = static_cast<size_t>(name);
    const size_t at = kHeaderBytes + id * kDirectoryEntryBytes;
    const uint64_t offset = word(at), rows = word(at + 4), row_bytes = word(at + 8);
    if (row_bytes != sizeof(Row)) return fail(ErrorCode::kProgramRowSize, at + 8, row_bytes);
    if (rows > kRowsMax[id]) return fail(ErrorCode::kProgramLimit, at + 4, rows);
    if (word(at + 12) != 0) return fail(ErrorCode::kProgramValue, at + 12, word(at + 12));
    if (offset % kTableAlignment != 0 || offset + rows * row_bytes > bytes_.size()) {
      return fail(ErrorCode::kProgramCut, at, offset);
    }
    offset_[id] = offset;
    const auto* base = reinterpret_cast<const uint8_t*>(program_->bytes_.get());
    out = {reinterpret_cast<const Row*>(base + offset), static_cast<size_t>(rows)};
    return true;
  }

  // Whether [first, first + count) lies in a table of `size` rows.
  static bool run_fits(uint64_t first, uint64_t count, size_t size) {
    return first + count <= size;
  }

  // The same for runs that their holders own alone: each begins where the one before it ended, so
  // that checking all of them costs no more than the table has rows.
  static bool next_run(uint64_t first, uint64_t count, size_t size, uint64_t& end) {
    if (count == 0) return true;
    if (first != end || !run_fits(first, count, size)) return false;
    end += count;
    return true;
  }

  bool settings() {
    if (program_->settings_.size() != 1) {
      return fail(ErrorCode::kProgramLimit, TableId::kSettings, 0, program_->settings_.size());
    }
    const SettingsRow& row = program_->settings_[0];
    if (row.midstream > 1 || row.neighbor_discovery_exempt > 1 || row.icmp_errors_follow_flow > 1 ||
        row.refuse_indeterminate > 1 || row.refuse_invalid_tcp > 1 || row.dhcp_answers_exempt > 1 ||
        row.dropped_keep_flows > 1 || row.reserved != 0) {
      return fail(ErrorCode::kProgramValue, TableId::kSettings, 0);
    }
    return true;
  }

  bool strings() {
    const auto& rows = program_->strings_;
    if (rows.empty()) return fail(ErrorCode::kProgramIndex, TableId::kStrings, 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!next_run(rows[i].text_first, rows[i].text_count, program_->text_.size(), text_end_)) {
        return fail(ErrorCode::kProgramIndex, TableId::kStrings, i);
      }
      if (!is_utf8(program_->string(static_cast<uint32_t>(i)))) {
        return fail(ErrorCode::kProgramText, TableId::kStrings, i);
      }
    }
    if (rows[0].text_count != 0) return fail(ErrorCode::kProgramText, TableId::kStrings, 0);
    return true;
  }

  bool endpoints() {
    const auto& rows = program_->endpoints_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const EndpointRow& row = rows[i];
      if (row.layer_count > kEndpointLayersMax) {
        return fail(ErrorCode::kProgramLimit, TableId::kEndpoints, i, row.layer_count);
      }
      if (!run_fits(row.address_first, row.address_count, program_->addresses_.size()) ||
          !run_fits(row.layer_first, row.layer_count, program_->layers_.size()) ||
          row.host_layer >= program_->layers_.size() || row.name >= program_->strings_.size() ||
          row.no_layer_rule >= program_->rules_.size()) {
        return fail(ErrorCode::kProgramIndex, TableId::kEndpoints, i);
      }
      for (uint32_t a = 0; a < row.address_count; ++a) {
        if (program_->addresses_[row.address_first + a].endpoint != i) {
          return fail(ErrorCode::kProgramIndex, TableId::kEndpoints, i);
        }
      }
      if (!endpoint_layers(row, i)) return false;
    }
    return true;
  }

  bool endpoint_layers(const EndpointRow& row, size_t i) {
    for (uint32_t k = 0; k < row.layer_count; ++k) {
      const LayerRow& layer = program_->layers_[row.layer_first + k];
      if (layer.endpoint != i || layer.stage != static_cast<uint8_t>(Stage::kSwitch)) {
        return fail(ErrorCode::kProgramIndex, TableId::kEndpoints, i);
      }
      // Equal layer priorities have no order. Source: vfp.md 3.2 [R].
      if (k > 0 && program_->layers_[row.layer_first + k - 1].priority >= layer.priority) {
        return fail(ErrorCode::kProgramOrder, TableId::kLayers, row.layer_first + k);
      }
    }
    const LayerRow& host = program_->layers_[row.host_layer];
    if (host.endpoint != i || host.stage != static_cast<uint8_t>(Stage::kHost)) {
      return fail(ErrorCode::kProgramIndex, TableId::kEndpoints, i);
    }
    if (program_->rules_[row.no_layer_rule].layer != kNoRow) {
      return fail(ErrorCode::kProgramIndex, TableId::kEndpoints, i);
    }
    return true;
  }

  bool addresses() {
    const auto& rows = program_->addresses_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const AddressRow& row = rows[i];
      const bool ipv4 = row.family == 4;
      if ((!ipv4 && row.family != 6) || (ipv4 && (row.hi != 0 || row.lo > 0xFFFFFFFF))) {
        return fail(ErrorCode::kProgramValue, TableId::kAddresses, i);
      }
      if (row.endpoint >= program_->endpoints_.size()) {
        return fail(ErrorCode::kProgramIndex, TableId::kAddresses, i);
      }
    }
    return true;
  }

  bool broadcasts() {
    const auto& rows = program_->broadcasts_;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].endpoint >= program_->endpoints_.size()) {
        return fail(ErrorCode::kProgramIndex, TableId::kBroadcasts, i);
      }
    }
    return true;
  }

  bool layers() {
    const auto& rows = program_->layers_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const LayerRow& row = rows[i];
      if (row.stage != static_cast<uint8_t>(Stage::kSwitch) &&
          row.stage != static_cast<uint8_t>(Stage::kHost)) {
        return fail(ErrorCode::kProgramValue, TableId::kLayers, i, row.stage);
      }
      if ((row.flags & ~kLayerFlags) != 0 || row.reserved != 0) {
        return fail(ErrorCode::kProgramValue, TableId::kLayers, i, row.flags);
      }
      if ((row.flags &
           (kLayerTranslates | kLayerAsksFurther | kLayerBlocksAll | kLayerEncapsulates)) &&
          row.stage != static_cast<uint8_t>(Stage::kSwitch)) {
        return fail(ErrorCode::kProgramValue, TableId::kLayers, i, row.flags);
      }
      if (row.name >= program_->strings_.size() || row.endpoint >= program_->endpoints_.size() ||
          !run_fits(row.group_first, row.group_count, program_->groups_.size()) ||
          !is_default_of(row.no_match_out, i) || !is_default_of(row.no_match_in, i)) {
        return fail(ErrorCode::kProgramIndex, TableId::kLayers, i);
      }
      if (!layer_groups(row, i)) return false;
    }
    return true;
  }

  // The groups of one direction and family stand in the order in which they are asked.
  bool layer_groups(const LayerRow& row, size_t i) {
    uint32_t last_priority[2][2] = {};
    for (uint32_t g = row.group_first; g < row.group_first + row.group_count; ++g) {
      const GroupRow& group = program_->groups_[g];
      if (group.layer != i) return fail(ErrorCode::kProgramIndex, TableId::kLayers, i);
      uint32_t& last = last_priority[group.direction & 1][group.family == 6];
      if (group.priority < last) return fail(ErrorCode::kProgramOrder, TableId::kGroups, g);
      last = group.priority;
    }
    return true;
  }

  // A default of the layer: a rule row outside every group that says allow or block.
  bool is_default_of(uint32_t rule, size_t layer) const {
    if (rule >= program_->rules_.size()) return false;
    const RuleRow& row = program_->rules_[rule];
    return row.layer == layer && row.group == kNoRow &&
           row.action <= static_cast<uint8_t>(Action::kAllow);
  }

  bool groups() {
    const auto& rows = program_->groups_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const GroupRow& row = rows[i];
      if (row.direction > 1 || (row.family != 4 && row.family != 6) || row.reserved != 0) {
        return fail(ErrorCode::kProgramValue, TableId::kGroups, i);
      }
      if (row.name >= program_->strings_.size() || row.layer >= program_->layers_.size() ||
          !run_fits(row.rule_first, row.rule_count, program_->rules_.size())) {
        return fail(ErrorCode::kProgramIndex, TableId::kGroups, i);
      }
      const LayerRow& layer = program_->layers_[row.layer];
      if (i < layer.group_first || i - layer.group_first >= layer.group_count) {
        return fail(ErrorCode::kProgramIndex, TableId::kGroups, i);
      }
      for (uint32_t r = 0; r < row.rule_count; ++r) {
        if (program_->rules_[row.rule_first + r].group != i) {
          return fail(ErrorCode::kProgramIndex, TableId::kGroups, i);
        }
      }
    }
    return true;
  }

  bool rules() {
    const auto& rows = program_->rules_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const RuleRow& row = rows[i];
      if (row.action > static_cast<uint8_t>(Action::kDecap) || row.reason >= kReasonCount ||
          (row.flags & ~kRuleFlags) != 0 || row.reserved != 0) {
        return fail(ErrorCode::kProgramValue, TableId::kRules, i);
      }
      if (row.name >= program_->strings_.size() ||
          !next_run(row.condition_first, row.condition_count, program_->conditions_.size(),
                    conditions_end_) ||
          (row.layer != kNoRow && row.layer >= program_->layers_.size()) ||
          (row.group != kNoRow && !in_group(row, i)) || !has_what_it_writes(row)) {
        return fail(ErrorCode::kProgramIndex, TableId::kRules, i);
      }
    }
    return true;
  }

  bool in_group(const RuleRow& row, size_t i) const {
    if (row.group >= program_->groups_.size()) return false;
    const GroupRow& group = program_->groups_[row.group];
    return group.layer == row.layer && i >= group.rule_first &&
           i - group.rule_first < group.rule_count;
  }

  // A rule that rewrites has a translation of its family, one that encapsulates its headers, in a
  // layer that says so; others have none. One that is asked no more keeps its action alone.
  // Requires: in_group() where there is a group.
  bool has_what_it_writes(const RuleRow& row) const {
    if (row.group == kNoRow || row.action < static_cast<uint8_t>(Action::kNat)) {
      return row.translation == kNoRow;
    }
    if (row.action >= static_cast<uint8_t>(Action::kEncap)) {
      const bool puts_on = row.action == static_cast<uint8_t>(Action::kEncap);
      return (program_->layers_[row.layer].flags & kLayerEncapsulates) &&
             (puts_on ? row.translation < program_->encapsulations_.size()
                      : row.translation == kNoRow);
    }
    if (row.translation >= program_->translations_.size()) return false;
    const TranslationRow& translation = program_->translations_[row.translation];
    return (program_->layers_[row.layer].flags & kLayerTranslates) &&
           translation.family == program_->groups_[row.group].family &&
           has_ends(static_cast<Action>(row.action), translation);
  }

  // Whether a translation is what the action of its rule wants. Requires: translations().
  bool has_ends(Action action, const TranslationRow& row) const {
    const uint32_t first = row.destination_first, count = row.destination_count;
    const uint32_t sources = row.source == kNoRow ? 0 : 1;
    if (action == Action::kDynnat) {
      const auto targets = std::span(program_->targets_).subspan(first, count);
      return sources == 0 && count > 0 && count <= kPoolRangesMax &&
             std::ranges::all_of(targets, is_pool);
    }
    return (action == Action::kLbnat ? count > 0 : count + sources > 0 && count <= 1) &&
           !has_pool(row.source, sources) && !has_pool(first, count);
  }

  static bool is_pool(const TargetRow& target) { return target.port_last != 0; }
  bool has_pool(uint32_t first, uint32_t count) const {
    return count > 0 &&
           std::ranges::any_of(std::span(program_->targets_).subspan(first, count), is_pool);
  }

  bool translations() {
    for (size_t i = 0; i < program_->translations_.size(); ++i) {
      const TranslationRow& row = program_->translations_[i];
      if ((row.family != 4 && row.family != 6) || row.distribution > kDistributionMax ||
          row.reserved != 0) {
        return fail(ErrorCode::kProgramValue, TableId::kTranslations, i);
      }
      const uint32_t sources = row.source == kNoRow ? 0 : 1;
      if (!targets(row.source, sources, row.family) ||
          !targets(row.destination_first, row.destination_count, row.family)) {
        return fail(ErrorCode::kProgramIndex, TableId::kTranslations, i);
      }
    }
    return true;
  }

  // Whether the holder's run of targets is its own and of its family.
  bool targets(uint32_t first, uint32_t count, uint8_t family) {
    if (!next_run(first, count, program_->targets_.size(), targets_end_)) return false;
    for (uint32_t t = first; t < uint64_t{first} + count; ++t) {
      const TargetRow& row = program_->targets_[t];
      if (!is_address(family, row.hi, row.lo) ||
          (row.port_last != 0 && (row.port == 0 || row.port > row.port_last)) ||
          (row.endpoint != kNoRow && row.endpoint >= program_->endpoints_.size())) {
        return false;
      }
    }
    return true;
  }

  bool encapsulations() {
    for (size_t i = 0; i < program_->encapsulations_.size(); ++i) {
      if (!is_sound(program_->encapsulations_[i])) {
        return fail(ErrorCode::kProgramValue, TableId::kEncapsulations, i);
      }
    }
    return true;
  }

  static bool is_sound(const EncapsulationRow& row) {
    const bool has_network = row.format == static_cast<uint8_t>(Encapsulation::kVxlan) ||
                             row.format == static_cast<uint8_t>(Encapsulation::kNvgre);
    const auto is_mac = [](uint64_t mac) { return mac >> 48 == 0 || mac == ~uint64_t{0}; };
    return row.format >= static_cast<uint8_t>(Encapsulation::kVxlan) &&
           row.format <= static_cast<uint8_t>(Encapsulation::kIpInIp) &&
           (row.family == 4 || row.family == 6) && row.reserved == 0 &&
           is_address(row.family, row.source_hi, row.source_lo) &&
           is_address(row.family, row.destination_hi, row.destination_lo) &&
           row.network < (has_network ? 1u << 24 : 1u) && is_mac(row.source_mac) &&
           is_mac(row.destination_mac) && is_mac(row.inner_mac);
  }

  static bool is_address(uint32_t family, uint64_t hi, uint64_t lo) {
    return family == 6 || (hi == 0 && lo <= 0xFFFFFFFF);
  }

  bool fronts() {
    const auto& rows = program_->fronts_;
    for (size_t i = 0; i < rows.size(); ++i) {
      const FrontRow& row = rows[i];
      if ((row.family != 4 && row.family != 6) || !is_address(row.family, row.hi, row.lo) ||
          row.distribution > kDistributionMax || row.reserved_0 != 0 || row.reserved_1 != 0) {
        return fail(ErrorCode::kProgramValue, TableId::kFronts, i);
      }
      if (row.target_count == 0 || !targets(row.target_first, row.target_count, row.family) ||
          has_pool(row.target_first, row.target_count)) {
        return fail(ErrorCode::kProgramIndex, TableId::kFronts, i);
      }
      if (i > 0 && !(front_order(rows[i - 1]) < front_order(row))) {
        return fail(ErrorCode::kProgramOrder, TableId::kFronts, i);
      }
    }
    return true;
  }

  // Condition values are read by the family of the rule's group, so they are checked from there.
  bool conditions() {
    for (size_t i = 0; i < program_->rules_.size(); ++i) {
      const RuleRow& rule = program_->rules_[i];
      if (rule.group == kNoRow) {
        if (rule.condition_count != 0) return fail(ErrorCode::kProgramValue, TableId::kRules, i);
        continue;
      }
      const bool ipv4 = program_->groups_[rule.group].family == 4;
      const bool further = program_->layers_[rule.layer].flags & kLayerAsksFurther;
      for (uint32_t c = 0; c < rule.condition_count; ++c) {
        if (!condition(rule.condition_first + c, ipv4, further)) return false;
      }
    }
    return true;
  }

  bool condition(size_t index, bool ipv4, bool further) {
    const ConditionRow& row = program_->conditions_[index];
    if (row.field > 0xFF) return fail(ErrorCode::kProgramValue, TableId::kConditions, index);
    switch (static_cast<ConditionField>(row.field)) {
      case ConditionField::kProtocol:
      case ConditionField::kSourcePort:
      case ConditionField::kDestinationPort:
      case ConditionField::kIcmpTypeCode:
        return ranges(
            index, program_->ranges16_, ranges16_end_,
            [](const Range16Row& r) {
              return IpAddress{0, r.from};
            },
            [](const Range16Row& r) {
              return IpAddress{0, r.to};
            });
      case ConditionField::kSourceAddress:
      case ConditionField::kDestinationAddress:
        if (ipv4) {
          return ranges(
              index, program_->ranges_ipv4_, ranges_ipv4_end_,
              [](const RangeIpv4Row& r) {
                return IpAddress{0, r.from};
              },
              [](const RangeIpv4Row& r) {
                return IpAddress{0, r.to};
              });
        }
        return ranges(
            index, program_->ranges_ipv6_, ranges_ipv6_end_,
            [](const RangeIpv6Row& r) {
              return IpAddress{r.from_hi, r.from_lo};
            },
            [](const RangeIpv6Row& r) {
              return IpAddress{r.to_hi, r.to_lo};
            });
      case ConditionField::kTcpOpening:
      case ConditionField::kSourceMac:
      case ConditionField::kDestinationMac:
      case ConditionField::kVlan:
      case ConditionField::kTni:
      case ConditionField::kGreKey:
        if (!further) break;
        return ranges(
            index, program_->ranges64_, ranges64_end_, [](const Range64Row& r) { return r.from; },
            [](const Range64Row& r) { return r.to; });
    }
    return fail(ErrorCode::kProgramValue, TableId::kConditions, index, row.field);
  }

  // Not empty, inside the table, each from <= to, ascending and disjoint.
  template <class Row, class From, class To>
  bool ranges(size_t index, std::span<const Row> table, uint64_t& end, From from, To to) {
    const ConditionRow& row = program_->conditions_[index];
    if (row.value_count == 0 || !next_run(row.value_first, row.value_count, table.size(), end)) {
      return fail(ErrorCode::kProgramIndex, TableId::kConditions, index);
    }
    const auto values = table.subspan(row.value_first, row.value_count);
    for (size_t v = 0; v < values.size(); ++v) {
      if (from(values[v]) > to(values[v])) {
        return fail(ErrorCode::kProgramRange, TableId::kConditions, index, v);
      }
      if (v > 0 && to(values[v - 1]) >= from(values[v])) {
        return fail(ErrorCode::kProgramOrder, TableId::kConditions, index, v);
      }
    }
    return true;
  }

  std::span<const uint8_t> bytes_;
  uint64_t text_end_ = 0;  // ends of the last runs given out, see next_run()
  uint64_t conditions_end_ = 0;
  uint64_t ranges16_end_ = 0;
  uint64_t ranges_ipv4_end_ = 0;
  uint64_t ranges_ipv6_end_ = 0;
  uint64_t ranges64_end_ = 0;
  uint64_t targets_end_ = 0;
  uint64_t offset_[kTableCount] = {};
  std::unique_ptr<Program> program_;
  Status status_;
};

Status Program::load(std::span<const uint8_t> bytes, std::unique_ptr<const Program>& out) {
  return ProgramLoader(bytes).load(out);
}

bool Program::has_layer(const EndpointRow& endpoint, uint8_t flags) const {
  const auto layers = layers_.subspan(endpoint.layer_first, endpoint.layer_count);
  return std::ranges::any_of(layers,
                             [=](const LayerRow& layer) { return (layer.flags & flags) != 0; });
}

}  // namespace portacl

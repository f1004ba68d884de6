#include "classifier/ranked_index.h"

#include <algorithm>
#include <utility>

namespace portacl {
namespace {

void append_bounds(Family family, std::span<const AddressInterval> intervals,
                   std::vector<IpAddress>& bounds) {
  const IpAddress last =
      family == Family::kIpv4 ? IpAddress{0, 0xFFFFFFFF} : IpAddress{~uint64_t{0}, ~uint64_t{0}};
  for (const AddressInterval& interval : intervals) {
    bounds.push_back(interval.from);
    if (interval.to == last) continue;
    const uint64_t lo = interval.to.lo + 1;
    bounds.push_back({interval.to.hi + (lo == 0), lo});
  }
}

AddressRanks ranks_of(const GroupRules& group, FieldRun GroupRule::*field) {
  std::vector<IpAddress> bounds;
  for (const GroupRule& rule : group.rules()) {
    append_bounds(group.family(), group.addresses(rule.*field), bounds);
  }
  return {group.family(), std::move(bounds)};
}

// Whether every rule says by number what it asks of ports.
bool has_numbered_ports(std::span<const RankedRule> rules) {
  return std::ranges::none_of(
      rules, [](const RankedRule& rule) { return rule.ports == PortClasses::kBeyond; });
}

NumberClassView view_of(const PortClasses::Field& field) {
  return {field.classes.data(), field.shift};
}

}  // namespace

RankedIndex::RankedIndex(const ClassifierOptions& options, const GroupRules& rules,
                         const GroupRow& group)
    : kernel_(options.kernel != nullptr ? options.kernel : usable_kernels().front()),
      family_(rules.family()),
      source_(ranks_of(rules, &GroupRule::source)),
      destination_(ranks_of(rules, &GroupRule::destination)),
      ports_(rules) {
  facts_.rules = group.rule_count;
}

std::unique_ptr<const RankedIndex> RankedIndex::build(const Program& program, const GroupRow& group,
                                                      const ClassifierOptions& options,
                                                      std::span<const Attempt> attempts) {
  const GroupRules rules(program, group);
  std::unique_ptr<RankedIndex> built(new RankedIndex(options, rules, group));
  const RankedRules ranked(rules, built->source_, built->destination_, built->ports_);
  for (const Attempt& attempt : attempts) {
    if (!built->build_parts(ranked, options, attempt)) continue;
    built->facts_.algorithm = attempt.algorithm;
    built->facts_.reason = attempt.reason;
    return built;
  }
  return nullptr;
}

bool RankedIndex::refuse(Algorithm algorithm, const BuildBudget& budget) {
  facts_.refusals.push_back({algorithm, budget.stage(), budget.bytes(), budget.limits().bytes_max,
                             budget.work(), budget.limits().work_max});
  return false;
}

bool RankedIndex::build_parts(const RankedRules& ranked, const ClassifierOptions& options,
                              const Attempt& attempt) {
  const auto [algorithm, reason, is_quick] = attempt;
  BuildBudget budget({options.table_bytes_max, options.table_work_max});
  const auto make_tables = [&](std::span<const RankedRule> rules, bool by_halves) {
    if (!has_numbered_ports(rules)) {
      budget.begin("more port conditions than are numbered");
    } else {
      tables_ = ClassTables::build(rules, source_, destination_, by_halves, ports_, budget);
    }
    return tables_ ? true : refuse(attempt.algorithm, budget);
  };
  if (algorithm == Algorithm::kTables) {
    if (!make_tables(ranked.all(), family_ == Family::kIpv4)) {
      return false;
    }
    facts_.table_rules = static_cast<uint32_t>(ranked.all().size());
    finish(RankedParts::kTables);
    return true;
  }
  const RankPlan plan =
      plan_lists(ranked.all(), source_.count(), destination_.count(),
                 {options.list_ranks_max, uint64_t{options.list_entries_max} * facts_.rules});
  if (algorithm == Algorithm::kRows) return build_rows(ranked, plan, options, is_quick);
  if (algorithm == Algorithm::kBoth) {
    if (plan.wide.empty() || !make_tables(plan.wide, false)) return false;
    facts_.table_rules = static_cast<uint32_t>(plan.wide.size());
  } else if (!plan.wide.empty()) {
    everywhere_ = list_of_all(plan.wide);
    facts_.everywhere_rules = static_cast<uint32_t>(plan.wide.size());
  }
  build_lists(plan);
  finish(algorithm == Algorithm::kBoth ? RankedParts::kBoth : RankedParts::kLists);
  return true;
}

bool RankedIndex::build_rows(const RankedRules& ranked, const RankPlan& plan,
                             const ClassifierOptions& options, bool is_quick) {
  const uint64_t for_rules = uint64_t{options.row_bytes_max} * facts_.rules;
  BuildBudget budget({is_quick ? options.quick_row_bytes_max : options.table_bytes_max + for_rules,
                      options.table_work_max});
  if (!has_numbered_ports(ranked.all())) {
    budget.begin("more port conditions than are numbered");
  } else {
    rows_ = PairRows::build(plan, source_.count(), destination_.count(), ports_, budget);
  }
  if (!rows_) return refuse(Algorithm::kRows, budget);
  finish(RankedParts::kRows);
  return true;
}

void RankedIndex::build_lists(const RankPlan& plan) {
  std::span<const uint16_t> source_numbers, destination_numbers;
  if (tables_) {
    source_numbers = tables_->source_by_rank();
    destination_numbers = tables_->destination_by_rank();
  }
  by_source_ =
      IntervalLists(plan.by_source, IndexedField::kSource, source_.count(), source_numbers);
  by_destination_ = IntervalLists(plan.by_destination, IndexedField::kDestination,
                                  destination_.count(), destination_numbers);
  facts_.longest_list = std::max(by_source_.longest(), by_destination_.longest());
  if (tables_) tables_->drop_ranks();
}

void RankedIndex::finish(RankedParts parts) {
  parts_ = parts;
  source_.finish_build();
  destination_.finish_build();
  view_.source = source_.view();
  view_.destination = destination_.view();
  view_.source_port = view_of(ports_.source());
  view_.destination_port = view_of(ports_.destination());
  view_.protocol = view_of(ports_.protocol());
  view_.source_port_classes = ports_.source().count;
  view_.destination_port_classes = ports_.destination().count;
  view_.sets = {ports_.source().sets.data(), ports_.destination().sets.data(),
                ports_.protocol().sets.data(), ports_.words()};
  if (tables_) view_.tables = tables_->view();
  if (rows_) view_.rows = rows_->view();
  view_.by_source = by_source_.view();
  view_.by_destination = by_destination_.view();
  view_.everywhere = everywhere_.empty() ? nullptr : everywhere_.data();
  facts_.bytes = sizeof(RankedIndex) + source_.bytes() + destination_.bytes() + ports_.bytes() +
                 (tables_ ? tables_->bytes() : 0) + (rows_ ? rows_->bytes() : 0) +
                 by_source_.bytes() + by_destination_.bytes() +
                 everywhere_.size() * sizeof(ListLine);
}

}  // namespace portacl

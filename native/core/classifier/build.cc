// Which algorithm serves a group, and why.
#include <algorithm>
#include <iterator>
#include <utility>

#include "classifier/classifier.h"
#include "classifier/further_fields.h"
#include "classifier/ranked_classifier.h"

namespace portacl {
namespace {

// Up to here a linear search is as fast as finding ranks, and takes no memory.
constexpr uint32_t kLinearRulesMax = 4;

class LinearClassifier final : public Classifier {
 public:
  LinearClassifier(const Program& program, const GroupRow& group, const char* reason)
      : program_(program), group_(group) {
    facts_.reason = reason;
    facts_.rules = group.rule_count;
  }

  uint32_t find_first(const PacketHeaders& packet) const override {
    return portacl::find_first(program_, group_, packet);
  }
  void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const override {
    for (size_t i = 0; i < keys.size(); ++i) rows[i] = find_first(headers_of(keys[i]));
  }
  void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const override {
    for (size_t i = 0; i < keys.size(); ++i) rows[i] = find_first(headers_of(keys[i]));
  }

 private:
  const Program& program_;
  const GroupRow& group_;
};

// In the order of Algorithm.
constexpr const char* kNames[] = {"linear", "tables", "rows", "lists", "both"};

constexpr const char* kFewRules = "few rules";

// Best first. The last one always succeeds.
constexpr Attempt kAttempts[] = {
    {Algorithm::kTables, "the cross products of all rules fit"},
    {Algorithm::kRows, "the cross products fit as sparse rows, and the caches hold them", true},
    {Algorithm::kBoth, "most rules narrow an address; the cross products of the others fit"},
    {Algorithm::kRows, "the cross products fit as sparse rows"},
    {Algorithm::kLists, "rules narrow an address, or their cross products would be too large"},
};

// The first of `attempts` that keeps the limits, beside the rules that are asked one by one; null
// when none does.
std::unique_ptr<const Classifier> build_by(const Program& program, const GroupRow& group,
                                           const ClassifierOptions& options,
                                           std::span<const Attempt> attempts) {
  std::vector<uint32_t> further = rules_that_ask_further(program, group);
  if (further.empty()) return RankedClassifier::build(program, group, options, attempts);
  if (group.rule_count - further.size() <= kLinearRulesMax) {
    return std::make_unique<LinearClassifier>(program, group, "most rules ask for further fields");
  }
  std::unique_ptr<const Classifier> others =
      RankedClassifier::build(program, group, options, attempts);
  if (others == nullptr) return nullptr;
  return std::make_unique<FurtherClassifier>(program, group, std::move(further), std::move(others));
}

}  // namespace

const char* algorithm_name(Algorithm algorithm) { return kNames[static_cast<size_t>(algorithm)]; }

std::optional<Algorithm> find_algorithm(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

std::unique_ptr<const Classifier> build_classifier(const Program& program, const GroupRow& group,
                                                   const ClassifierOptions& options,
                                                   Algorithm algorithm) {
  if (algorithm == Algorithm::kLinear) {
    return std::make_unique<LinearClassifier>(program, group, "asked for");
  }
  const Attempt attempt = {algorithm, "asked for"};
  return build_by(program, group, options, {&attempt, 1});
}

std::unique_ptr<const Classifier> build_classifier(const Program& program, const GroupRow& group,
                                                   const ClassifierOptions& options) {
  if (group.rule_count <= kLinearRulesMax) {
    return std::make_unique<LinearClassifier>(program, group, kFewRules);
  }
  return build_by(program, group, options, kAttempts);
}

GroupClassifiers::GroupClassifiers(std::shared_ptr<const Program> shared,
                                   const ClassifierOptions& options)
    : program_(std::move(shared)) {
  const Program& program = *program_;
  by_group_.resize(program.groups().size());
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < program.groups().size(); ++row) {
    if (program.groups()[row].rule_count > kLinearRulesMax) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
    return program.groups()[a].rule_count > program.groups()[b].rule_count;
  });
  size_t bytes = 0;
  for (const uint32_t row : rows) {
    if (bytes >= options.program_bytes_max) break;
    by_group_[row] = build_classifier(program, program.groups()[row], options);
    bytes += by_group_[row]->facts().bytes;
  }
}

ClassifierFacts GroupClassifiers::facts(uint32_t group_row) const {
  if (by_group_[group_row] != nullptr) return by_group_[group_row]->facts();
  ClassifierFacts facts;
  facts.rules = program_->groups()[group_row].rule_count;
  facts.reason = facts.rules <= kLinearRulesMax
                     ? kFewRules
                     : "larger groups took all the memory that a program's structures may take";
  return facts;
}

}  // namespace portacl

// Which algorithm serves a group, and why.
#include <iterator>
#include <utility>

#include "classifier/classifier.h"
#include "classifier/further_fields.h"
#include "classifier/ranked_classifier.h"

namespace portacl {
namespace {

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
  std::unique_ptr<const Classifier> moved_to(const Program& program,
                                             const GroupRow& group) const override {
    return std::make_unique<LinearClassifier>(program, group, facts_.reason);
  }

 private:
  const Program& program_;
  const GroupRow& group_;
};

// In the order of Algorithm.
constexpr const char* kNames[] = {"linear", "tables", "rows", "lists", "both"};

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
  const auto build_others = [&]() -> std::unique_ptr<const Classifier> {
    std::shared_ptr<const RankedIndex> index =
        RankedIndex::build(program, group, options, attempts);
    if (index == nullptr) return nullptr;
    return std::make_unique<RankedClassifier>(std::move(index), program, group);
  };
  if (further.empty()) return build_others();
  if (group.rule_count - further.size() <= kLinearRulesMax) {
    return std::make_unique<LinearClassifier>(program, group, "most rules ask for further fields");
  }
  std::unique_ptr<const Classifier> others = build_others();
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
    return std::make_unique<LinearClassifier>(program, group, "few rules");
  }
  return build_by(program, group, options, kAttempts);
}

}  // namespace portacl

// Rules built to blow structures up: whatever they are, a classifier is built within its limits, or
// the next algorithm serves, and the answers are those of the linear search.
#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "classifier/classifier.h"
#include "classifier/group_classifiers.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

using Rules = std::vector<DrawnRule>;

DrawnCondition between(ConditionField field, uint64_t from, uint64_t to) {
  return {field, {{{0, from}, {0, to}}}};
}

// Every rule overlaps half of the others in both addresses: ranks on both sides grow with the
// rules, and what pairs of them come to with the square.
Rules staircases(uint32_t count) {
  Rules rules;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t j = i * 7919 % count;
    rules.push_back(
        {{between(ConditionField::kSourceAddress, i * 1000, (i + count / 2) * 1000),
          between(ConditionField::kDestinationAddress, j * 1000, (j + count / 2) * 1000)}});
  }
  return rules;
}

// Sources apart, so that each is narrow, and destinations that are wide and staggered: each row has
// few intervals, but long ones.
Rules wide_rows(uint32_t count) {
  Rules rules;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < 4; ++k) {
      const uint64_t from = (uint64_t{i} * 4 + k * 31) % count * 4000;
      rules.push_back({{between(ConditionField::kSourceAddress, i * 100, i * 100 + 50),
                        between(ConditionField::kDestinationAddress, from, from + count * 900)}});
    }
  }
  return rules;
}

// Nested prefixes of both addresses with ports of their own: long lists, long answers.
Rules nested_with_ports(uint32_t count) {
  Rules rules;
  for (uint32_t i = 0; i < count; ++i) {
    rules.push_back(
        {{between(ConditionField::kSourceAddress, i, 0xFFFFFFFF - i),
          between(ConditionField::kDestinationAddress, i * 3, 0xFFFFFFFF - i * 5),
          between(ConditionField::kDestinationPort, i * 17 % 65'000, i * 17 % 65'000 + 400)}});
  }
  return rules;
}

// Each rule with a list of many addresses on both sides.
Rules long_lists(uint32_t count) {
  Rules rules;
  for (uint32_t i = 0; i < count; ++i) {
    DrawnRule rule = {
        {{ConditionField::kSourceAddress, {}}, {ConditionField::kDestinationAddress, {}}}};
    for (uint32_t k = 0; k < 300; ++k) {
      const uint64_t source = (uint64_t{k} * count + i) * 2, destination = source * 3;
      rule.conditions[0].values.push_back({{0, source}, {0, source}});
      rule.conditions[1].values.push_back({{0, destination}, {0, destination}});
    }
    rules.push_back(rule);
  }
  return rules;
}

struct Attack {
  std::string name;
  std::function<Rules(uint32_t)> rules;
  uint32_t count;
};

class ClassifierLimits : public testing::TestWithParam<Attack> {};

TEST_P(ClassifierLimits, KeepWhateverTheRulesAre) {
  const Rules rules = GetParam().rules(GetParam().count);
  const auto program = program_of(Family::kIpv4, rules);
  const GroupRow& group = program->groups()[0];
  const ClassifierOptions options = {.table_bytes_max = 2 << 20,
                                     .table_work_max = 20'000'000,
                                     .row_bytes_max = 64,
                                     .quick_row_bytes_max = 2 << 20};
  const auto classifier = build_classifier(*program, group, options);
  ASSERT_NE(classifier, nullptr);
  const ClassifierFacts& facts = classifier->facts();
  // Lists: an entry of 16 bytes and a rank of 8 for each bound, at most so many of them.
  const size_t bounds =
      std::accumulate(rules.begin(), rules.end(), size_t{0}, [](size_t sum, const DrawnRule& rule) {
        for (const auto& c : rule.conditions) sum += 2 * c.values.size();
        return sum;
      });
  EXPECT_LE(facts.bytes, options.table_bytes_max + options.row_bytes_max * rules.size() +
                             16 * options.list_entries_max * rules.size() + bounds * 100 +
                             (2 << 20))
      << algorithm_name(facts.algorithm);
  for (const Refusal& refusal : facts.refusals) {
    EXPECT_STRNE(refusal.stage, "");
    // Refused at the request that passed a limit, not long after it.
    EXPECT_LE(refusal.work, refusal.work_max * 5 / 4) << refusal.stage;
  }

  std::mt19937 random(1);
  for (uint32_t i = 0; i < 2000; ++i) {
    PacketHeaders packet;
    packet.family = Family::kIpv4;
    packet.result = ParseResult::kOk;
    packet.protocol = 6;
    packet.flags = kHasPorts;
    const auto near = [&](size_t condition) {
      const DrawnRule& rule = rules[random() % rules.size()];
      const auto& values = rule.conditions[condition].values;
      const DrawnRange& range = values[random() % values.size()];
      const uint64_t at = random() % 2 ? range.from.lo : range.to.lo;
      return IpAddress{0, (at + random() % 3 - 1) & 0xFFFFFFFF};
    };
    packet.source = near(0);
    packet.destination = near(1);
    packet.destination_port = static_cast<uint16_t>(random());
    ASSERT_EQ(classifier->find_first(packet), find_first(*program, group, packet))
        << algorithm_name(facts.algorithm) << ", packet " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, ClassifierLimits,
                         testing::Values(Attack{"staircases", staircases, 3000},
                                         Attack{"wide_rows", wide_rows, 2000},
                                         Attack{"nested_with_ports", nested_with_ports, 2000},
                                         Attack{"long_lists", long_lists, 100}),
                         [](const auto& attack) { return attack.param.name; });

Algorithm algorithm_of(uint32_t rule_count, const ClassifierOptions& options) {
  const GroupClassifiers policy(program_of(Family::kIpv4, staircases(rule_count)), options);
  return policy.facts(0).algorithm;
}

TEST(GroupClassifiers, AreLinearForSmallGroupsWhoseMemoryIsSpent) {
  const uint32_t small = ClassifierOptions{}.small_rules_max;
  EXPECT_EQ(algorithm_of(small, {}), Algorithm::kTables);
  EXPECT_EQ(algorithm_of(small, {.small_bytes_max = 0}), Algorithm::kLinear);
  EXPECT_EQ(algorithm_of(small + 1, {.small_bytes_max = 0}), Algorithm::kTables);
}

TEST(GroupClassifiers, AreLinearForAnyGroupWhoseMemoryIsSpent) {
  EXPECT_NE(algorithm_of(1000, {.program_bytes_max = 1}), Algorithm::kLinear);
  EXPECT_EQ(algorithm_of(1000, {.program_bytes_max = 0}), Algorithm::kLinear);
}

}  // namespace
}  // namespace portacl

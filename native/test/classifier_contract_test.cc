// One suite for every algorithm and every kernel: the answer is the linear reference's.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "classifier/classifier.h"
#include "platform/cpu_features.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

struct Case {
  Algorithm algorithm;
  const Kernel* kernel;
};

std::vector<Case> every_case() {
  std::vector<Case> cases = {{Algorithm::kLinear, nullptr}};
  for (const Kernel* kernel : usable_kernels()) {
    for (const Algorithm a :
         {Algorithm::kTables, Algorithm::kRows, Algorithm::kLists, Algorithm::kBoth}) {
      cases.push_back({a, kernel});
    }
  }
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = algorithm_name(info.param.algorithm);
  if (info.param.kernel != nullptr) name += std::string("_") + info.param.kernel->name;
  return name;
}

std::vector<uint32_t> batch_of(const Classifier& classifier, Family family,
                               const std::vector<PacketHeaders>& packets) {
  std::vector<uint32_t> rows(packets.size());
  if (family == Family::kIpv4) {
    std::vector<MatchKey4> keys;
    for (const PacketHeaders& packet : packets) keys.push_back(match_key4(packet));
    classifier.find_first(keys, rows);
  } else {
    std::vector<MatchKey6> keys;
    for (const PacketHeaders& packet : packets) keys.push_back(match_key6(packet));
    classifier.find_first(keys, rows);
  }
  return rows;
}

class ClassifierContract : public testing::TestWithParam<Case> {
 protected:
  // Whether the algorithm took the rules at all; it may refuse those beyond its limits.
  bool agrees_with_linear(const Program& program, const std::vector<PacketHeaders>& packets,
                          const ClassifierOptions& limits = {}) {
    const GroupRow& group = program.groups()[0];
    ClassifierOptions options = limits;
    options.kernel = GetParam().kernel;
    const auto classifier = build_classifier(program, group, options, GetParam().algorithm);
    if (classifier == nullptr) return false;
    const auto rows = batch_of(*classifier, static_cast<Family>(group.family), packets);
    for (size_t i = 0; i < packets.size(); ++i) {
      const uint32_t wanted = find_first(program, group, packets[i]);
      EXPECT_EQ(classifier->find_first(packets[i]), wanted) << "packet " << i;
      EXPECT_EQ(rows[i], wanted) << "packet " << i << " of the batch";
      if (HasFailure()) break;
    }
    return true;
  }
};

TEST_P(ClassifierContract, FindsTheFirstOfRandomRules) {
  uint32_t taken = 0;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    for (uint32_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      std::mt19937 random(seed);
      const uint32_t count = seed % 10 == 0 ? 400 : 1 + random() % 60;
      const RuleDraw draw(random, family);
      const auto rules = draw.rules(count);
      const auto program = program_of(family, rules);
      taken += agrees_with_linear(*program, draw.packets(rules, 600),
                                  {.list_ranks_max = static_cast<uint32_t>(1 + random() % 8)});
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(taken, 40u);
}

// Whatever serves the others, in whichever places they stand. Keys show no further fields, so
// packets are asked one by one.
TEST_P(ClassifierContract, AsksRulesOfFurtherFieldsToo) {
  uint32_t taken = 0, found = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const RuleDraw draw(random, Family::kIpv4);
    auto rules = draw.rules(1 + random() % 60);
    for (DrawnRule& rule : rules) {
      const uint64_t vlan = random() % 3;
      if (random() % 4 == 0)
        rule.conditions.push_back({ConditionField::kVlan, {{{0, 0}, {0, vlan}}}});
    }
    auto packets = draw.packets(rules, 400);
    for (PacketHeaders& packet : packets) packet.vlan = random() % 4;
    const auto program = program_of(Family::kIpv4, rules);
    const GroupRow& group = program->groups()[0];
    const ClassifierOptions options{.kernel = GetParam().kernel,
                                    .list_ranks_max = static_cast<uint32_t>(1 + random() % 8)};
    const auto classifier = build_classifier(*program, group, options, GetParam().algorithm);
    if (classifier == nullptr) continue;
    ++taken;
    for (const PacketHeaders& packet : packets) {
      const uint32_t wanted = find_first(*program, group, packet);
      ASSERT_EQ(classifier->find_first(packet), wanted);
      if (wanted == kNoRow) continue;
      const RuleRow& rule = program->rules()[wanted];
      const auto conditions =
          program->conditions().subspan(rule.condition_first, rule.condition_count);
      for (const ConditionRow& each : conditions) {
        found += is_further(static_cast<ConditionField>(each.field));
      }
    }
  }
  EXPECT_GT(taken, 4u);
  EXPECT_GT(found, 100u);
}

TEST_P(ClassifierContract, FindsTheFirstWhereTheLimitsAreSmall) {
  // More port sets than are numbered, and tables that hardly hold anything.
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const RuleDraw draw(random, Family::kIpv4);
    auto rules = draw.rules(200);
    for (uint32_t i = 0; i < 5000; ++i) rules.push_back(draw.rule_of_one_port(i * 13));
    const auto program = program_of(Family::kIpv4, rules);
    agrees_with_linear(*program, draw.packets(rules, 300),
                       {.table_bytes_max = 256 << 10, .list_ranks_max = 4});
  }
}

TEST_P(ClassifierContract, AnswersNothingForNoRules) {
  std::mt19937 random(1);
  const RuleDraw draw(random, Family::kIpv4);
  const auto program = program_of(Family::kIpv4, {});
  agrees_with_linear(*program, draw.packets({}, 100));
}

TEST_P(ClassifierContract, NeverMeetsAPortConditionWithoutPorts) {
  DrawnRule every_port;
  every_port.conditions = {{ConditionField::kDestinationPort, {{{0, 0}, {0, 65'535}}}}};
  DrawnRule every_protocol;
  every_protocol.conditions = {{ConditionField::kProtocol, {{{0, 0}, {0, 255}}}}};
  const auto program = program_of(Family::kIpv4, {every_port, every_protocol});
  PacketHeaders packet;
  packet.family = Family::kIpv4;
  packet.result = ParseResult::kOk;
  packet.protocol = 6;
  const uint32_t first = program->groups()[0].rule_first;
  EXPECT_EQ(find_first(*program, program->groups()[0], packet), first + 1);
  PacketHeaders with_ports = packet;
  with_ports.flags = kHasPorts;
  EXPECT_EQ(find_first(*program, program->groups()[0], with_ports), first);
  agrees_with_linear(*program, {packet, with_ports});
}

INSTANTIATE_TEST_SUITE_P(Every, ClassifierContract, testing::ValuesIn(every_case()), name_of);

TEST(Kernels, EndWithTheScalarOneAndAreFoundByName) {
  EXPECT_STREQ(usable_kernels().back()->name, "scalar");
  const Kernel* kernel = nullptr;
  for (const Kernel* each : usable_kernels()) {
    EXPECT_TRUE(find_kernel(each->name, kernel).ok());
    EXPECT_EQ(kernel, each);
  }
  EXPECT_TRUE(find_kernel("", kernel).ok());
  EXPECT_EQ(kernel, usable_kernels().front());
  EXPECT_EQ(find_kernel("abacus", kernel).code, ErrorCode::kKernelUnknown);
}

}  // namespace
}  // namespace portacl

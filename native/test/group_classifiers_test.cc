// What a policy takes over of the one before it: the answers are the linear reference's, whatever
// is shared, whatever changed, and whenever what was put off is built.
#include "classifier/group_classifiers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "classifier/group_content.h"
#include "classifier/ranked_classifier.h"
#include "classifier/rule_edits.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

using Rules = std::vector<DrawnRule>;
using Policy = std::shared_ptr<const GroupClassifiers>;

// Limits that refuse early, so that a build takes a moment under a sanitizer too.
ClassifierOptions limits(uint32_t overlay_rules_min = 256, uint32_t overlay_edits_max = 32) {
  return {.table_bytes_max = 256 << 10,
          .table_work_max = 1'000'000,
          .overlay_rules_min = overlay_rules_min,
          .overlay_edits_max = overlay_edits_max};
}

Policy policy_of(Family family, const Rules& rules, const ClassifierOptions& options = limits(),
                 const Policy& earlier = nullptr, const DrawnHost& host = {}) {
  std::shared_ptr<const Program> program = program_of(family, rules, host);
  if (earlier == nullptr) return std::make_shared<const GroupClassifiers>(program, options);
  return std::make_shared<const GroupClassifiers>(program, options, *earlier,
                                                  ChangedGroups::kPutOff);
}

// A host whose group begins in that row.
DrawnHost beginning_in(uint32_t row) {
  DrawnHost host;
  host.rows_before = row;
  return host;
}

const RankedIndex* index_of(const Policy& policy) {
  const Classifier* const classifier = (*policy)[0];
  if (classifier == nullptr || classifier->pending() != nullptr) return nullptr;
  return &static_cast<const RankedClassifier*>(classifier)->index();
}

class Sequence {
 public:
  Sequence(uint32_t seed, Family family) : random_(seed), family_(family), draw_(random_, family) {}

  uint32_t below(size_t n) { return static_cast<uint32_t>(random_() % n); }
  const Rules& rules() const { return rules_; }
  void begin(uint32_t count) { rules_ = draw_.rules(count); }

  // A change as people make it: a rule comes, goes, is another one, or stands elsewhere.
  void change() {
    const uint32_t kind = below(4);
    if (kind != 0 && !rules_.empty()) {
      const auto at = rules_.begin() + below(rules_.size());
      gone_.push_back(*at);
      rules_.erase(at);
    }
    if (kind == 1) return;
    DrawnRule rule = kind == 3 && !gone_.empty() ? gone_.back() : draw_.rules(1).front();
    if (asks_further_ && below(8) == 0) {
      rule.conditions.push_back({ConditionField::kVlan, {{{0, 0}, {0, below(3)}}}});
    }
    rules_.insert(rules_.begin() + below(rules_.size() + 1), std::move(rule));
  }

  // At rules that are there and at rules that went.
  std::vector<PacketHeaders> packets(uint32_t count) {
    std::vector<PacketHeaders> out = draw_.packets(rules_, count);
    const auto others = draw_.packets(gone_, count / 2);
    out.insert(out.end(), others.begin(), others.end());
    for (PacketHeaders& packet : out) packet.vlan = static_cast<uint16_t>(below(4));
    return out;
  }

  void ask_further() {
    asks_further_ = true;
    rules_.back().conditions.push_back({ConditionField::kVlan, {{{0, 0}, {0, 1}}}});
  }

 private:
  std::mt19937 random_;
  Family family_;
  RuleDraw draw_;
  Rules rules_, gone_;
  bool asks_further_ = false;
};

void expect_reference(const GroupClassifiers& policy, const std::vector<PacketHeaders>& packets) {
  const Program& program = *policy.program();
  for (size_t i = 0; i < packets.size(); ++i) {
    ASSERT_EQ(policy.find_first(0, packets[i]),
              find_first(program, program.groups()[0], packets[i]))
        << "packet " << i;
  }
}

template <class Key>
void expect_reference_in_batches(const GroupClassifiers& policy,
                                 const std::vector<PacketHeaders>& packets, const Key& key_of) {
  if (policy[0] == nullptr) return;
  std::vector<decltype(key_of(packets[0]))> keys;
  for (const PacketHeaders& packet : packets) keys.push_back(key_of(packet));
  std::vector<uint32_t> rows(keys.size());
  policy[0]->find_first(std::span<const decltype(key_of(packets[0]))>(keys), rows);
  const Program& program = *policy.program();
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(rows[i], find_first(program, program.groups()[0], headers_of(keys[i])))
        << "packet " << i << " of the batch";
  }
}

TEST(GroupClassifiers, AnswerAsTheReferenceAfterAnyChanges) {
  uint32_t overlays = 0, shared = 0, built = 0, relieved = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Family family = seed % 2 == 0 ? Family::kIpv4 : Family::kIpv6;
    Sequence sequence(seed, family);
    ClassifierOptions options = limits(8, 1 + sequence.below(12));
    options.list_ranks_max = 1 + sequence.below(8);
    sequence.begin(seed % 10 == 0 ? 400 : 20 + sequence.below(60));
    if (seed % 5 == 0) sequence.ask_further();
    Policy policy = policy_of(family, sequence.rules(), options);
    for (uint32_t step = 0; step < 8; ++step) {
      const uint32_t changes = sequence.below(4) == 0 ? sequence.below(20) : sequence.below(3);
      for (uint32_t i = 0; i < changes; ++i) sequence.change();
      policy =
          policy_of(family, sequence.rules(), options, policy, beginning_in(sequence.below(5)));
      const auto packets = sequence.packets(60);
      const bool put_off = policy->has_put_off();
      overlays += put_off;
      shared += changes == 0 && !put_off;
      built += changes > 0 && !put_off;
      ASSERT_NO_FATAL_FAILURE(expect_reference(*policy, packets));
      if (sequence.below(2) == 0) {
        policy->build_put_off();
        relieved += put_off;
        EXPECT_FALSE(policy->has_put_off());
        ASSERT_NO_FATAL_FAILURE(expect_reference(*policy, packets));
      }
      if (family == Family::kIpv4) {
        ASSERT_NO_FATAL_FAILURE(expect_reference_in_batches(*policy, packets, match_key4));
      } else {
        ASSERT_NO_FATAL_FAILURE(expect_reference_in_batches(*policy, packets, match_key6));
      }
    }
  }
  EXPECT_GT(overlays, 120u);
  EXPECT_GT(relieved, 60u);
  EXPECT_GT(shared, 20u);
  EXPECT_GT(built, 20u);
}

TEST(GroupClassifiers, ShareTheSearchOfAGroupThatIsTheSame) {
  Sequence sequence(1, Family::kIpv4);
  sequence.begin(100);
  const Policy first = policy_of(Family::kIpv4, sequence.rules());
  const Policy second =
      policy_of(Family::kIpv4, sequence.rules(), limits(), first, beginning_in(3));
  EXPECT_EQ(index_of(second), index_of(first));
  expect_reference(*second, sequence.packets(500));
  // Another order is another group.
  Rules turned = sequence.rules();
  std::swap(turned[10], turned[11]);
  const Policy third = policy_of(Family::kIpv4, turned, limits(), second);
  EXPECT_NE(index_of(third), index_of(second));
  // So is one that another limit was built by.
  ClassifierOptions others = limits();
  others.list_ranks_max = 3;
  const Policy fourth = policy_of(Family::kIpv4, sequence.rules(), others, first);
  EXPECT_NE(index_of(fourth), index_of(first));
}

TEST(GroupClassifiers, KeepNothingOfAProgramWhoseGroupsAreTheSame) {
  Sequence sequence(1, Family::kIpv4);
  sequence.begin(100);
  Policy policy = policy_of(Family::kIpv4, sequence.rules());
  const std::weak_ptr<const Program> first = policy->program();
  policy = policy_of(Family::kIpv4, sequence.rules(), limits(), policy);
  EXPECT_TRUE(first.expired());
  expect_reference(*policy, sequence.packets(200));
}

TEST(GroupClassifiers, BuildInTheForegroundBeyondTheirLimits) {
  Sequence sequence(2, Family::kIpv4);
  sequence.begin(200);
  const ClassifierOptions options = limits(100, 6);
  const Policy first = policy_of(Family::kIpv4, sequence.rules(), options);
  Rules rules = sequence.rules();
  const DrawnRule other = {{{ConditionField::kDestinationPort, {{{0, 7}, {0, 7}}}}}};
  for (uint32_t i = 0; i < 3; ++i) rules[i * 50] = other;
  EXPECT_TRUE(policy_of(Family::kIpv4, rules, options, first)->has_put_off());
  rules[199] = other;
  EXPECT_FALSE(policy_of(Family::kIpv4, rules, options, first)->has_put_off());
  // Small groups are built at once, and all where nothing is to be put off.
  rules = sequence.rules();
  rules[0] = other;
  const Policy small = policy_of(Family::kIpv4, rules, limits(201, 6),
                                 policy_of(Family::kIpv4, sequence.rules(), limits(201, 6)));
  EXPECT_FALSE(small->has_put_off());
  const GroupClassifiers at_once(program_of(Family::kIpv4, rules), options, *first,
                                 ChangedGroups::kBuilt);
  EXPECT_FALSE(at_once.has_put_off());
}

// Each policy changes before anything of the one before it is built: what changed adds up until it
// is too much, or until one of them is built and the next begins from there.
TEST(GroupClassifiers, BeginFromTheNewestSearchThatIsBuilt) {
  Sequence sequence(3, Family::kIpv4);
  sequence.begin(200);
  const ClassifierOptions options = limits(100, 5);
  Policy policy = policy_of(Family::kIpv4, sequence.rules(), options);
  Rules rules = sequence.rules();
  const auto change = [&](uint32_t i) {
    const uint64_t port = 60'000 + i;
    rules[i * 7] = {{{ConditionField::kDestinationPort, {{{0, port}, {0, port}}}}}};
    policy = policy_of(Family::kIpv4, rules, options, policy);
  };
  change(0);
  const Policy after_one = policy;
  change(1);
  EXPECT_TRUE(policy->has_put_off());
  change(2);
  EXPECT_FALSE(policy->has_put_off());  // six edits
  policy = after_one;
  rules = sequence.rules();
  rules[0] = {{{ConditionField::kDestinationPort, {{{0, 60'000}, {0, 60'000}}}}}};
  change(1);
  after_one->build_put_off();  // late, and still of use
  change(2);
  EXPECT_TRUE(policy->has_put_off());
  expect_reference(*policy, sequence.packets(300));
}

TEST(GroupClassifiers, LeaveWhatIsPutOffWhenSuperseded) {
  Sequence sequence(4, Family::kIpv4);
  sequence.begin(50);
  const ClassifierOptions options = limits(8);
  Policy policy = policy_of(Family::kIpv4, sequence.rules(), options);
  sequence.change();
  policy = policy_of(Family::kIpv4, sequence.rules(), options, policy);
  policy->supersede(true);
  policy->build_put_off();
  EXPECT_TRUE(policy->has_put_off());
  policy->supersede(false);
  policy->build_put_off();
  EXPECT_FALSE(policy->has_put_off());
}

// Under ThreadSanitizer: some threads judge by a policy while one builds what it put off and
// another makes the next one of it.
TEST(GroupClassifiers, AreBuiltWhileOthersJudgeAndFollow) {
  Sequence sequence(5, Family::kIpv4);
  sequence.begin(300);
  const ClassifierOptions options = limits(8);
  Policy policy = policy_of(Family::kIpv4, sequence.rules(), options);
  for (uint32_t step = 0; step < 8; ++step) {
    sequence.change();
    policy = policy_of(Family::kIpv4, sequence.rules(), options, policy);
    ASSERT_TRUE(policy->has_put_off());
    const auto packets = sequence.packets(200);
    sequence.change();
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (uint32_t round = 0; round < 4; ++round) expect_reference(*policy, packets);
      });
    }
    for (uint32_t i = 0; i < 2; ++i) threads.emplace_back([&] { policy->build_put_off(); });
    Policy next;
    threads.emplace_back(
        [&] { next = policy_of(Family::kIpv4, sequence.rules(), options, policy); });
    for (std::thread& thread : threads) thread.join();
    expect_reference(*next, packets);
    policy = next;
  }
}

// The edits of two groups of one-port rules, by their ports.
RuleEdits edits_of(const std::vector<uint32_t>& before, const std::vector<uint32_t>& after,
                   uint32_t edits_max, bool& found) {
  const auto rules_of = [](const std::vector<uint32_t>& ports) {
    Rules rules;
    for (const uint32_t port : ports) {
      rules.push_back({{{ConditionField::kDestinationPort, {{{0, port}, {0, port}}}}}});
    }
    return rules;
  };
  const auto a = program_of(Family::kIpv4, rules_of(before));
  const auto b = program_of(Family::kIpv4, rules_of(after));
  const auto edits = edits_between({*a, a->groups()[0]}, {*b, b->groups()[0]}, edits_max);
  found = edits.has_value();
  return edits.value_or(RuleEdits{});
}

size_t longest_common(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const uint32_t each : a) {
    size_t corner = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = each == b[j] ? corner + 1 : std::max(above, row[j]);
      corner = above;
    }
  }
  return row.back();
}

TEST(RuleEdits, AreTheFewestThatLeadFromOneGroupToTheOther) {
  uint32_t refused = 0, taken = 0;
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const uint32_t kinds = 1 + random() % 40;
    std::vector<uint32_t> before(random() % 30), after;
    for (uint32_t& port : before) port = random() % kinds;
    for (const uint32_t port : before) {
      if (random() % 8 == 0) after.push_back(random() % kinds);
      if (random() % 8 != 0) after.push_back(port);
    }
    const uint32_t edits_max = random() % 12;
    const size_t common = longest_common(before, after);
    const size_t fewest = before.size() + after.size() - 2 * common;
    bool found = false;
    const RuleEdits edits = edits_of(before, after, edits_max, found);
    if (fewest > edits_max) {
      EXPECT_FALSE(found);
      ++refused;
      continue;
    }
    ASSERT_TRUE(found);
    ++taken;
    EXPECT_EQ(edits.removed + edits.added.size(), fewest);
    size_t kept = 0, b = 0;
    std::vector<bool> is_kept(after.size(), false);
    for (const KeptRun& run : edits.kept) {
      EXPECT_GT(run.count, 0u);
      EXPECT_GE(run.before, b);
      b = run.before + run.count;
      ASSERT_LE(b, before.size());
      ASSERT_LE(run.after + run.count, after.size());
      for (uint32_t i = 0; i < run.count; ++i, ++kept) {
        EXPECT_EQ(before[run.before + i], after[run.after + i]);
        is_kept[run.after + i] = true;
      }
    }
    EXPECT_EQ(kept, common);
    for (const uint32_t row : edits.added) {
      ASSERT_LT(row, after.size());
      EXPECT_FALSE(is_kept[row]);
    }
    EXPECT_TRUE(std::ranges::is_sorted(edits.added));
  }
  EXPECT_GT(refused, 50u);
  EXPECT_GT(taken, 200u);
}

TEST(GroupContent, IsTheConditionsInOrderAndNothingElse) {
  Sequence sequence(6, Family::kIpv4);
  sequence.begin(30);
  const auto a = program_of(Family::kIpv4, sequence.rules());
  DrawnHost host = beginning_in(2);
  host.rule_flags = kRuleStateful;
  const auto b = program_of(Family::kIpv4, sequence.rules(), host);
  const GroupContent first(*a, a->groups()[0]), second(*b, b->groups()[0]);
  EXPECT_TRUE(first.equals(second));
  EXPECT_EQ(first.hash(), second.hash());
  for (uint32_t i = 0; i < 30; ++i) {
    Rules rules = sequence.rules();
    rules[i].conditions.push_back({ConditionField::kProtocol, {{{0, 6}, {0, 6}}}});
    const auto c = program_of(Family::kIpv4, rules);
    const GroupContent other(*c, c->groups()[0]);
    EXPECT_FALSE(first.equals(other));
    EXPECT_NE(first.hash(), other.hash());
  }
}

}  // namespace
}  // namespace portacl

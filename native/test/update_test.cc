// Programs and classifiers are shared by engines of several threads, each of which changes its
// policy as it likes. Under ThreadSanitizer this shows that nothing of them is written.
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "engine/engine.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

std::shared_ptr<const GroupClassifiers> policy_of(uint32_t seed) {
  std::mt19937 random(seed);
  const RuleDraw draw(random, Family::kIpv4);
  return std::make_shared<const GroupClassifiers>(program_of(Family::kIpv4, draw.rules(200)));
}

TupleRow tuple(uint32_t port) {
  TupleRow row{};
  row.source_3 = 0x0A000001 + port % 7;
  row.destination_3 = 0x0A010080;
  row.source_port = static_cast<uint16_t>(1000 + port);
  row.destination_port = static_cast<uint16_t>(port % 444);
  row.protocol = 6;
  row.tcp_flags = kTcpSyn;
  row.family = 4;
  row.direction = static_cast<uint8_t>(Direction::kIn);
  row.flags = kTupleHasDirection;
  row.quoted = row.carried = kNoRow;
  return row;
}

// Every row goes on in the row of its number.
struct Straight {
  explicit Straight(const Program& program)
      : endpoints(program.endpoints().size()),
        layers(program.layers().size()),
        rules(program.rules().size()) {
    for (auto* rows : {&endpoints, &layers, &rules}) std::iota(rows->begin(), rows->end(), 0u);
  }
  RowMap rows() const { return {endpoints, layers, rules}; }
  std::vector<uint32_t> endpoints, layers, rules;
};

TEST(Update, EnginesOfSeveralThreadsShareTheirPolicies) {
  const std::shared_ptr<const GroupClassifiers> policies[] = {policy_of(1), policy_of(2)};
  const Straight straight(*policies[0]->program());
  uint64_t packets[3] = {};
  std::vector<std::thread> threads;
  for (uint64_t& count : packets) {
    threads.emplace_back([&] {
      Engine engine(policies[0], {.clock_from_zero = true});
      std::vector<VerdictRecord> records;
      for (uint32_t i = 0; i < 2000; ++i) {
        const TupleRow row = tuple(i);
        EXPECT_TRUE(engine.process({&row, 1}, {}, i + 1, records).ok());
        if (i % 50 != 0) continue;
        UpdateReport report;
        const auto mode = static_cast<UpdateMode>(i / 50 % 3);
        EXPECT_TRUE(engine.apply(policies[i / 50 % 2], straight.rows(), mode, report).ok());
      }
      count = engine.counters().packets;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const uint64_t count : packets) EXPECT_EQ(count, 2000u);
}

TEST(Update, MapsThatDoNotFitChangeNothing) {
  const auto policy = policy_of(1);
  Engine engine(policy, {.clock_from_zero = true});
  std::vector<VerdictRecord> records;
  const TupleRow row = tuple(80);
  ASSERT_TRUE(engine.process({&row, 1}, {}, 1, records).ok());
  const auto refuses = [&](auto&& spoil) {
    Straight rows(*policy->program());
    spoil(rows);
    UpdateReport report;
    const Status status = engine.apply(policy, rows.rows(), UpdateMode::kKeep, report);
    EXPECT_EQ(status.code, ErrorCode::kProgramIndex);
    EXPECT_TRUE(report.groups.empty());
  };
  refuses([](Straight& rows) { rows.rules.pop_back(); });
  refuses([](Straight& rows) { rows.endpoints.clear(); });
  refuses([](Straight& rows) { rows.layers.push_back(0); });
  refuses([](Straight& rows) { rows.rules[0] = static_cast<uint32_t>(rows.rules.size()); });
  refuses([](Straight& rows) { rows.layers[0] = rows.layers[1]; });
  // A rule that has counted something must go somewhere.
  refuses([](Straight& rows) { rows.rules.assign(rows.rules.size(), kNoRow); });
  UpdateReport report;
  const Straight straight(*policy->program());
  EXPECT_TRUE(engine.apply(policy, straight.rows(), UpdateMode::kKeep, report).ok());
  EXPECT_EQ(engine.counters().packets, 1u);
}

}  // namespace
}  // namespace portacl

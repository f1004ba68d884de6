// Several threads against one, on drawn captures of some blocks: run under the thread sanitizer
// too. Hosts, fragments, ICMP errors and limits: test/replay/threads.test.ts.
#include "sharded/sharded_replay.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "capture_builder.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

using capture_test::Bytes;
using capture_test::operator+;

constexpr uint32_t kPod = 0x0A000002;  // 10.0.0.2, the address of the program's endpoint

Bytes frame_between(uint32_t source, uint32_t destination, uint16_t sport, uint16_t dport,
                    uint8_t flags) {
  Bytes frame =
      capture_test::ethernet(0x0800, capture_test::ipv4(6, capture_test::tcp(sport, dport, flags)));
  const Bytes ends = capture_test::be32(source) + capture_test::be32(destination);
  std::copy(ends.begin(), ends.end(), frame.begin() + 26);
  return frame;
}

// TCP of a few hundred clients both ways, and a little that is not IP; times go back now and then.
Bytes drawn_capture(uint32_t seed, size_t packets) {
  std::mt19937 random(seed);
  const capture_test::Pcap pcap(capture_test::Order::kLittle);
  Bytes capture = pcap.header();
  uint32_t now = 1000;
  for (size_t i = 0; i < packets; ++i) {
    const uint32_t client = 0x0A090000 + random() % 300;
    const auto port = static_cast<uint16_t>(40000 + random() % 4);
    constexpr uint8_t kFlags[] = {0x02, 0x10, 0x10, 0x11, 0x04};
    const uint8_t flags = kFlags[random() % 5];
    const Bytes frame = random() % 50 == 0  ? capture_test::ethernet(0x0806, Bytes(28, 0))
                        : random() % 2 == 0 ? frame_between(client, kPod, port, 80, flags)
                                            : frame_between(kPod, client, 80, port, flags);
    now += random() % 200 == 0 ? random() % 100 : 0;
    const Bytes record = pcap.record(frame, now - (random() % 40 == 0 ? 60 : 0), 0);
    capture.insert(capture.end(), record.begin(), record.end());
  }
  return capture;
}

// What a replay says of every packet.
class Told final : public ReplayOutput {
 public:
  void write(const JudgedBatch& batch) override {
    for (const VerdictRecord& record : batch.verdicts) {
      const Verdict& v = record.verdict;
      const uint64_t numbers[] = {record.frame,
                                  batch.records[record.packet_index].frame,
                                  static_cast<uint64_t>(record.time_ns),
                                  static_cast<uint64_t>(record.direction),
                                  static_cast<uint64_t>(v.outcome),
                                  static_cast<uint64_t>(v.reason),
                                  static_cast<uint64_t>(v.flow_event),
                                  v.rule,
                                  v.flow};
      for (const uint64_t number : numbers) text_ += std::to_string(number) + ' ';
      text_ += '\n';
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string counters_text(const Counters& c) {
  std::string text;
  for (const RuleCounter& rule : c.rules) {
    for (const uint64_t n :
         {rule.packets, rule.bytes, rule.flows, rule.first_frame, rule.last_frame, rule.assumed}) {
      text += std::to_string(n) + ' ';
    }
  }
  for (const EndpointReasonCounter& row : c.endpoint_reasons) {
    for (const uint64_t n : {row.reason, row.packets, row.bytes, row.first_frame}) {
      text += std::to_string(n) + ' ';
    }
  }
  for (const uint64_t n : {c.packets, c.bytes, c.flows}) text += std::to_string(n) + ' ';
  return text;
}

struct Said {
  std::string packets, counters;
  uint64_t flows;
};

Said say(const std::shared_ptr<const Program>& program, const std::vector<Bytes>& captures,
         uint32_t threads, bool tells) {
  Engine engine(std::make_shared<const GroupClassifiers>(program), {.hash_secret = 7});
  PolicySchedule no_changes;
  Told told;
  ReplayOutput* const outputs[] = {&told};
  const std::span<ReplayOutput* const> wanted(outputs, tells ? 1 : 0);
  std::unique_ptr<ShardedReplay> sharded;
  if (threads > 1) sharded = std::make_unique<ShardedReplay>(engine, threads, 11);
  const auto go_on = [](uint64_t) { return true; };
  for (uint32_t i = 0; i < captures.size(); ++i) {
    auto source = std::make_unique<MemorySource>(captures[i]);
    const CaptureSummary summary =
        sharded ? sharded->replay(std::move(source), i, wanted, go_on)
                : replay(std::move(source), i, engine, no_changes, wanted, go_on);
    EXPECT_TRUE(summary.status.ok());
  }
  if (sharded) sharded->finish();
  return {told.text(), counters_text(engine.counters()), engine.counters().flows};
}

std::shared_ptr<const Program> one_endpoint() {
  const DrawnRule web{{{ConditionField::kDestinationPort, {{{0, 80}, {0, 80}}}}}};
  return program_of(Family::kIpv4, {web},
                    {.addresses = {{0, kPod, 4, 0}},
                     .layer_flags = kLayerStateful | kLayerHasSay,
                     .rule_flags = kRuleStateful,
                     .flows_max = 1'000'000});
}

TEST(ShardedReplay, SaysWhatOneThreadSays) {
  const auto program = one_endpoint();
  const std::vector<Bytes> captures = {drawn_capture(1, 30'000), drawn_capture(2, 9'000)};
  for (const bool tells : {true, false}) {
    const Said expected = say(program, captures, 1, tells);
    ASSERT_GT(expected.flows, 5'000u);
    for (const uint32_t threads : {2u, 3u, 8u}) {
      const Said got = say(program, captures, threads, tells);
      EXPECT_TRUE(got.packets == expected.packets) << threads << " threads";
      EXPECT_EQ(got.counters, expected.counters) << threads << " threads";
    }
  }
}

TEST(ShardedReplay, EndsWhenCancelled) {
  const auto program = one_endpoint();
  const Bytes capture = drawn_capture(3, 60'000);
  Engine engine(std::make_shared<const GroupClassifiers>(program), {.hash_secret = 7});
  ShardedReplay sharded(engine, 2, 11);
  int batches = 0;
  const CaptureSummary summary = sharded.replay(std::make_unique<MemorySource>(capture), 0, {},
                                                [&](uint64_t) { return ++batches < 2; });
  EXPECT_EQ(summary.status.code, ErrorCode::kCancelled);
  EXPECT_LT(summary.packets, 60'000u);
}

TEST(ShardChooser, KeepsBothWaysOfAPairTogether) {
  const ShardChooser chooser(8, 5, *one_endpoint());
  const auto shard = [&](const Bytes& frame) {
    return chooser
        .choose({.bytes = frame.data(),
                 .captured_bytes = static_cast<uint32_t>(frame.size()),
                 .original_bytes = static_cast<uint32_t>(frame.size())})
        .shard;
  };
  std::vector<bool> used(8, false);
  for (uint32_t i = 0; i < 500; ++i) {
    const uint32_t there = shard(frame_between(0x0A090000 + i, kPod, 1, 2, 2));
    EXPECT_EQ(there, shard(frame_between(kPod, 0x0A090000 + i, 9, 9, 16)));
    used[there] = true;
  }
  EXPECT_EQ(std::count(used.begin(), used.end(), true), 8);
}

}  // namespace
}  // namespace portacl

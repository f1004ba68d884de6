// Composition of transpositions: the sum of two does what they do one after the other.
#include "flow/transposition.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/engine.h"
#include "rule_program_builder.h"

namespace portacl {
namespace {

Transposition drawn_transposition(std::mt19937& random) {
  Transposition out;
  const auto port = [&] { return static_cast<uint16_t>(random() % 3 * 80); };
  if (random() % 3 != 0) out.set_source({0, random() % 4}, port());
  if (random() % 3 != 0) out.set_destination({0, random() % 4}, port());
  return out;
}

PacketHeaders drawn_packet(std::mt19937& random) {
  PacketHeaders packet;
  packet.result = ParseResult::kOk;
  packet.family = Family::kIpv4;
  packet.protocol = 6;
  packet.source = {0, random() % 4};
  packet.destination = {0, random() % 4};
  packet.source_port = static_cast<uint16_t>(random() % 100);
  packet.destination_port = static_cast<uint16_t>(random() % 100);
  packet.flags = random() % 4 == 0 ? uint8_t{0} : uint8_t{kHasPorts};
  return packet;
}

TEST(Transposition, AppliedAsASumIsAppliedOneByOne) {
  std::mt19937 random(50'200);
  uint32_t overlaid = 0;
  for (uint32_t round = 0; round < 20'000; ++round) {
    PacketHeaders one_by_one = drawn_packet(random);
    PacketHeaders at_once = one_by_one;
    Transposition sum;
    for (uint32_t i = 0; i < 1 + round % 4; ++i) {
      const Transposition next = drawn_transposition(random);
      overlaid += (sum.modified & next.modified) != 0;
      sum = sum.then(next);
      next.apply(one_by_one);
    }
    sum.apply(at_once);
    ASSERT_EQ(at_once, one_by_one) << "round " << round;
  }
  EXPECT_GT(overlaid, 1000u);
}

OuterHeaders drawn_headers(std::mt19937& random) {
  OuterHeaders outer;
  outer.source = {0, 0xAC000000 + random() % 3};
  outer.destination = {0, 0xAC000000 + random() % 3};
  outer.family = Family::kIpv4;
  outer.format = static_cast<Encapsulation>(1 + random() % 4);
  const bool is_vxlan = outer.format == Encapsulation::kVxlan;
  if (is_vxlan) {
    outer.source_port = static_cast<uint16_t>(49152 + random() % 3);
    outer.destination_port = 4789;
  }
  if (is_vxlan || outer.format == Encapsulation::kNvgre) {
    outer.network = static_cast<uint32_t>(random() % 3);
  }
  if (random() % 2 == 0) outer.destination_mac = random() % 3;
  return outer;
}

// A packet as the groups it consists of, the outermost last: what the sum is held against.
using Groups = std::vector<PacketHeaders>;

// One layer's step; what it cannot do it leaves.
StackTransposition drawn_step(std::mt19937& random, const Groups& groups, uint32_t pushed) {
  StackTransposition step;
  switch (random() % 4) {
    case 0:
      if (groups.size() > 1) step.pop();
      break;
    case 1:
      if (pushed < kOuterHeadersMax) step.push(drawn_headers(random));
      break;
    default:
      step.overlay(drawn_transposition(random));
      if (random() % 3 == 0) {
        Transposition mac;
        mac.set_destination_mac(random() % 3);
        step.overlay(mac);
      }
  }
  return step;
}

// Step by step on the groups themselves, without StackTransposition's sums.
void apply_to(Groups& groups, const StackTransposition& step) {
  for (uint32_t i = 0; i < step.pops; ++i) groups.pop_back();
  step.modify.apply(groups.back());
  for (const OuterHeaders& outer : step.pushed()) {
    PacketHeaders packet = encapsulated(groups.back(), outer);
    packet.carried = nullptr;
    groups.push_back(packet);
  }
}

TEST(StackTransposition, AppliedAsASumIsAppliedOneByOne) {
  std::mt19937 random(50'300);
  uint32_t vanished = 0, deep = 0, refused = 0;
  for (uint32_t round = 0; round < 20'000; ++round) {
    // Two encapsulations were captured.
    Groups one_by_one = {drawn_packet(random), drawn_packet(random), drawn_packet(random)};
    Groups at_once = one_by_one;
    StackTransposition sum;
    for (uint32_t i = 0; i < 1 + round % 7; ++i) {
      const StackTransposition next = drawn_step(random, one_by_one, sum.push_count);
      vanished += next.pops > 0 && sum.push_count > 0;
      ASSERT_TRUE(sum.then(next));
      apply_to(one_by_one, next);
    }
    deep += sum.pops == 2;
    StackTransposition two;
    two.push(drawn_headers(random));
    two.push(drawn_headers(random));
    const StackTransposition before = sum;
    if (!sum.then(two)) {
      ++refused;
      ASSERT_EQ(sum, before);
    } else {
      apply_to(one_by_one, two);
    }
    apply_to(at_once, sum);
    ASSERT_EQ(at_once, one_by_one) << "round " << round;
  }
  EXPECT_GT(vanished, 1000u);
  EXPECT_GT(deep, 100u);
  EXPECT_GT(refused, 1000u);
}

TEST(Transposition, OfTwoKeysLeadsFromOneToTheOtherAndBack) {
  std::mt19937 random(50'201);
  for (uint32_t round = 0; round < 10'000; ++round) {
    PacketHeaders entry = drawn_packet(random);
    entry.flags = kHasPorts;
    PacketHeaders leaving = entry;
    drawn_transposition(random).apply(leaving);
    const auto direction = static_cast<Direction>(round % 2);
    FlowKey before, after;
    set_flow_key(before, entry, direction, 0);
    set_flow_key(after, leaving, direction, 0);
    PacketHeaders there = entry;
    transposition_between(before, after, direction).apply(there);
    ASSERT_EQ(there, leaving);
    // The answer, which has both sides the other way round.
    const auto answer = [](const PacketHeaders& to) {
      PacketHeaders packet = to;
      std::swap(packet.source, packet.destination);
      std::swap(packet.source_port, packet.destination_port);
      return packet;
    };
    PacketHeaders back = answer(leaving);
    const auto opposite = static_cast<Direction>(1 - round % 2);
    transposition_between(after, before, opposite).apply(back);
    ASSERT_EQ(back, answer(entry));
  }
}

TupleRow syn_to_front(uint32_t client, uint16_t port) {
  TupleRow row{};
  row.source_3 = client;
  row.destination_3 = 0x0A0000FE;
  row.source_port = port;
  row.destination_port = 80;
  row.protocol = 6;
  row.tcp_flags = kTcpSyn;
  row.family = 4;
  row.quoted = row.carried = kNoRow;
  return row;
}

// States that are saved hold pairs: the answer is known after they are restored, and not before.
TEST(Translations, LiveOnInASavedState) {
  DrawnRule any;
  const DrawnHost host{.addresses = {{0, 0x0A000005, 4, 0}},
                       .layer_flags = kLayerStateful,
                       .rule_flags = kRuleStateful,
                       .translates = true};
  const auto policy = std::make_shared<const GroupClassifiers>(
      std::shared_ptr<const Program>(program_of(Family::kIpv4, {any}, host)));
  Engine engine(policy, {.clock_from_zero = true});
  std::vector<VerdictRecord> out;
  const TupleRow request = syn_to_front(0x0A000909, 1000);
  ASSERT_TRUE(engine.process({&request, 1}, {}, 1, out).ok());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].endpoint, 0u);
  EXPECT_EQ(out[0].verdict.flow, 1u);
  const EngineState state = engine.save();
  ASSERT_FALSE(state.flows.empty());
  EXPECT_TRUE(state.flows[0].is_pair || state.flows[1].is_pair);
  // The rule's choice of two ends is by hash: the answer comes from the one that the pair has.
  const FlowCopy& pair = state.flows[0].is_pair ? state.flows[0] : state.flows[1];
  TupleRow answer = request;
  answer.source_3 = static_cast<uint32_t>(pair.mirror.local.lo);
  answer.destination_3 = request.source_3;
  answer.source_port = pair.mirror.local_port;
  answer.destination_port = request.source_port;
  answer.tcp_flags = kTcpSyn | kTcpAck;
  answer.flags = kTupleHasDirection;
  answer.direction = static_cast<uint8_t>(Direction::kOut);
  const auto verdict_of_answer = [&](Engine& by) {
    std::vector<VerdictRecord> records;
    EXPECT_TRUE(by.process({&answer, 1}, {}, 2, records).ok());
    return records.at(0).verdict;
  };
  Engine fresh(policy, {.clock_from_zero = true});
  EXPECT_NE(verdict_of_answer(fresh).reason, Reason::kEstablished);
  Engine restored(policy, {.clock_from_zero = true});
  restored.restore(state);
  EXPECT_EQ(verdict_of_answer(restored).reason, Reason::kEstablished);
  EXPECT_EQ(restored.save().flows.size(), state.flows.size());
}

}  // namespace
}  // namespace portacl

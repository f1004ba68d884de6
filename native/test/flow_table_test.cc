// The flow table against a map, under random inserts, removals and growth.
#include "flow/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "flow/layer_flow.h"

namespace portacl {
namespace {

FlowKey key_of(uint32_t n) {
  FlowKey key;
  key.local = {0, n % 7};
  key.remote = {n % 3, n};
  key.local_port = static_cast<uint16_t>(n);
  key.scope = 6;
  return key;
}

// `bits` of the hash are kept: few bits make long runs of equal homes.
void compare_with_map(uint32_t seed, uint32_t hash_mask) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << " mask " << hash_mask);
  std::mt19937 random(seed);
  LayerFlowTable table;
  std::map<uint32_t, uint32_t> map;  // n to index
  const auto hash = [&](uint32_t n) { return (n * 2654435761u) & hash_mask; };
  for (int round = 0; round < 20'000; ++round) {
    const uint32_t n = random() % 3000;
    const uint32_t found = table.find(key_of(n), hash(n));
    const auto known = map.find(n);
    ASSERT_EQ(found, known == map.end() ? kNoFlow : known->second);
    if (known == map.end()) {
      const uint32_t index = table.insert(key_of(n), hash(n));
      ASSERT_NE(index, kNoFlow);
      ASSERT_EQ(table.state(index).id, 0u);  // fresh, whatever stood there before
      table.state(index).id = n + 1;
      map[n] = index;
    } else if (random() % 2 == 0) {
      ASSERT_EQ(table.state(found).id, n + 1);
      table.erase(found, hash(n));
      map.erase(known);
    }
    ASSERT_EQ(table.size(), map.size());
  }
  for (const auto& [n, index] : map) ASSERT_EQ(table.find(key_of(n), hash(n)), index);
}

TEST(FlowTable, HoldsWhatAMapHolds) {
  for (const uint32_t seed : {1u, 2u, 3u}) compare_with_map(seed, 0xFFFFFFFF);
}

TEST(FlowTable, HoldsWhatAMapHoldsWhenHashesCollide) {
  compare_with_map(4, 0xFF);
  compare_with_map(5, 0xF00000FF);
}

TEST(FlowTable, KeepsOwnersApart) {
  const FlowKey key = key_of(9);
  const FlowKey owned = key.owned_by(70'000);
  EXPECT_EQ(owned.owner(), 70'000u);
  EXPECT_TRUE(owned == key.owned_by(70'000));
  EXPECT_FALSE(owned == key.owned_by(69'999));
  EXPECT_FALSE(owned == key);
  EXPECT_EQ(static_cast<FlowKey>(owned.owned_by(0)), key);
}

}  // namespace
}  // namespace portacl

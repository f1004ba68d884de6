// Captures built to fill one bucket: keys that collide under one secret, and keys that differ in
// few bits, spread under every other.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "flow/flow_key.h"

namespace portacl {
namespace {

constexpr uint64_t kSecrets[] = {1, 2, 0x9E3779B97F4A7C15, ~uint64_t{0}};
constexpr uint32_t kKeys = 1 << 14;

using Hash = std::function<uint32_t(const FlowKey&, const HashSeed&)>;

uint32_t of_layer(const FlowKey& key, const HashSeed& seed) {
  return owner_hash(tuple_hash(key, seed), 3);
}
uint32_t of_endpoint(const FlowKey& key, const HashSeed& seed) {
  return key.is_ipv6() ? unified_hash(key, seed) : unified_hash(FlowKey4::of(key), seed);
}

// The most slots that a lookup passes in an index which is half full, as FlowTable fills it.
uint32_t longest_way(const std::vector<FlowKey>& keys, const Hash& hash, const HashSeed& seed) {
  std::vector<uint8_t> used(keys.size() * 2);
  uint32_t longest = 0;
  for (const FlowKey& key : keys) {
    const size_t home = hash(key, seed) & (used.size() - 1);
    uint32_t way = 0;
    while (used[(home + way) & (used.size() - 1)] != 0) ++way;
    used[(home + way) & (used.size() - 1)] = 1;
    longest = std::max(longest, way);
  }
  return longest;
}

FlowKey ipv4_key(uint32_t local, uint32_t remote, uint16_t local_port, uint16_t remote_port) {
  return {{0, local}, {0, remote}, local_port, remote_port, 6};
}

// Of 16,384 keys drawn at random the longest way is 14 to 46, measured under 1,000 secrets.
constexpr uint32_t kLongestWay = 64;

void expect_spread(const char* family, const std::vector<FlowKey>& keys) {
  ASSERT_EQ(keys.size(), kKeys);
  for (const uint64_t secret : kSecrets) {
    const HashSeed seed(secret);
    EXPECT_LT(longest_way(keys, of_layer, seed), kLongestWay) << family << ", secret " << secret;
    EXPECT_LT(longest_way(keys, of_endpoint, seed), kLongestWay) << family << ", secret " << secret;
  }
}

TEST(HashFlood, KeysThatDifferInFewBitsSpread) {
  const auto family = [](const std::function<FlowKey(uint32_t)>& key_of) {
    std::vector<FlowKey> keys;
    for (uint32_t n = 0; n < kKeys; ++n) keys.push_back(key_of(n));
    return keys;
  };
  const auto port = [](uint32_t n) { return static_cast<uint16_t>(n); };
  const uint32_t own = 0x0A010005, peer = 0x0A090909;
  expect_spread("a scan of ports",
                family([&](uint32_t n) { return ipv4_key(own, peer, port(n), 40000); }));
  expect_spread("a peer's ports",
                family([&](uint32_t n) { return ipv4_key(own, peer, 80, port(n)); }));
  expect_spread("both ports alike",
                family([&](uint32_t n) { return ipv4_key(own, peer, port(n), port(n)); }));
  expect_spread("neighbouring peers",
                family([&](uint32_t n) { return ipv4_key(own, peer + n, 80, 40000); }));
  expect_spread("peers of one last octet",
                family([&](uint32_t n) { return ipv4_key(own, peer + (n << 8), 80, 40000); }));
  expect_spread("both ends move as one",
                family([&](uint32_t n) { return ipv4_key(own + n, peer + n, 80, 40000); }));
  expect_spread("ends that add up to one sum",
                family([&](uint32_t n) { return ipv4_key(own + n, peer - n, 80, 40000); }));
  expect_spread("address against port",
                family([&](uint32_t n) { return ipv4_key(own, peer ^ n, 80, port(n)); }));
  expect_spread("IPv6 interface identifiers", family([&](uint32_t n) {
                  return FlowKey{{1, 2}, {3, uint64_t{n} << 40}, 80, 40000, 0x106};
                }));
  expect_spread("IPv6 prefixes", family([&](uint32_t n) {
                  return FlowKey{{1, 2}, {uint64_t{n} << 16, 4}, 80, 40000, 0x106};
                }));
}

// What an attacker finds who knows the secret of another run.
TEST(HashFlood, KeysThatCollideUnderOneSecretSpreadUnderOthers) {
  constexpr uint64_t kKnown = 77;
  const HashSeed known(kKnown);
  for (const Hash& hash : {Hash(of_layer), Hash(of_endpoint)}) {
    std::vector<FlowKey> flood;
    for (uint32_t n = 0; flood.size() < kKeys; ++n) {
      const FlowKey key =
          ipv4_key(0x0A010005, 0x0A090000 + (n >> 16), 80, static_cast<uint16_t>(n));
      // Of 32,768 homes 64 side by side.
      if ((hash(key, known) & (kKeys * 2 - 1)) < 64) flood.push_back(key);
    }
    EXPECT_GT(longest_way(flood, hash, known), kKeys / 2);
    for (const uint64_t secret : kSecrets) {
      EXPECT_LT(longest_way(flood, hash, HashSeed(secret)), kLongestWay) << secret;
    }
  }
}

}  // namespace
}  // namespace portacl

// The wheel against a plain look at all deadlines.
#include "flow/expiry_wheel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace portacl {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct Wheel {
  LayerFlowTable flows;
  ExpiryWheel wheel{flows};
  std::vector<uint32_t> live;

  uint32_t add(uint32_t n, int64_t deadline_ns) {
    FlowKey key;
    key.remote.lo = n;
    const uint32_t index = flows.insert(key, n);
    flows.state(index).deadline_ns = deadline_ns;
    flows.state(index).id = n;
    wheel.reschedule(index);
    live.push_back(index);
    return index;
  }
  void end(uint32_t index) {
    wheel.remove(index);
    std::erase(live, index);
    flows.erase(index, static_cast<uint32_t>(flows.state(index).id));
  }
  auto is_due(int64_t now_ns) {
    return [this, now_ns](uint32_t index) { return flows.state(index).deadline_ns <= now_ns; };
  }
  void advance(int64_t now_ns) {
    wheel.advance(now_ns, is_due(now_ns), [this](uint32_t index) { end(index); });
  }
  size_t due(int64_t now_ns) const {
    size_t count = 0;
    for (const uint32_t index : live) count += flows.state(index).deadline_ns <= now_ns;
    return count;
  }
};

TEST(ExpiryWheel, EndsFlowsWithinASecondAndOnTimeWhenAsked) {
  for (const uint32_t seed : {1u, 2u, 3u, 4u}) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Wheel w;
    int64_t now = 0;
    uint32_t next = 1;
    for (int round = 0; round < 3000; ++round) {
      const auto pick = [&] { return w.live[random() % w.live.size()]; };
      switch (random() % 5) {
        case 0:
        case 1:
          w.add(next++, now + static_cast<int64_t>(random() % (400 * kSecond)) + 1);
          break;
        case 2:  // a renewal says nothing to the wheel
          if (!w.live.empty()) w.flows.state(pick()).deadline_ns += 30 * kSecond;
          break;
        case 3:  // a deadline that comes nearer does
          if (!w.live.empty()) {
            const uint32_t index = pick();
            w.flows.state(index).deadline_ns = now + static_cast<int64_t>(random() % kSecond) + 1;
            w.wheel.reschedule(index);
          }
          break;
        default:
          now +=
              static_cast<int64_t>(random() % (random() % 50 == 0 ? 3000 * kSecond : 3 * kSecond));
          w.advance(now);
          // What is due but not ended is due in the present second.
          for (const uint32_t index : w.live) {
            ASSERT_GE(w.flows.state(index).deadline_ns / kSecond, now / kSecond);
          }
          w.wheel.sweep_present(w.is_due(now), [&](uint32_t index) { w.end(index); });
          ASSERT_EQ(w.due(now), 0u);
      }
      ASSERT_EQ(w.flows.size(), w.live.size());
    }
  }
}

TEST(ExpiryWheel, LeavesFlowsWithoutDeadlineAlone) {
  Wheel w;
  w.add(1, kNever);
  w.advance(int64_t{1} << 60);
  EXPECT_EQ(w.live.size(), 1u);
}

}  // namespace
}  // namespace portacl

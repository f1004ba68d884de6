// Captures merged by time against a merge that has everything at hand.
#include "capture/capture_merge.h"

#include <gtest/gtest.h>

#include <random>

#include "capture_builder.h"

namespace portacl {
namespace {

using namespace capture_test;

// A frame that says which packet of which capture it is.
Bytes frame(uint32_t capture, uint32_t packet) {
  Bytes bytes(20 + packet % 50);
  bytes[0] = static_cast<uint8_t>(capture);
  bytes[1] = static_cast<uint8_t>(packet >> 8);
  bytes[2] = static_cast<uint8_t>(packet);
  return bytes;
}

struct Packet {
  uint32_t capture;
  uint64_t frame;
  friend bool operator==(const Packet&, const Packet&) = default;
};

std::ostream& operator<<(std::ostream& out, const Packet& packet) {
  return out << packet.capture << '#' << packet.frame;
}

struct Merged {
  std::vector<Packet> packets;
  std::vector<Status> statuses;
};

Merged merge_all(const std::vector<Bytes>& files, AfterDamage after_damage = AfterDamage::kStop,
                 size_t batch = 64, size_t bytes_per_read = SIZE_MAX) {
  std::vector<std::unique_ptr<ByteSource>> sources;
  for (const Bytes& file : files) {
    sources.push_back(std::make_unique<MemorySource>(file, bytes_per_read));
  }
  CaptureMerge merge(std::move(sources), after_damage);
  Merged merged;
  std::vector<CaptureRecord> records(batch);
  std::vector<uint32_t> captures(batch);
  while (const size_t count = merge.next_batch(records, captures)) {
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(records[i].bytes[0], captures[i]);
      EXPECT_EQ(records[i].bytes[1] << 8 | records[i].bytes[2], records[i].frame);
      merged.packets.push_back({captures[i], records[i].frame});
    }
  }
  for (uint32_t i = 0; i < merge.capture_count(); ++i) {
    merged.statuses.push_back(merge.reader(i).status());
  }
  return merged;
}

Bytes classic(uint32_t capture, const std::vector<uint32_t>& seconds) {
  const Pcap pcap(Order::kLittle);
  Bytes file = pcap.header();
  for (uint32_t i = 0; i < seconds.size(); ++i) {
    file = file + pcap.record(frame(capture, i + 1), seconds[i], 0);
  }
  return file;
}

// At every step the captures are asked in order, and the first of the earliest wins.
std::vector<Packet> plain_merge(const std::vector<std::vector<uint32_t>>& captures) {
  std::vector<size_t> next(captures.size());
  std::vector<Packet> out;
  for (;;) {
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < captures.size(); ++i) {
      if (next[i] == captures[i].size()) continue;
      if (best == UINT32_MAX || captures[i][next[i]] < captures[best][next[best]]) best = i;
    }
    if (best == UINT32_MAX) return out;
    out.push_back({best, ++next[best]});
  }
}

TEST(CaptureMerge, GivesTheEarliestPacketFirst) {
  const auto merged = merge_all({classic(0, {1, 4, 5}), classic(1, {2, 3, 6})});
  const std::vector<Packet> expected = {{0, 1}, {1, 1}, {1, 2}, {0, 2}, {0, 3}, {1, 3}};
  EXPECT_EQ(merged.packets, expected);
}

TEST(CaptureMerge, GivesPacketsOfEqualTimesInTheOrderOfTheCaptures) {
  const auto merged = merge_all({classic(0, {5, 5}), classic(1, {5, 5}), classic(2, {4, 5})});
  const std::vector<Packet> expected = {{2, 1}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};
  EXPECT_EQ(merged.packets, expected);
}

TEST(CaptureMerge, KeepsTheOrderOfACaptureWhoseTimesRunBackwards) {
  const auto merged = merge_all({classic(0, {9, 1, 2}), classic(1, {3, 10})});
  const std::vector<Packet> expected = {{1, 1}, {0, 1}, {0, 2}, {0, 3}, {1, 2}};
  EXPECT_EQ(merged.packets, expected);
}

TEST(CaptureMerge, GivesAPacketWithoutTimeBehindTheOneBeforeIt) {
  const Pcapng ng(Order::kBig);
  constexpr uint64_t kMicroseconds = 1'000'000;
  const Bytes file = ng.section() + ng.interface() + ng.packet(0, 5 * kMicroseconds, frame(0, 1)) +
                     ng.simple_packet(frame(0, 2)) + ng.packet(0, 9 * kMicroseconds, frame(0, 3));
  const auto merged = merge_all({file, classic(1, {4, 5, 6})});
  const std::vector<Packet> expected = {{1, 1}, {0, 1}, {0, 2}, {1, 2}, {1, 3}, {0, 3}};
  EXPECT_EQ(merged.packets, expected);
}

TEST(CaptureMerge, EndsWithTheFirstDamageOrGoesOnWithoutThatCapture) {
  Bytes cut = classic(0, {1, 3, 5});
  cut.resize(cut.size() - 1);
  const std::vector<Bytes> files = {cut, classic(1, {2, 4, 6})};
  const auto strict = merge_all(files);
  EXPECT_EQ(strict.packets, (std::vector<Packet>{{0, 1}, {1, 1}, {0, 2}}));
  EXPECT_EQ(strict.statuses[0].code, ErrorCode::kCaptureCut);
  EXPECT_TRUE(strict.statuses[1].ok());
  const auto lenient = merge_all(files, AfterDamage::kGoOn);
  EXPECT_EQ(lenient.packets, (std::vector<Packet>{{0, 1}, {1, 1}, {0, 2}, {1, 2}, {1, 3}}));
  EXPECT_EQ(lenient.statuses[0].code, ErrorCode::kCaptureCut);
}

TEST(CaptureMerge, GivesNothingWhenACaptureCannotBeReadAtAll) {
  const std::vector<Bytes> files = {classic(0, {1}), Bytes{'n', 'o', 'n', 'e'}};
  EXPECT_TRUE(merge_all(files).packets.empty());
  EXPECT_EQ(merge_all(files, AfterDamage::kGoOn).packets, (std::vector<Packet>{{0, 1}}));
}

TEST(CaptureMerge, TakesEmptyCapturesAndNone) {
  EXPECT_TRUE(merge_all({}).packets.empty());
  EXPECT_EQ(merge_all({classic(0, {}), classic(1, {1})}).packets, (std::vector<Packet>{{1, 1}}));
}

TEST(CaptureMerge, AgreesWithAPlainMergeWhereverBatchesEnd) {
  constexpr uint32_t kSeed = 20261123;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::vector<uint32_t>> times(1 + random() % 6);
    std::vector<Bytes> files;
    for (auto& capture : times) {
      capture.resize(random() % 300);
      uint32_t now = random() % 50;
      for (uint32_t& time : capture) {
        // Mostly forwards, often equal, now and then backwards.
        now = now + random() % 3 - (now > 4 && random() % 16 == 0 ? 4 : 0);
        time = now;
      }
      files.push_back(classic(static_cast<uint32_t>(files.size()), capture));
    }
    const auto expected = plain_merge(times);
    EXPECT_EQ(merge_all(files).packets, expected);
    EXPECT_EQ(merge_all(files, AfterDamage::kGoOn, 1 + random() % 9, 1 + random() % 999).packets,
              expected);
  }
}

}  // namespace
}  // namespace portacl

// Packets with other ends: what is read of them is what was written, and every checksum that was
// right is right, by counting anew.
#include "packet/rewrite.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "frame_builder.h"
#include "packet/parse.h"

namespace portacl {
namespace {

using namespace capture_test;

// The one's complement sum of RFC 1071 over any bytes.
uint32_t sum_of(const uint8_t* bytes, size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

// A right checksum over `size` bytes from `at` on, with the addresses where `addresses` is not 0.
struct Covered {
  size_t at, size, checksum;
  size_t addresses, addresses_size;
  uint8_t protocol;
};

uint32_t whole_sum(const Bytes& frame, const Covered& c) {
  uint32_t sum = sum_of(&frame[c.at], c.size);
  if (c.addresses != 0) {
    sum +=
        sum_of(&frame[c.addresses], c.addresses_size) + static_cast<uint32_t>(c.size) + c.protocol;
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

void fill(Bytes& frame, const Covered& c) {
  frame[c.checksum] = frame[c.checksum + 1] = 0;
  const auto sum = static_cast<uint16_t>(~whole_sum(frame, c));
  frame[c.checksum] = static_cast<uint8_t>(sum >> 8);
  frame[c.checksum + 1] = static_cast<uint8_t>(sum);
}

struct Case {
  const char* name;
  std::function<Bytes(const Bytes& payload)> make;
  std::function<std::vector<Covered>(const Bytes& frame)> covered;
};

constexpr size_t kIp = 14;

Covered ipv4_header(size_t at) { return {at, 20, at + 10, 0, 0, 0}; }
Covered above_ipv4(const Bytes& frame, size_t at, size_t checksum, uint8_t protocol) {
  return {at + 20, frame.size() - at - 20, at + 20 + checksum, at + 12, 8, protocol};
}
Covered above_ipv6(const Bytes& frame, size_t at, size_t checksum, uint8_t protocol) {
  return {at + 40, frame.size() - at - 40, at + 40 + checksum, at + 8, 32, protocol};
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"tcp",
       [](const Bytes& payload) { return ethernet(0x0800, ipv4(6, tcp(4000, 80) + payload)); },
       [](const Bytes& f) {
         return std::vector{ipv4_header(kIp), above_ipv4(f, kIp, 16, 6)};
       }},
      {"udp",
       [](const Bytes& payload) { return ethernet(0x0800, ipv4(17, udp(4000, 53, payload))); },
       [](const Bytes& f) {
         return std::vector{ipv4_header(kIp), above_ipv4(f, kIp, 6, 17)};
       }},
      {"echo",
       [](const Bytes& payload) { return ethernet(0x0800, ipv4(1, icmp(8, 0, 7, payload))); },
       [](const Bytes& f) {
         return std::vector{ipv4_header(kIp),
                            Covered{kIp + 20, f.size() - kIp - 20, kIp + 22, 0, 0, 0}};
       }},
      {"error",
       [](const Bytes& payload) {
         return ethernet(0x0800, ipv4(1, icmp(3, 1, 0, ipv4(17, udp(80, 4000, payload)))));
       },
       // From the inside out: the outer checksum covers the inner ones.
       [](const Bytes& f) {
         const size_t inner = kIp + 28;
         return std::vector{ipv4_header(kIp), above_ipv4(f, inner, 6, 17), ipv4_header(inner),
                            Covered{kIp + 20, f.size() - kIp - 20, kIp + 22, 0, 0, 0}};
       }},
      {"tcp6",
       [](const Bytes& payload) { return ethernet(0x86DD, ipv6(6, tcp(4000, 80) + payload)); },
       [](const Bytes& f) { return std::vector{above_ipv6(f, kIp, 16, 6)}; }},
      {"echo6",
       [](const Bytes& payload) { return ethernet(0x86DD, ipv6(58, icmp(128, 0, 7, payload))); },
       [](const Bytes& f) { return std::vector{above_ipv6(f, kIp, 2, 58)}; }},
  };
  return all;
}

PacketEnds drawn_ends(std::mt19937& random, bool ipv6) {
  const auto word = [&] { return uint64_t{random()} << 32 | random(); };
  const auto address = [&] { return ipv6 ? IpAddress{word(), word()} : IpAddress{0, random()}; };
  return {address(), address(), static_cast<uint16_t>(random()), static_cast<uint16_t>(random())};
}

TEST(Rewrite, WritesTheEndsAndKeepsRightChecksumsRight) {
  std::mt19937 random(50'300);
  for (const Case& each : cases()) {
    for (int round = 0; round < 200; ++round) {
      Bytes payload(random() % 40);
      for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random());
      Bytes frame = each.make(payload);
      for (const Covered& c : each.covered(frame)) fill(frame, c);
      const CaptureRecord record = record_of(frame);
      PacketHeaders before, after;
      parse_headers({&record, 1}, {&before, 1});
      ASSERT_EQ(before.result, ParseResult::kOk) << each.name;
      const bool ipv6 = before.family == Family::kIpv6;
      Departure departure{drawn_ends(random, ipv6), drawn_ends(random, ipv6), true};
      Bytes left = frame;
      rewrite(record, departure, left.data(), nullptr);

      const CaptureRecord written = record_of(left);
      parse_headers({&written, 1}, {&after, 1});
      EXPECT_EQ(after.source, departure.ends.source) << each.name;
      EXPECT_EQ(after.destination, departure.ends.destination) << each.name;
      if (before.flags & kHasPorts) {
        EXPECT_EQ(after.source_port, departure.ends.source_port) << each.name;
        EXPECT_EQ(after.destination_port, departure.ends.destination_port) << each.name;
      }
      if (before.flags & kIcmpError) {
        const auto quoted = parse_quoted(after.family, after.quoted, after.quoted_bytes);
        EXPECT_EQ(quoted.source, departure.quoted.source);
        EXPECT_EQ(quoted.destination_port, departure.quoted.destination_port);
      }
      for (const Covered& c : each.covered(left)) {
        EXPECT_EQ(whole_sum(left, c), 0xFFFFu) << each.name << " at " << c.checksum;
      }
      // And back: nothing else was touched.
      departure.ends = PacketEnds::of(before);
      if (before.flags & kIcmpError) {
        departure.quoted =
            PacketEnds::of(parse_quoted(before.family, before.quoted, before.quoted_bytes));
      }
      rewrite(written, departure, left.data(), nullptr);
      EXPECT_EQ(left, frame) << each.name;
    }
  }
}

TEST(Rewrite, CountsTheChecksumOfSctpAnewWhereItWasRight) {
  const auto sctp = [](uint16_t port, const Bytes& crc) {
    return ethernet(0x0800, ipv4(132, be16(4000) + be16(port) + be32(1) + crc));
  };
  const Departure departure{{{0, 1}, {0, 2}, 4000, 81}, {}, false};
  const auto checksum_left = [&](const Bytes& crc) {
    const Bytes frame = sctp(80, crc);
    Bytes left = frame;
    rewrite(record_of(frame), departure, left.data(), nullptr);
    return Bytes(left.end() - 4, left.end());
  };
  // CRC32c by a program of its own.
  EXPECT_EQ(checksum_left({0x3A, 0xF7, 0xF3, 0xF3}), (Bytes{0x72, 0x21, 0xCD, 0x07}));
  EXPECT_EQ(checksum_left({1, 2, 3, 4}), (Bytes{1, 2, 3, 4}));
}

TEST(Rewrite, KeepsAnAbsentChecksumAbsentAndAnOuterOneRight) {
  const Departure departure{{{0, 1}, {0, 2}, 1, 2}, {}, false};
  const Bytes frame = ethernet(0x0800, ipv4(17, udp(4000, 53, {1, 2, 3})));
  Bytes left = frame;
  uint8_t outside[2] = {};
  rewrite(record_of(frame), departure, left.data(), outside);
  EXPECT_EQ(left[kIp + 26], 0);
  EXPECT_EQ(left[kIp + 27], 0);
  EXPECT_EQ(load_be16(outside), 0);

  const auto before = static_cast<uint16_t>(~sum_of(frame.data(), frame.size()));
  outside[0] = static_cast<uint8_t>(before >> 8);
  outside[1] = static_cast<uint8_t>(before);
  left = frame;
  rewrite(record_of(frame), departure, left.data(), outside);
  EXPECT_EQ(load_be16(outside), static_cast<uint16_t>(~sum_of(left.data(), left.size())));
}

}  // namespace
}  // namespace portacl

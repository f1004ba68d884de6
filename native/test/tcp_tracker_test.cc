// The rows of the TCP table of docs/SEMANTICS.md 5.2, one test each.
#include "flow/tcp_tracker.h"

#include <gtest/gtest.h>

namespace portacl {
namespace {

constexpr TcpTimers kTimers{.half_open_ms = 10, .open_ms = 100, .time_wait_ms = 50, .reset_ms = 5};
constexpr int64_t kMs = 1'000'000;

PacketHeaders segment(uint8_t flags, uint32_t sequence = 0, uint32_t acknowledgement = 0) {
  PacketHeaders packet;
  packet.tcp_flags = flags;
  packet.tcp_sequence = sequence;
  packet.tcp_acknowledgement = acknowledgement;
  return packet;
}

struct Connection {
  FlowState flow;
  int64_t now = 0;

  FlowEvent open(uint8_t flags) { return open_tcp(flow, segment(flags), kTimers, now); }
  FlowEvent opener(uint8_t flags, uint32_t ack = 0) {
    return advance_tcp(flow, segment(flags, 0, ack), true, kTimers, now);
  }
  FlowEvent responder(uint8_t flags, uint32_t sequence = 0) {
    return advance_tcp(flow, segment(flags, sequence), false, kTimers, now);
  }
  void establish() {
    open(kTcpSyn);
    responder(kTcpSyn | kTcpAck, 41);
    EXPECT_EQ(opener(kTcpAck, 42), FlowEvent::kEstablished);
  }
  int64_t life_ms() const { return (flow.deadline_ns - now) / kMs; }
};

TEST(TcpTracker, OpensHalfOpenBySyn) {
  Connection c;
  EXPECT_EQ(c.open(kTcpSyn), FlowEvent::kNew);
  EXPECT_EQ(c.flow.tcp, TcpState::kSyn);
  EXPECT_EQ(c.life_ms(), 10);
}

// nf_conntrack's table of valid flags, PSH aside, and the rules of Open vSwitch's tracker, written
// out anew: what both refuse is invalid. Source: docs/semantics/state.md 1 (S1).
bool refused_by_nf_conntrack(uint8_t flags) {
  switch (flags & ~kTcpPsh) {
    case kTcpSyn:
    case kTcpSyn | kTcpUrg:
    case kTcpSyn | kTcpAck:
    case kTcpRst:
    case kTcpRst | kTcpAck:
    case kTcpFin | kTcpAck:
    case kTcpFin | kTcpAck | kTcpUrg:
    case kTcpAck:
    case kTcpAck | kTcpUrg:
      return false;
    default:
      return true;
  }
}

bool refused_by_open_vswitch(uint8_t flags) {
  const bool ack = flags & kTcpAck;
  if (flags & kTcpSyn) {
    if (flags & (kTcpRst | kTcpFin)) return true;
  } else if (!ack && !(flags & kTcpRst)) {
    return true;
  }
  return !ack && (flags & (kTcpFin | kTcpPsh | kTcpUrg));
}

TEST(TcpTracker, CallsFlagsInvalidThatTwoTrackersRefuse) {
  for (uint8_t flags = 0; flags < 64; ++flags) {
    EXPECT_EQ(has_invalid_flags(flags),
              refused_by_nf_conntrack(flags) && refused_by_open_vswitch(flags))
        << int{flags};
    // What is invalid leaves the quick way, whatever else it has.
    EXPECT_FALSE(has_invalid_flags(flags) && is_plain_segment(flags)) << int{flags};
  }
  EXPECT_TRUE(is_plain_segment(kTcpAck | kTcpPsh));
}

TEST(TcpTracker, AdoptsInMidstream) {
  Connection c;
  EXPECT_EQ(c.open(kTcpAck), FlowEvent::kMidstream);
  EXPECT_EQ(c.flow.tcp, TcpState::kEstablished);
  EXPECT_EQ(c.life_ms(), 100);
}

TEST(TcpTracker, EstablishesByTheAckOfTheRespondersSyn) {
  Connection c;
  c.open(kTcpSyn);
  EXPECT_EQ(c.responder(kTcpSyn | kTcpAck, 41), FlowEvent::kNone);
  EXPECT_EQ(c.opener(kTcpAck, 41), FlowEvent::kNone);
  EXPECT_EQ(c.flow.tcp, TcpState::kSynAck);
  EXPECT_EQ(c.life_ms(), 10);
  EXPECT_EQ(c.opener(kTcpAck, 42), FlowEvent::kEstablished);
  EXPECT_EQ(c.life_ms(), 100);
}

TEST(TcpTracker, EstablishesByAnAckOfMoreThanTheSyn) {
  Connection c;
  c.open(kTcpSyn);
  c.responder(kTcpSyn | kTcpAck, 0xFFFFFFFF);
  EXPECT_EQ(c.opener(kTcpAck, 1000), FlowEvent::kEstablished);
}

TEST(TcpTracker, DoesNotEstablishByTheRespondersOwnAck) {
  Connection c;
  c.open(kTcpSyn);
  c.responder(kTcpSyn | kTcpAck, 41);
  EXPECT_EQ(advance_tcp(c.flow, segment(kTcpAck, 0, 42), false, kTimers, 0), FlowEvent::kNone);
}

TEST(TcpTracker, NeedsBothFins) {
  Connection c;
  c.establish();
  EXPECT_EQ(c.opener(kTcpFin | kTcpAck), FlowEvent::kClosing);
  EXPECT_EQ(c.opener(kTcpFin | kTcpAck), FlowEvent::kNone);
  EXPECT_EQ(c.life_ms(), 100);
  EXPECT_EQ(c.responder(kTcpFin | kTcpAck), FlowEvent::kClosed);
  EXPECT_EQ(c.flow.tcp, TcpState::kTimeWait);
  EXPECT_EQ(c.life_ms(), 50);
}

TEST(TcpTracker, KeepsAResetFlowForItsTimeOrWhatWasLeft) {
  Connection c;
  c.establish();
  EXPECT_EQ(c.responder(kTcpRst), FlowEvent::kReset);
  EXPECT_EQ(c.life_ms(), 5);
  c.now = 3 * kMs;
  EXPECT_EQ(c.opener(kTcpAck), FlowEvent::kNone);
  EXPECT_EQ(c.life_ms(), 2);

  Connection half;
  half.open(kTcpSyn);
  half.now = 8 * kMs;
  half.responder(kTcpRst | kTcpAck);
  EXPECT_EQ(half.life_ms(), 2);
}

TEST(TcpTracker, TellsOpenings) {
  EXPECT_EQ(tcp_opening(kTcpSyn), TcpOpening::kSyn);
  EXPECT_EQ(tcp_opening(kTcpSyn | kTcpAck), TcpOpening::kMidstream);
  EXPECT_EQ(tcp_opening(kTcpSyn | kTcpRst), TcpOpening::kReset);
  EXPECT_EQ(tcp_opening(0), TcpOpening::kMidstream);
}

// The short way of the engine must be the long way, wherever it is taken.
TEST(TcpTracker, OnlyRenewsWhereAdvancingChangesNothingElse) {
  constexpr TcpState kStates[] = {
      TcpState::kSyn,           TcpState::kSynAck,           TcpState::kEstablished,
      TcpState::kClosingOpener, TcpState::kClosingResponder, TcpState::kTimeWait,
      TcpState::kReset};
  for (const TcpState state : kStates) {
    for (uint32_t flags = 0; flags < 64; ++flags) {
      for (const bool from_opener : {false, true}) {
        Connection c;
        c.establish();
        c.flow.tcp = state;
        c.flow.idle_ms = 77;
        const PacketHeaders packet = segment(static_cast<uint8_t>(flags), 1, 42);
        if (!only_renews(c.flow, packet)) continue;
        FlowState after = c.flow;
        EXPECT_EQ(advance_tcp(after, packet, from_opener, kTimers, 0), FlowEvent::kNone);
        EXPECT_EQ(after.tcp, state);
        EXPECT_EQ(after.responder_sequence, c.flow.responder_sequence);
      }
    }
  }
}

}  // namespace
}  // namespace portacl

// The unified flow table: a cache of finished walks, by endpoint and flow key.
//
// It grants nothing (vfp.md 5.2): an entry names, per direction, what each stage answered: a flow
// of that stage, or the row that decided without a flow. It is believed only while all of that
// still holds:
//
//  1. the flows it names are alive. A flow that goes clears the entry that names it;
//  2. no flow came to be where a row had decided. Flows of a key are made with the entry of the
//     same key at hand, and making one clears both directions;
//  3. a TCP packet opens in the same way (SYN, RST, mid-stream) as the one that was walked, where a
//     row decided;
//  4. the policy is the one walked: a change of policy forgets every entry (update.cc).
//
// Endpoints with a layer that translates stay out altogether: what makes a flow under one key may
// make one under another in the next layer, where no entry is at hand (2). Source:
// docs/decisions/0020-translating-layers.md.
//
// So do endpoints with a layer that asks further: its rules want what no key shows (3).
//
// Write-back. A packet that changes nothing of its flows but their deadlines, nearly every packet
// of a capture, and one that meets rows alone, as each packet of a refused connection does, are
// noted in their entry alone: time, packets, bytes. An IPv4 entry is one cache line, so such a
// packet touches the index, this line, and nothing else. Whoever wants to read a flow's deadline
// or the counters first has the entry written back (Engine::write_back).
//
// Walks of more than two steps (several switch layers) are not kept. Entries that name no flow are
// limited to a ring of the newest, so that a scan cannot fill memory with refusals.
#pragma once

#include <cstdint>
#include <vector>

#include "flow/flow_table.h"
#include "flow/tcp_tracker.h"

namespace portacl {

// One step of a kept walk: a flow index, or a rule row marked by the top bit.
class UnifiedStep {
 public:
  static UnifiedStep of_flow(uint32_t index) { return UnifiedStep(index); }
  static UnifiedStep of_rule(uint32_t row) { return UnifiedStep(row | kRuleBit); }
  UnifiedStep() = default;

  bool is_flow() const { return (value_ & kRuleBit) == 0; }
  uint32_t flow() const { return value_; }
  uint32_t rule() const { return value_ & ~kRuleBit; }

 private:
  static constexpr uint32_t kRuleBit = 0x80000000;
  explicit UnifiedStep(uint32_t value) : value_(value) {}
  uint32_t value_ = kRuleBit;
};

// What a kept walk says of the next packet that meets it.
enum class NextPacket : uint8_t {
  kWalks,    // what each step answers has to be asked again
  kRenews,   // allowed: every step is a flow that it only renews (only_renews() of one without
             // SYN, FIN and RST), or a row that allows whatever comes
  kRepeats,  // every step is a row: the same again for a packet that opens in the same way
};

struct UnifiedWalk {
  uint8_t step_count : 2 = 0;  // 0: nothing kept
  uint8_t next : 2 = 0;        // NextPacket
  uint8_t opening : 2 = 0;     // TcpOpening, where a row decided
  uint8_t deciding : 1 = 0;    // step that the verdict names
  uint8_t allowed : 1 = 0;

  NextPacket next_packet() const { return static_cast<NextPacket>(next); }
};
static_assert(sizeof(UnifiedWalk) == 1);

// Number and bytes of up to 255 packets of up to 65,535 bytes, in one word.
class NotedPackets {
 public:
  static constexpr uint32_t kBytesMax = 0xFFFF;

  bool is_full() const { return word_ >= 255u << 24; }
  // Requires: not full; at most kBytesMax.
  void add(uint32_t bytes) { word_ += (1u << 24) + bytes; }

  uint32_t packets() const { return word_ >> 24; }
  uint32_t bytes() const { return word_ & 0xFFFFFF; }

 private:
  uint32_t word_ = 0;
};

// What an entry holds beside its key.
struct UnifiedState {
  static constexpr uint32_t kStepsMax = 2;
  UnifiedStep steps[2][kStepsMax];  // by direction
  int64_t last_ns = 0;              // engine time of the newest packet that renewed
  NotedPackets noted[2];            // by direction: packets not written back yet
  uint32_t last_frame[2] =
      {};                // by direction: of the newest, or of the walk that was kept; low half
  uint32_t idle_ms = 0;  // the shortest life of the flows it names; kIdleNever: no limit
  UnifiedWalk walks[2];
  bool in_use = false;
};

struct alignas(64) UnifiedFlow4 {
  FlowKey4 key;
  UnifiedState state;
};
static_assert(sizeof(UnifiedFlow4) == 64);

struct UnifiedFlow6 {
  FlowKey key;
  UnifiedState state;
};

class UnifiedFlowTable {
 public:
  explicit UnifiedFlowTable(const HashSeed& seed) : seed_(seed) {}

  // Entries of both families share one numbering.
  UnifiedState& operator[](uint32_t index) {
    return index & kIpv6Bit ? ipv6_[index & ~kIpv6Bit].state : ipv4_[index].state;
  }
  const UnifiedState& operator[](uint32_t index) const {
    return index & kIpv6Bit ? ipv6_[index & ~kIpv6Bit].state : ipv4_[index].state;
  }
  uint32_t endpoint(uint32_t index) const {
    return (index & kIpv6Bit ? ipv6_[index & ~kIpv6Bit].key.scope : ipv4_[index].key.scope) >> 9;
  }

  // The tables themselves, for the way of a packet that knows its family. Keys are owned by the
  // endpoint; their hash is unified_hash().
  FlowTable<UnifiedFlow4>& ipv4() { return ipv4_; }
  FlowTable<UnifiedFlow6>& ipv6() { return ipv6_; }
  const FlowTable<UnifiedFlow4>& ipv4() const { return ipv4_; }
  const FlowTable<UnifiedFlow6>& ipv6() const { return ipv6_; }

  // Of a record of either table.
  uint32_t index_of(const FlowTable<UnifiedFlow4>&, uint32_t record) const { return record; }
  uint32_t index_of(const FlowTable<UnifiedFlow6>&, uint32_t record) const {
    return record | kIpv6Bit;
  }

  // Of a key owned by its endpoint.
  uint32_t hash(const FlowKey& key) const {
    return key.is_ipv6() ? unified_hash(key, seed_) : unified_hash(FlowKey4::of(key), seed_);
  }

  // The entry of such a key, or kNoFlow.
  uint32_t find(const FlowKey& key, uint32_t hash) const {
    if (!key.is_ipv6()) return ipv4_.find(FlowKey4::of(key), hash);
    const uint32_t index = ipv6_.find(key, hash);
    return index == kNoFlow ? kNoFlow : index | kIpv6Bit;
  }

  // A fresh entry, or kNoFlow when memory is out: a cache may forget. Requires: the key has none.
  uint32_t insert(const FlowKey& key, uint32_t hash) {
    uint32_t index;
    if (key.is_ipv6()) {
      index = ipv6_.insert(key, hash);
      if (index != kNoFlow) index |= kIpv6Bit;
    } else {
      index = ipv4_.insert(FlowKey4::of(key), hash);
    }
    if (index != kNoFlow) (*this)[index].in_use = true;
    return index;
  }

  // Says that the entry names no flow; the oldest such entry makes room. `forget(index)` must
  // unlink and erase() that one.
  template <class Forget>
  void keep_flowless(uint32_t index, Forget&& forget) {
    // The ring grows to its length with its use: a thousand small engines should be small.
    if (ring_.size() < kFlowlessMax) return ring_.push_back(index);
    uint32_t& place = ring_[ring_next_];
    ring_next_ = (ring_next_ + 1) % kFlowlessMax;
    // A place may name an entry that has since been reused; forgetting any entry is harmless.
    if (place != index && (*this)[place].in_use) forget(place);
    place = index;
  }

  void erase(uint32_t index) {
    (*this)[index].in_use = false;
    for (UnifiedWalk& walk : (*this)[index].walks) walk = {};  // what is looked at by a guess
    if (index & kIpv6Bit) {
      const uint32_t record = index & ~kIpv6Bit;
      ipv6_.erase(record, unified_hash(ipv6_[record].key, seed_));
    } else {
      ipv4_.erase(index, unified_hash(ipv4_[index].key, seed_));
    }
  }

  // Calls visit(index) for every entry in use.
  template <class Visit>
  void each(Visit&& visit) {
    for (uint32_t i = 0; i < ipv4_.record_limit(); ++i) {
      if (ipv4_[i].state.in_use) visit(i);
    }
    for (uint32_t i = 0; i < ipv6_.record_limit(); ++i) {
      if (ipv6_[i].state.in_use) visit(i | kIpv6Bit);
    }
  }

 private:
  static constexpr uint32_t kFlowlessMax = 1 << 16;
  static constexpr uint32_t kIpv6Bit = 0x80000000;

  const HashSeed& seed_;
  FlowTable<UnifiedFlow4> ipv4_;
  FlowTable<UnifiedFlow6> ipv6_;
  std::vector<uint32_t> ring_;
  uint32_t ring_next_ = 0;
};

}  // namespace portacl

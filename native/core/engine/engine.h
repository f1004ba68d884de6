// The engine: packets in, verdicts out. The order of the rooms stands in Engine::process and
// Engine::judge, nowhere else.
//
//     CaptureRecord → PacketHeaders → PortBinding, FlowKey          batch by batch, no state
//       → fragment cache → unified flow table ─hit──────────┐
//                             └miss→ layers, host stage ────┴→ Walk → settle → VerdictRecord
//
// Invariants.
//  1. settle() alone writes flows and counters; what comes before it only looks.
//  2. Packets are settled one by one in capture order: the next packet finds the flow this one
//  made.
//  3. A verdict depends on the program, the options and the packets before it; not on the size of
//     batches, the hash seed, or whether the unified flow table is on.
//
// Time is capture time, counted from the first packet that has one; it never runs backwards.
// Threads: an engine belongs to one thread at a time; programs may be shared.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "capture/capture_record.h"
#include "engine/walk.h"
#include "flow/expiry_wheel.h"
#include "flow/fragment_cache.h"
#include "flow/layer_flow.h"
#include "flow/unified_flow.h"
#include "packet/packet_headers.h"
#include "port/port_table.h"
#include "program/program.h"
#include "report/counters.h"
#include "verdict/verdict.h"

namespace portacl {

struct EngineOptions {
  bool stateless = false;        // every packet from an empty state; docs/SEMANTICS.md 5.5
  bool unified_flows = true;     // docs/SEMANTICS.md 5.4
  bool clock_from_zero = false;  // times are virtual and begin at 0, not at the first packet's
  uint64_t hash_secret = 0;
};

// What a packet is beside its headers.
struct PacketMeta {
  uint64_t frame = 0;
  int64_t time_ns = kNoTime;
  uint32_t wire_bytes = 0;
};

class Engine {
 public:
  Engine(std::shared_ptr<const Program> program, const EngineOptions& options);

  // Judges captured packets in order and appends one record per packet and judging endpoint.
  void process(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>& out);

  // The same for packets that were never bytes (simulation); `quoted` holds the packets that ICMP
  // errors among them quote. A packet with a direction is placed as told, the others by address.
  // Frames count from `first_frame`.
  // Errors: kProgramIndex, kProgramValue with the byte offset of the row; nothing is judged then.
  Status process(std::span<const TupleRow> tuples, std::span<const TupleRow> quoted,
                 uint64_t first_frame, std::vector<VerdictRecord>& out);

  const Counters& counters();
  const Program& program() const { return *program_; }
  // Memory ran out for a flow: verdicts from then on are not to be trusted.
  bool out_of_memory() const { return out_of_memory_; }

 private:
  // Columns that later rooms read, of one binding.
  struct Prepared {
    FlowKey key;         // owned by the endpoint
    uint64_t tuple = 0;  // tuple_hash of the key
    uint32_t unified_hash = 0;
    uint32_t guess = kNoFlow;  // entry of the unified flow table to prefetch
  };

  // Order (engine.cc).
  // Judges headers_ with metas_ at bindings_.
  void judge_batch(std::vector<VerdictRecord>& out);
  void prepare();
  void advance_clock(int64_t time_ns);
  Verdict judge(const PortBinding& binding, const PacketHeaders& packet, const Prepared& prepared,
                const PacketMeta& meta);
  Verdict judge_slowly(const PortBinding& binding, const PacketHeaders& packet,
                       const Prepared& prepared, const PacketMeta& meta);
  // Gives `verdict` back; keeps it for the fragments that follow a first one.
  Verdict remember_fragment(const PortBinding& binding, const PacketHeaders& packet,
                            const Verdict& verdict);
  Verdict judge_later_fragment(const PortBinding& binding, const PacketHeaders& packet,
                               const PacketMeta& meta);
  void walk_stages(const PortBinding& binding, const PacketHeaders& packet,
                   const Prepared& prepared, Walk& walk);
  // One step by the first stage that has a say; no step when none has.
  void walk_refused(const PortBinding& binding, Reason reason, Walk& walk) const;
  void count(const PortBinding& binding, const Verdict& verdict, const PacketMeta& meta);
  static Verdict unjudged(Reason reason) { return {.reason = reason}; }

  // Whether key and opening of the packet say all that its verdict depends on, flows aside.
  static bool may_be_unified(const PacketHeaders& packet);

  // Looking (look.cc).
  bool walk_unified(const PortBinding& binding, const PacketHeaders& packet,
                    const Prepared& prepared, Walk& walk) const;
  WalkStep look(uint32_t layer_row, const PortBinding& binding, const PacketHeaders& packet,
                const Prepared& prepared, const Walk& walk);
  bool is_exempt(Stage stage, const PortBinding& binding, const PacketHeaders& packet) const;
  void look_for_flow(WalkStep& step, const PacketHeaders& packet, const Prepared& prepared,
                     TcpOpening opening) const;
  bool is_live(const FlowState& flow, const PacketHeaders& packet, TcpOpening opening) const;
  bool quotes_live_flow(uint32_t layer_row, Direction direction, const PacketHeaders& packet) const;
  bool refuses_opening(Stage stage, TcpOpening opening) const;
  // Turns an allowed walk that needs one flow too many into a refusal.
  void refuse_without_room(Walk& walk);
  bool has_room(uint32_t layer_row);
  WalkStep step_of_layer(uint32_t layer_row) const;
  WalkStep step_of_rule(uint32_t layer_row, uint32_t rule) const;
  WalkStep refusal(uint32_t layer_row, Reason reason) const;
  void step_through(WalkStep& step, uint32_t flow) const;

  // Changing (settle.cc).
  bool settle_established(const PortBinding& binding, const PacketHeaders& packet,
                          const Prepared& prepared, const PacketMeta& meta, Verdict& verdict);
  Verdict established(const UnifiedFlow& entry, size_t direction, uint32_t steps) const;
  bool renew_open(FlowState& state, const PacketHeaders& packet) const;
  Verdict settle(const PortBinding& binding, const PacketHeaders& packet, const Prepared& prepared,
                 const PacketMeta& meta, Walk& walk);
  FlowEvent settle_flows(Direction direction, const PacketHeaders& packet, const Prepared& prepared,
                         Walk& walk, uint64_t& flow_id);
  void credit_rule(uint32_t rule, const PacketMeta& meta);
  FlowEvent renew(uint32_t index, Direction direction, const PacketHeaders& packet);
  FlowEvent make_flow(WalkStep& step, Direction direction, const PacketHeaders& packet,
                      const Prepared& prepared, uint64_t flow_id);
  void end_flow(uint32_t index);
  void keep_unified(const PortBinding& binding, const PacketHeaders& packet,
                    const Prepared& prepared, const Walk& walk, bool made_flows);
  void forget_unified(uint32_t index);
  TcpTimers tcp_timers(uint32_t layer_row, uint32_t rule) const;
  // Idle time of a flow that is not TCP.
  uint32_t idle_ms(Stage stage, uint32_t rule, uint8_t protocol) const;

  // Furthest the clock goes: deadlines beyond it would wrap. 146 years.
  static constexpr int64_t kClockMax = int64_t{1} << 62;

  std::shared_ptr<const Program> program_;
  EngineOptions options_;
  HashSeed seed_;
  PortTable ports_;
  LayerFlowTable flows_;
  ExpiryWheel wheel_;
  UnifiedFlowTable unified_;
  FragmentCache fragments_;
  std::vector<uint32_t> layer_flows_;  // live flows by layer row
  Counters counters_;

  bool clock_set_ = false;
  int64_t clock_start_ns_ = 0;
  int64_t now_ns_ = 0;  // since clock_start_ns_
  uint64_t next_flow_id_ = 1;
  bool out_of_memory_ = false;

  // Columns of the batch in hand.
  std::vector<PacketHeaders> headers_;
  std::vector<PacketMeta> metas_;
  std::vector<PortBinding> bindings_;
  std::vector<Prepared> prepared_;
};

}  // namespace portacl

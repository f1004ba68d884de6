// The engine: packets in, verdicts out. The order of the rooms stands in Engine::process and
// Engine::judge, nowhere else.
//
//     CaptureRecord → PacketHeaders → PortBinding, FlowKey          batch by batch, no state
//       → fragment cache → unified flow table ─hit──────────┐
//                             └miss→ layers, host stage ────┴→ Walk → settle → VerdictRecord
//
// Invariants.
//  1. settle.cc and unified.cc alone write flows and counters; what comes before them only looks.
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
#include "engine/explanation.h"
#include "engine/walk.h"
#include "flow/expiry_wheel.h"
#include "flow/fragment_cache.h"
#include "flow/layer_flow.h"
#include "flow/unified_flow.h"
#include "packet/packet_headers.h"
#include "packet/protocols.h"
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

  // Judges captured packets in order and appends one record per packet and judging endpoint to
  // `out`; null when nobody reads them, which is faster.
  void process(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>* out);

  // The same for packets that were never bytes (simulation); `quoted` holds the packets that ICMP
  // errors among them quote. A packet with a direction is placed as told, the others by address.
  // Frames count from `first_frame`.
  // Errors: kProgramIndex, kProgramValue with the byte offset of the row; nothing is judged then.
  Status process(std::span<const TupleRow> tuples, std::span<const TupleRow> quoted,
                 uint64_t first_frame, std::vector<VerdictRecord>& out);

  // What process() would say of one packet if it came now, step by step. Nothing changes: verdicts,
  // flows and counters are afterwards what they would have been without. The receiver of a packet
  // that its sender drops is left out, as there.
  // Errors: as process().
  Status explain(const TupleRow& tuple, std::span<const TupleRow> quoted, uint64_t frame,
                 Explanation& out);
  void explain(const CaptureRecord& packet, Explanation& out);

  const Counters& counters();
  const Program& program() const { return *program_; }
  // Memory ran out for a flow: verdicts from then on are not to be trusted.
  bool out_of_memory() const { return out_of_memory_; }

 private:
  // Columns that later rooms read, of one binding.
  struct Prepared {
    FlowKey4 key4;      // owned by the endpoint; IPv4 only
    uint32_t hash = 0;  // unified_hash() of the key of either family
  };

  // Order (engine.cc).
  // Fills headers_, metas_ and bindings_.
  Status place(std::span<const TupleRow> tuples, std::span<const TupleRow> quoted,
               uint64_t first_frame);
  void place(std::span<const CaptureRecord> packets);
  // Judges headers_ with metas_ at bindings_.
  void judge_batch(std::vector<VerdictRecord>* out);
  void prepare();
  void prefetch_new_flow(const PortBinding& binding, const PacketHeaders& packet) const;
  void advance_clock(int64_t time_ns);
  // What the clock shows when a packet of that time has come.
  int64_t clock_at(int64_t time_ns) const;
  void note_frame(const PacketMeta& meta);
  bool judge_quickly(const PortBinding& binding, const PacketHeaders& packet,
                     const Prepared& prepared, const PacketMeta& meta, Verdict* verdict);
  Verdict judge(const PortBinding& binding, const PacketHeaders& packet, const PacketMeta& meta);
  Verdict judge_by_walk(const PortBinding& binding, const PacketHeaders& packet,
                        const PacketMeta& meta);
  Verdict judge_later_fragment(const PortBinding& binding, const PacketHeaders& packet,
                               const PacketMeta& meta);
  static FragmentKey fragment_key(const PortBinding& binding, const PacketHeaders& packet);
  void set_key(Walk& walk, const PortBinding& binding, const PacketHeaders& packet) const;
  void look_through(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  void walk_stages(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  // One step by the first stage that has a say; no step when none has.
  void walk_refused(const PortBinding& binding, Reason reason, Walk& walk) const;
  void count(const PortBinding& binding, const Verdict& verdict, const PacketMeta& meta);
  static Verdict unjudged(Reason reason) { return {.reason = reason}; }

  bool is_later_fragment(const PacketHeaders& packet) const {
    return (packet.flags & kLaterFragment) != 0 && !options_.stateless;
  }
  // Whether key and opening of the packet say all that its verdict depends on, flows aside.
  static bool may_be_unified(const PacketHeaders& packet) {
    return packet.result == ParseResult::kOk && !(packet.flags & (kIcmpError | kLaterFragment)) &&
           !is_neighbor_discovery(packet);
  }
  static bool is_neighbor_discovery(const PacketHeaders& packet) {
    return packet.protocol == ip_protocol::kIcmpv6 && packet.family == Family::kIpv6 &&
           packet.icmp_type >= 133 && packet.icmp_type <= 137;
  }

  // Looking (look.cc).
  bool walk_unified(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  WalkStep look(uint32_t layer_row, const PortBinding& binding, const PacketHeaders& packet,
                const Walk& walk);
  void look_for_flow(WalkStep& step, const PortBinding& binding, const PacketHeaders& packet,
                     const Walk& walk);
  bool is_live(uint32_t flow, const PortBinding& binding, const PacketHeaders& packet,
               TcpOpening opening);
  bool hides(uint32_t layer_row, const PortBinding& binding) const;
  bool quotes_live_flow(uint32_t layer_row, Direction direction, const PacketHeaders& packet);
  bool is_exempt(Stage stage, const PortBinding& binding, const PacketHeaders& packet) const;
  bool refuses_opening(Stage stage, TcpOpening opening) const;
  // Turns an allowed walk that needs a flow in a layer without room for it into a refusal.
  // Source: docs/SEMANTICS.md 5.1, "Limit".
  template <class HasRoom>
  void refuse_without_room(Walk& walk, HasRoom&& has_room_in) const {
    for (uint32_t i = 0; walk.allowed() && i < walk.step_count; ++i) {
      const WalkStep& step = walk.steps[i];
      if (!step.makes_flow || step.replaces != kNoFlow || has_room_in(step.layer)) continue;
      walk.steps[i] = refusal(step.layer, Reason::kFlowLimit);
      walk.step_count = i + 1;
      return;
    }
  }
  bool has_room(uint32_t layer_row);
  WalkStep step_of_layer(uint32_t layer_row) const;
  WalkStep step_of_rule(uint32_t layer_row, uint32_t rule) const;
  WalkStep refusal(uint32_t layer_row, Reason reason) const;
  void step_through(WalkStep& step, uint32_t flow) const;

  // Changing (settle.cc).
  Verdict settle(const PortBinding& binding, const PacketHeaders& packet, const PacketMeta& meta,
                 Walk& walk);
  NamedFlow settle_flows(Direction direction, const PacketHeaders& packet, Walk& walk);
  static Verdict verdict_of(const Walk& walk);
  void credit_rule(uint32_t rule, const PacketMeta& meta);
  FlowEvent renew(uint32_t index, Direction direction, const PacketHeaders& packet);
  FlowEvent make_flow(WalkStep& step, Direction direction, const PacketHeaders& packet,
                      const Walk& walk, uint64_t flow_id);
  FlowEvent open_flow(FlowState& state, const WalkStep& step, const PacketHeaders& packet) const;
  void end_flow(uint32_t index);
  TcpTimers tcp_timers(uint32_t layer_row, uint32_t rule) const;
  // Idle time of a flow that is not TCP.
  uint32_t idle_ms(Stage stage, uint32_t rule, uint8_t protocol) const;

  // Explaining (explain.cc).
  void explain_placed(Explanation& out);
  Verdict explain_at(const PortBinding& binding, const PacketHeaders& packet,
                     uint64_t& next_flow_id, Explanation& out);
  void explain_step(const WalkStep& step, Direction direction, const PacketHeaders& packet,
                    Explanation& out);
  void explain_flow(uint32_t flow, TraceEvent kind, Explanation& out);
  void explain_groups(uint32_t layer_row, Direction direction, const PacketHeaders& packet,
                      Explanation& out) const;
  NamedFlow foresee_flows(Direction direction, const PacketHeaders& packet, const Walk& walk,
                          uint64_t& next_flow_id);
  bool would_have_room(uint32_t layer_row);

  // The unified flow table (unified.cc).
  template <class Table, class Key>
  bool note_established(Table& table, const Key& key, uint32_t hash, Direction direction,
                        const PacketHeaders& packet, const PacketMeta& meta, Verdict* verdict);
  void describe(const UnifiedState& entry, size_t direction, Verdict& verdict) const;
  void keep_unified(Direction direction, const PacketHeaders& packet, const Walk& walk,
                    bool made_flows);
  void keep_walk(uint32_t index, Direction direction, const Walk& walk, bool fixed);
  Walk reverse_of(const Walk& walk, Direction direction) const;
  void remember_flows(uint32_t index, const Walk& walk);
  uint32_t rule_of(UnifiedStep step) const;
  Reason reason_of(UnifiedStep step) const;
  static uint32_t deciding_step(const Walk& walk);
  void forget_unified(uint32_t index);
  void write_back(uint32_t index);
  void write_back_all();
  // The state of a flow, up to date.
  FlowState& state_of(uint32_t flow);
  bool is_due(uint32_t flow) { return state_of(flow).deadline_ns <= now_ns_; }

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
  int64_t last_time_ns_ = kNoTime;  // of the packet before
  int64_t now_ns_ = 0;              // since clock_start_ns_
  uint64_t next_flow_id_ = 1;
  uint64_t frame_high_ = 0;  // upper half of the present frame number
  bool out_of_memory_ = false;

  // Columns of the batch in hand.
  std::vector<PacketHeaders> headers_;
  std::vector<PacketHeaders> quoted_headers_;  // of tuples
  std::vector<PacketMeta> metas_;
  std::vector<PortBinding> bindings_;
  std::vector<Prepared> prepared_;
};

}  // namespace portacl

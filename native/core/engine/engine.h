// The engine: packets in, verdicts out. The order of the rooms stands in Engine::process and
// Engine::judge, nowhere else.
//
//     CaptureRecord → PacketHeaders → PortBinding, FlowKey          batch by batch, no state
//       → fragment cache → unified flow table ─hit──────────┐
//                             └miss→ layers, host stage ────┴→ Walk → settle → VerdictRecord
//
// Invariants.
//  1. For packets settle.cc and unified.cc alone write flows and counters; what comes before them
//     only looks.
//  2. Packets are settled one by one in capture order: the next packet finds the flow this one
//  made.
//  3. A verdict depends on the programs, the options and the packets before it; not on the size of
//     batches, the hash seed, whether the unified flow table is on, or when a search is built.
//
// Time is capture time, counted from the first packet that has one; it never runs backwards.
// Threads: an engine belongs to one thread at a time; programs and their classifiers may be shared.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "capture/capture_record.h"
#include "classifier/group_classifiers.h"
#include "engine/capture_point.h"
#include "engine/engine_state.h"
#include "engine/explanation.h"
#include "engine/update.h"
#include "engine/walk.h"
#include "flow/expiry_wheel.h"
#include "flow/fragment_cache.h"
#include "flow/layer_flow.h"
#include "flow/transposition.h"
#include "flow/unified_flow.h"
#include "packet/departure.h"
#include "packet/held_packet.h"
#include "packet/packet_headers.h"
#include "packet/plain_packet.h"
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
  bool counts_values = false;    // Counters::condition_values
  uint64_t hash_secret = 0;
  // Not for the engine itself: records become packets before it (capture_point.h).
  CapturePlace capture_place = {};
};

// Where a packet of a session is judged; without an endpoint its addresses say it.
struct Placement {
  uint32_t endpoint = kNoRow;
  Direction direction = Direction::kOut;
};

class Engine {
 public:
  Engine(std::shared_ptr<const GroupClassifiers> policy, const EngineOptions& options);

  // Judges captured packets in order and appends one record per packet and judging endpoint to
  // `out`; null when nobody reads them, which is faster.
  void process(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>* out);

  // A packet that nobody judges for a reason found elsewhere: time passes, and it is counted.
  void let_through(const CaptureRecord& packet, Reason reason, std::vector<VerdictRecord>* out);

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
  void explain(const CaptureRecord& packet, const Placement& placement, Explanation& out);
  void explain_let_through(const CaptureRecord& packet, Reason reason, Explanation& out);

  // The same for packets of a session: `placements[i]` is that of `packets[i]`. A packet whose
  // headers name no addresses is nobody's wherever it is placed.
  // Requires: endpoints of the program; as many placements as packets.
  void process(std::span<const CaptureRecord> packets, std::span<const Placement> placements,
               std::vector<VerdictRecord>* out);

  // Lets time pass without a packet.
  void advance_to(int64_t time_ns);
  // All that later verdicts and counters depend on, beside the program and the options.
  EngineState save();
  // Goes on from there, in place of what was.
  // Requires: a state of an engine over the same program.
  void restore(const EngineState& state);
  // The same with the policy that the state was saved under.
  void restore(const EngineState& state, std::shared_ptr<const GroupClassifiers> policy);

  // From now on judges by another policy, in one step between two packets (update.cc).
  // Flows and counters go to the rows that `rows` names. Source: docs/semantics/updates.md.
  // Errors: kProgramIndex for a map that does not fit; nothing has changed then.
  Status apply(std::shared_ptr<const GroupClassifiers> policy, const RowMap& rows, UpdateMode mode,
               UpdateReport& out);

  // Another engine over the same program with the same options, which knows nothing yet.
  std::unique_ptr<Engine> blank_copy() const {
    return std::make_unique<Engine>(classifiers_, options_);
  }

  const Counters& counters();
  // Of them, those which need not be brought up to date.
  std::span<const EndpointReasonCounter> endpoint_reasons() const {
    return counters_.endpoint_reasons;
  }
  // Of the layer that has most, those that are due and not yet ended among them.
  uint32_t flows_most() const {
    uint32_t most = 0;
    for (const FlowLoad& load : loads_) most = std::max(most, load.all);
    return most;
  }
  const Program& program() const { return *program_; }
  const CapturePlace& capture_place() const { return options_.capture_place; }
  const std::shared_ptr<const GroupClassifiers>& policy() const { return classifiers_; }
  // How packets that layers rewrote have left, since it was forgotten; noted when asked for.
  void note_departures(bool wanted) { notes_departures_ = wanted; }
  std::span<const Departure> departures() const { return departures_; }
  void forget_departures() { departures_.clear(); }
  // Memory ran out for a flow: verdicts from then on are not to be trusted.
  bool out_of_memory() const { return out_of_memory_; }

 private:
  // All that the quick way reads of a binding's packet.
  struct Glance {
    FlowKey4 key4;                  // owned by the endpoint; IPv4 only
    uint32_t hash = 0;              // unified_hash() of the key of either family
    uint32_t guess = kNoFlow;       // unified flow that seems to be the packet's
    uint8_t tcp_flags = kTcpAck;    // kTcpAck for what is not TCP
    Family family = Family::kNone;  // kNone: not for the quick way
    bool unparsed = false;          // a plain packet, whose headers are not in headers_ yet
  };

  // Rooms without state, a batch at a time (columns.cc).
  void fill_columns(std::span<const CaptureRecord> packets);
  void keep_room(size_t rows, uint32_t packets_left);
  size_t place_other(const CaptureRecord& record, uint32_t index, size_t row,
                     uint32_t packets_left);
  size_t place(size_t row, const PacketHeaders& packet, uint32_t packets_left);
  void glance_at(Glance& glance, const PortBinding& binding, const PacketHeaders& packet) const;
  void guess_flows();
  void prefetch_new_flow(const PortBinding& binding, const Glance& glance) const;

  // Packets in packets (encapsulate.cc).
  bool opens(uint32_t endpoint, const PacketHeaders& packet) const;
  void bind_carried(const PacketHeaders& packet, const CaptureRecord& record, uint32_t index);
  PacketHeaders before_tunnel(const PacketHeaders& packet, const CaptureRecord& record);
  const PacketHeaders* encapsulate(const RuleRow& rule, const PortBinding& binding,
                                   const PacketHeaders& packet, Walk& walk);
  const PacketHeaders* decapsulate(const PortBinding& binding, const PacketHeaders& packet,
                                   Walk& walk);
  const PacketHeaders* refuse_encapsulation(const PacketHeaders& packet, Walk& walk) const;
  void note_left_tunnel(const PortBinding& binding, const PacketHeaders& packet,
                        const Verdict& verdict);
  void note_inside(const PortBinding& binding, const PacketHeaders& inner, Walk& walk);
  bool pass_unread(uint32_t layer_row, Direction direction, Walk& walk) const;
  void note_inner_fragment(const PortBinding& binding, const CaptureRecord& record,
                           const Walk& walk, const Verdict& verdict);
  Verdict judge_inner_fragment(const PortBinding& binding, const CaptureRecord& record,
                               const Walk& walk);

  // Packets that were never bytes (tuples.cc).
  void place_tuple(const TupleRow& tuple, std::span<const PacketHeaders> quoted, uint32_t index,
                   PacketHeaders& packet);

  // Packets whose place may be told (placed.cc).
  void place_as_told(const PacketHeaders& packet, const CaptureRecord& record,
                     const Placement& told, uint32_t index);

  // Order (engine.cc).
  // Judges the batch that the columns describe.
  void judge_batch(std::span<const CaptureRecord> packets, std::vector<VerdictRecord>* out);
  void advance_clock(int64_t time_ns);
  void begin_second(int64_t time_ns);
  // What the clock shows when a packet of that time has come.
  int64_t clock_at(int64_t time_ns) const;
  void expire_flows();
  void note_frame(const CaptureRecord& record);
  const UnifiedState* judge_quickly(const PortBinding& binding, const Glance& glance,
                                    const CaptureRecord& record);
  Verdict judge(const PortBinding& binding, const PacketHeaders& packet,
                const CaptureRecord& record);
  Verdict judge_by_walk(const PortBinding& binding, const PacketHeaders& packet,
                        const CaptureRecord& record);
  Verdict judge_later_fragment(const PortBinding& binding, const PacketHeaders& packet,
                               const CaptureRecord& record);
  static FragmentKey fragment_key(const PortBinding& binding, const PacketHeaders& packet);
  void begin_arrival(const CaptureRecord& record);
  void set_key(Walk& walk, const PortBinding& binding, const PacketHeaders& packet) const;
  void look_through(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  void walk_stages(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  // One step by the first stage that has a say; no step when none has.
  void walk_refused(const PortBinding& binding, Reason reason, Walk& walk) const;
  void count(const PortBinding& binding, const Verdict& verdict, const CaptureRecord& record);
  static VerdictRecord verdict_record(const PortBinding& binding, const CaptureRecord& record,
                                      const Verdict& verdict) {
    return {record.frame,   record.time_ns,    binding.endpoint,
            binding.packet, binding.direction, verdict};
  }
  void count_without_row(const PortBinding& binding, const Verdict& verdict,
                         const CaptureRecord& record);
  TcpOpening opening_of(uint8_t tcp_flags) const {
    return options_.stateless ? TcpOpening::kSyn : tcp_opening(tcp_flags);
  }
  static Verdict unjudged(Reason reason) { return {.reason = reason}; }

  bool is_later_fragment(const PacketHeaders& packet) const {
    return (packet.flags & kLaterFragment) != 0 && !options_.stateless;
  }
  // Source: docs/semantics/state.md 1. A later fragment shows no flags.
  bool is_invalid_tcp(const PacketHeaders& packet) const {
    return packet.protocol == ip_protocol::kTcp && !(packet.flags & kLaterFragment) &&
           has_invalid_flags(packet.tcp_flags) && !options_.stateless &&
           program_->settings().refuse_invalid_tcp;
  }
  // Whether the packet may be one of a connection. Stages with a say refuse what may not.
  bool may_be_of_flow(const PacketHeaders& packet) const {
    return packet.result == ParseResult::kOk && !is_later_fragment(packet) &&
           !is_invalid_tcp(packet);
  }
  // Whether key and opening of the packet say all that its verdict depends on, flows aside.
  bool may_be_unified(const PacketHeaders& packet) const {
    return packet.result == ParseResult::kOk && !(packet.flags & (kIcmpError | kLaterFragment)) &&
           !is_neighbor_discovery(packet) && !is_invalid_tcp(packet);
  }
  static bool is_neighbor_discovery(const PacketHeaders& packet) {
    return packet.protocol == ip_protocol::kIcmpv6 && packet.family == Family::kIpv6 &&
           packet.icmp_type >= 133 && packet.icmp_type <= 137;
  }

  // Looking (look.cc).
  bool walk_unified(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  // Appends the step of a layer.
  void look(uint32_t layer_row, const PortBinding& binding, const PacketHeaders& packet,
            Walk& walk);
  void look_for_flow(WalkStep& step, const PortBinding& binding, const PacketHeaders& packet,
                     const Walk& walk);
  uint32_t flow_under(uint32_t layer_row, Direction direction, const FlowEntry& entry) const;
  bool is_live(uint32_t flow, const PortBinding& binding, const PacketHeaders& packet,
               TcpOpening opening);
  bool is_hidden_refusal(uint32_t flow, const PortBinding& binding, TcpOpening opening);
  bool is_alien_syn(uint32_t flow, Direction direction, TcpOpening opening);
  // Answers of anybody (many.cc).
  void note_broadcasts();
  bool is_of_many(uint32_t endpoint, Family family, const IpAddress& address) const;
  bool goes_to_many(uint32_t endpoint, const PacketHeaders& packet) const;
  void look_for_asked_many(WalkStep& step, const PortBinding& binding, const PacketHeaders& packet,
                           const Walk& walk);
  uint32_t find_asked(uint32_t layer_row, const FlowKey& key);
  bool admits_answer(uint32_t flow, uint32_t layer_row, const PacketHeaders& packet, bool to_many);
  void note_asked(Direction direction, const PacketHeaders& packet, const Walk& walk, uint64_t id);
  void make_or_renew_asked(const WalkStep& step, const FlowKey& key, uint32_t idle_ms, uint64_t id);
  bool has_any_remote(const Walk& walk, Direction direction, const PacketHeaders& packet) const;
  bool answer_asks_many(const Walk& walk, Direction direction, const PacketHeaders& packet) const;
  // Layers that rewrite (translate.cc).
  bool has_say(uint32_t layer_row) const {
    return (program_->layers()[layer_row].flags & kLayerHasSay) != 0;
  }
  bool keeps_state(uint32_t layer_row) const {
    return layer_row != kNoRow && (program_->layers()[layer_row].flags & kLayerStateful) &&
           !options_.stateless;
  }
  bool is_paired(uint32_t layer_row) const {
    return (program_->layers()[layer_row].flags & kLayerTranslates) != 0;
  }
  // Whether its rules may give a packet other headers.
  bool rewrites(uint32_t layer_row) const {
    return (program_->layers()[layer_row].flags & (kLayerTranslates | kLayerEncapsulates)) != 0;
  }
  void note_layer_kinds();
  Passage& next_passage(const PacketHeaders& packet, Walk& walk);
  void enter(Passage& passage, const PortBinding& binding, Walk& walk);
  // The packet as it came to the layer of a step. Requires: a step of the walk of `packet`.
  const PacketHeaders& packet_at(const WalkStep& step, const PacketHeaders& packet,
                                 const Walk& walk) const {
    return walk.transposed ? passages_[step.entry].packet : packet;
  }
  TcpOpening opening_at(const WalkStep& step, const Walk& walk) const {
    return walk.transposed ? opening_of(passages_[step.entry].packet.tcp_flags) : walk.opening;
  }
  const PacketHeaders* look_and_transpose(uint32_t layer_row, const PortBinding& binding,
                                          const PacketHeaders& packet, Walk& walk);
  const PacketHeaders* transpose(const PortBinding& binding, const PacketHeaders& packet,
                                 Walk& walk);
  bool transpose_by(const RuleRow& rule, const WalkStep& step, Direction direction,
                    const PacketHeaders& packet, const Walk& walk, Transposition& change);
  Transposition transposition_through(const WalkStep& step, Direction direction,
                                      const Walk& walk) const;
  void transpose_related(const WalkStep& step, Direction direction, Passage& passage);
  FlowEntry entry_of(const WalkStep& step, const Walk& walk) const;
  FlowEntry leaving_of(const WalkStep& step, const Walk& walk) const;
  uint32_t find_pair(uint32_t layer_row, Direction direction, const FlowKey& key,
                     uint64_t tuple) const;
  const FlowKey& partner_key(uint32_t flow, Direction direction) const;
  uint32_t insert_pair(const FlowKey& forward, const FlowKey& mirror);
  void end_mirror(uint32_t flow);
  bool pick_from_pool(const TranslationRow& row, const WalkStep& step, Direction direction,
                      const PacketHeaders& packet, const Walk& walk, Transposition& change);
  void refuse_step(WalkStep& step, Reason reason) const;
  void refuse_conflict(const PortBinding& binding, const PacketHeaders& packet, Walk& walk);
  bool gives_way(uint32_t flow, const PacketHeaders& packet, TcpOpening opening);
  void note_left(const PortBinding& binding, const PacketHeaders& packet, const Walk& walk);
  uint32_t note_departure(const PortBinding& binding, const PacketHeaders& packet,
                          const Walk& walk);
  void bind_receivers(const PacketHeaders& packet, const PortBinding& sender);
  void judge_receivers(const PortBinding& sender, const CaptureRecord& record,
                       std::vector<VerdictRecord>* out);
  FlowCopy copy_of(uint32_t flow) const;
  bool is_any_remote_rule(uint32_t rule) const {
    return rule != kNoRow && (program_->rules()[rule].flags & kRuleAnyRemote) != 0;
  }
  bool hides(uint32_t layer_row, const PortBinding& binding) const;
  // The live flow that an ICMP error quotes, or kNoFlow.
  uint32_t quoted_flow(uint32_t layer_row, Direction direction, const PacketHeaders& packet);
  bool is_exempt(const LayerRow& layer, const PortBinding& binding,
                 const PacketHeaders& packet) const;
  bool refuses_opening(Stage stage, TcpOpening opening) const;
  bool is_strict() const {
    return program_->settings().midstream == static_cast<uint8_t>(Midstream::kStrict);
  }
  // Whether the layers that a packet passed keep its flows. Assumption: A10.
  bool keeps_flows(const Walk& walk) const {
    return walk.allowed() || program_->settings().dropped_keep_flows;
  }
  // Turns a walk that needs a flow in a layer without room for it into a refusal there.
  // Source: docs/SEMANTICS.md 5.1, "Limit".
  template <class FullLimit>
  void refuse_without_room(Walk& walk, FullLimit&& full_limit) {
    if (!keeps_flows(walk)) return;
    for (uint32_t i = 0; i < walk.step_count; ++i) {
      WalkStep& step = walk.steps[i];
      if (!step.makes_flow) continue;
      const std::optional<FlowLimit> full = full_limit(step);
      if (!full) continue;
      // A firewall that is off refuses nothing. Assumption: W22.
      if (step.stage == Stage::kHost && !step.has_say) {
        step.makes_flow = false;
        continue;
      }
      const uint8_t entry = step.entry;
      begin_step(step, step.layer);
      step.entry = entry;
      step.full = *full;
      step.reason = Reason::kFlowLimit;
      walk.step_count = i + 1;
      return;
    }
  }
  // The limit that leaves no room for the flow a step makes, after ending what is due.
  std::optional<FlowLimit> full_limit(const WalkStep& step, Direction direction, const Walk& walk);
  // The same by what a layer holds; `room` is what the flow that goes for it gives back.
  std::optional<FlowLimit> full_limit(const FlowLoad& load, const FlowLoad& room,
                                      const WalkStep& step, const Walk& walk) const;
  FlowLoad load_of(uint32_t flow) const;
  // Makes a step a refusal without a reason yet.
  void begin_step(WalkStep& step, uint32_t layer_row) const;
  void decide_by_rule(WalkStep& step, uint32_t rule) const;
  void step_through(WalkStep& step, uint32_t flow) const;

  // Changing (settle.cc).
  Verdict settle(const PortBinding& binding, const PacketHeaders& packet,
                 const CaptureRecord& record, Walk& walk);
  NamedFlow settle_flows(Direction direction, const PacketHeaders& packet, Walk& walk);
  static Verdict verdict_of(const Walk& walk);
  void credit_rule(uint32_t rule, const CaptureRecord& record);
  FlowEvent renew(uint32_t index, Direction direction, const PacketHeaders& packet);
  FlowEvent make_flow(WalkStep& step, Direction direction, const PacketHeaders& packet,
                      const Walk& walk, uint64_t flow_id);
  FlowEvent open_flow(FlowState& state, const WalkStep& step, const PacketHeaders& packet) const;
  // Ends a flow, and counts by what it ended.
  void finish_flow(uint32_t index);
  void end_flow(uint32_t index);
  void note_made(uint32_t index);
  void note_outcome(const FlowState& state, bool was_verified, FlowEvent event, uint32_t layer);
  void count_step(const WalkStep& step, Direction direction);
  void count_kept_step(UnifiedStep step, uint32_t rule, Direction direction, uint64_t packets);
  void count_flags(uint32_t endpoint, Direction direction, uint8_t tcp_flags);
  void end_due_flows();
  TcpTimers tcp_timers(uint32_t layer_row, uint32_t rule) const;
  // Idle time of a flow that is not TCP.
  uint32_t idle_ms(uint32_t layer_row, uint32_t rule, Direction opener,
                   const PacketHeaders& packet) const;

  // Explaining (explain.cc).
  void explain_placed(const PacketHeaders& packet, const CaptureRecord& record, Explanation& out);
  Verdict explain_at(const PortBinding& binding, const PacketHeaders& packet,
                     const CaptureRecord& record, uint64_t& next_flow_id, Explanation& out);
  static void explain_translated(uint32_t rule, const PacketHeaders& packet,
                                 const CaptureRecord& record, Explanation& out);
  Verdict explain_fragment(const PortBinding& binding, const PacketHeaders& packet,
                           Explanation& out) const;
  void explain_step(const WalkStep& step, Direction direction, const PacketHeaders& packet,
                    Explanation& out);
  void explain_flow(uint32_t flow, TraceEvent kind, Explanation& out);
  void explain_groups(uint32_t layer_row, Direction direction, const PacketHeaders& packet,
                      Explanation& out) const;
  NamedFlow foresee_flows(Direction direction, const PacketHeaders& packet, const Walk& walk,
                          uint64_t& next_flow_id);
  std::optional<FlowLimit> foreseen_limit(const WalkStep& step, Direction direction,
                                          const Walk& walk);

  // Changes of policy (update.cc).
  struct FlowFateAt;
  static bool has_source_of(const Program& program, const TranslationRow& row,
                            const FlowCopy& flow);
  bool still_leads_there(const Program& after, const RuleRow& rule, const FlowCopy& flow) const;
  FlowFateAt fate_of(uint32_t index, const GroupClassifiers& policy, const RowMap& rows,
                     UpdateMode mode);
  void move_flows(const GroupClassifiers& policy, const RowMap& rows, UpdateMode mode,
                  UpdateReport& out);
  void move_fragments(const Program& after, const RowMap& rows, UpdateMode mode);
  void adopt(std::shared_ptr<const GroupClassifiers> policy, PortTable&& ports);
  void begin_timers_anew();

  // Saving and restoring (engine_state.cc).
  void forget_everything();
  void forget_fragments();
  void insert_flow(const FlowCopy& flow);

  // The unified flow table (unified.cc).
  template <class Table, class Key>
  const UnifiedState* note(Table& table, const Key& key, const Glance& glance, Direction direction,
                           const CaptureRecord& record);
  bool repeats(const UnifiedState& entry, Direction direction, uint8_t protocol,
               uint8_t tcp_flags) const;
  // Whether a packet that the row of a kept walk decided may answer to somebody since then.
  bool may_answer(UnifiedStep step, Direction direction, uint8_t protocol) const {
    if (direction != Direction::kIn || protocol != ip_protocol::kUdp) return false;
    const uint32_t layer = program_->rules()[step.rule()].layer;
    return layer != kNoRow && asked_flows_[layer] != 0;
  }
  Verdict describe(const UnifiedState& entry, size_t direction) const;
  void keep_unified(Direction direction, const PacketHeaders& packet, uint64_t frame,
                    const Walk& walk, bool made_flows);
  void keep_walk(uint32_t index, Direction direction, const Walk& walk, NextPacket next);
  void keep_answer(uint32_t index, Direction direction, uint64_t frame, const Walk& walk,
                   NextPacket next);
  bool is_credited(uint32_t rule, uint64_t frame) const;
  NextPacket remember_flows(uint32_t index, const Walk& walk);
  uint32_t rule_of(UnifiedStep step) const;
  Reason reason_of(UnifiedStep step) const;
  Stage stage_of(UnifiedStep step) const;
  static Outcome outcome_of(UnifiedWalk kept) {
    return kept.allowed ? Outcome::kAllow : Outcome::kDrop;
  }
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
  std::shared_ptr<const GroupClassifiers> classifiers_;  // of program_
  EngineOptions options_;
  HashSeed seed_;
  std::optional<PortTable> ports_;  // never empty
  LayerFlowTable flows_;
  ExpiryWheel wheel_;
  UnifiedFlowTable unified_;
  FragmentCache fragments_;
  // Of layers that translate. A flow stands in flows_ by the key of its opener's packets and here
  // by that of the answers, each owned by paired_owner(); no key is in both tables.
  FlowTable<Mirror> mirrors_;
  std::vector<uint32_t> mirror_of_;    // by flow, its mirror or kNoFlow; may be shorter
  std::vector<uint8_t> layer_kinds_;   // by endpoint, LAYER_FLAGs: translates, asks_further,
                                       // encapsulates
  bool opens_tunnels_ = false;         // an endpoint has the last of these
  std::vector<FlowLoad> loads_;        // flows in the table, by layer row
  std::vector<uint32_t> asked_flows_;  // those of them that anybody may answer to
  std::vector<uint64_t> broadcasts_;   // directed ones, endpoint above address; ascending
  Counters counters_;

  bool clock_set_ = false;
  int64_t clock_start_ns_ = 0;
  int64_t newest_time_ns_ = kNoTime;  // up to it the clock stands, whatever it shows
  int64_t plain_until_ns_ = kNoTime;  // from there on up to this it goes on, and nothing is due
  int64_t now_ns_ = 0;                // since clock_start_ns_
  uint64_t next_flow_id_ = 1;
  uint64_t frame_high_ = 0;  // upper half of the present frame number
  bool out_of_memory_ = false;
  bool notes_departures_ = false;
  std::vector<Departure> departures_;

  // Columns of the batch in hand.
  std::vector<PacketHeaders> headers_;
  std::vector<PortBinding> bindings_;  // these two have `binding_count_` rows, and room for more
  std::vector<Glance> glances_;
  size_t binding_count_ = 0;
  std::vector<PortBinding> placed_;  // of one packet
  // Of the walk in hand.
  std::vector<Passage> passages_;  // the packet, then as each layer that rewrote it left it
  Arrival now_at_;                 // as the layers so far left it, where they may rewrite
  // Of the packet in hand, where it comes otherwise than it was captured.
  std::optional<Arrival> came_;
  // Of the same, once its sender has let it out otherwise.
  struct Left {
    HeldPacket packet;
    Arrival arrival;
  };
  std::optional<Left> left_;
  PacketHeaders quoted_inside_;  // of an ICMP error that came from behind a front
};

}  // namespace portacl

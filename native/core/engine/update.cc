// Puts a policy in the place of another between two packets. Source: docs/semantics/updates.md.
//
// What can fail comes first: the checks, then everything that takes much memory. From there on the
// flows move one by one and nothing refuses.
#include "engine/update.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "engine/engine.h"
#include "layers/layer_rules.h"

namespace portacl {

struct Engine::FlowFateAt {
  FlowFate fate;
  uint32_t layer;  // row in the program that follows, where it lives on
  uint32_t rule;   // as FateGroup::rule_now
};

namespace {

// Whether every row leads into a table of `size` rows or nowhere, and no two lead to one.
bool is_one_to_one(std::span<const uint32_t> rows, size_t size) {
  std::vector<bool> taken(size, false);
  for (const uint32_t row : rows) {
    if (row == kNoRow) continue;
    if (row >= size || taken[row]) return false;
    taken[row] = true;
  }
  return true;
}

Status check(const RowMap& rows, const Program& before, const Program& after,
             const Counters& counters) {
  const Status wrong = {ErrorCode::kProgramIndex, 0, 0};
  if (rows.endpoints.size() != before.endpoints().size() ||
      rows.layers.size() != before.layers().size() || rows.rules.size() != before.rules().size()) {
    return wrong;
  }
  if (!is_one_to_one(rows.endpoints, after.endpoints().size()) ||
      !is_one_to_one(rows.layers, after.layers().size())) {
    return wrong;
  }
  for (size_t i = 0; i < rows.rules.size(); ++i) {
    const RuleCounter& counter = counters.rules[i];
    const bool hit = counter.packets > 0 || counter.flows > 0 || counter.taken_over > 0;
    if (rows.rules[i] == kNoRow ? hit : rows.rules[i] >= after.rules().size()) return wrong;
  }
  return {};
}

// What was counted, by the rows that follow.
Counters moved(const Counters& before, const RowMap& rows, const Program& after) {
  Counters counters;
  counters.size_for(after);
  for (size_t i = 0; i < rows.rules.size(); ++i) {
    if (rows.rules[i] != kNoRow) counters.rules[rows.rules[i]].add(before.rules[i]);
  }
  constexpr size_t kEach = 2 * kOutcomes;
  for (size_t i = 0; i < rows.endpoints.size(); ++i) {
    if (rows.endpoints[i] == kNoRow) continue;
    std::copy_n(before.endpoints.begin() + static_cast<ptrdiff_t>(i * kEach), kEach,
                counters.endpoints.begin() + static_cast<ptrdiff_t>(rows.endpoints[i] * kEach));
  }
  for (size_t i = 0; i < 2 * rows.layers.size(); ++i) {
    const uint32_t to = rows.layers[i / 2];
    if (to != kNoRow) counters.layers[to * 2 + i % 2] = before.layers[i];
  }
  for (size_t i = 0; i < 2 * rows.endpoints.size(); ++i) {
    const uint32_t to = rows.endpoints[i / 2];
    if (to != kNoRow) counters.tcp_packets[to * 2 + i % 2] = before.tcp_packets[i];
  }
  std::copy(&before.reasons[0][0][0], &before.reasons[0][0][0] + kOutcomes * kStages * kReasonCount,
            &counters.reasons[0][0][0]);
  for (const EndpointReasonCounter& counter : before.endpoint_reasons) {
    EndpointReasonCounter row = counter;
    row.endpoint = rows.endpoints[counter.endpoint];
    if (row.endpoint != kNoRow) counters.add(row);
  }
  counters.condition_values = before.condition_values.moved(rows.rules);
  counters.packets = before.packets;
  counters.bytes = before.bytes;
  counters.flows = before.flows;
  counters.fragment_overflows = before.fragment_overflows;
  return counters;
}

bool is_paired_in(const Program& program, uint32_t layer) {
  return (program.layers()[layer].flags & kLayerTranslates) != 0;
}

// The keys of a flow in a layer of the program that follows.
void give_keys(FlowCopy& flow, uint32_t layer, bool paired) {
  const FlowKey mirror = flow.is_pair ? flow.mirror : flow.key;
  const Direction opener = flow.state.opener;
  if (paired) {
    flow.mirror = mirror.owned_by(paired_owner(layer, opposite(opener)));
    flow.key = FlowKey(flow.key).owned_by(paired_owner(layer, opener));
  } else {
    flow.key = FlowKey(flow.key).owned_by(layer);
  }
  flow.is_pair = paired;
}

// Groups flows by what became of them; in the same order whatever order they come in.
class FateAccount {
 public:
  void note(FlowFate fate, uint32_t rule_now, const FlowCopy& flow) {
    const Key key{flow.key.layer(), flow.state.rule, static_cast<uint8_t>(fate), rule_now};
    FateGroup& group = groups_[key];
    ++group.flows;
    const auto at = std::ranges::upper_bound(group.examples, flow.state.id, {},
                                             [](const FlowCopy& each) { return each.state.id; });
    if (group.examples.size() == FateGroup::kExamplesMax && at == group.examples.end()) return;
    group.examples.insert(at, flow);
    if (group.examples.size() > FateGroup::kExamplesMax) group.examples.pop_back();
  }

  std::vector<FateGroup> take() {
    std::vector<FateGroup> out;
    for (auto& [key, group] : groups_) {
      std::tie(group.layer, group.rule, std::ignore, group.rule_now) = key;
      group.fate = static_cast<FlowFate>(std::get<2>(key));
      out.push_back(std::move(group));
    }
    return out;
  }

 private:
  using Key = std::tuple<uint32_t, uint32_t, uint8_t, uint32_t>;
  std::map<Key, FateGroup> groups_;
};

}  // namespace

Status Engine::apply(std::shared_ptr<const GroupClassifiers> policy, const RowMap& rows,
                     UpdateMode mode, UpdateReport& out) {
  counters();  // what was noted is written back
  const Program& after = *policy->program();
  if (const Status status = check(rows, *program_, after, counters_); !status.ok()) return status;
  PortTable ports(after, seed_);
  Counters counters = moved(counters_, rows, after);
  // Kept walks name rows and flows of before. Source: vfp.md 6, a new generation.
  unified_.each([this](uint32_t index) { forget_unified(index); });
  flows_.each([this](uint32_t index) {
    // What was asked under one policy is not answered under another. Assumption: W11.
    if (is_any_remote(flows_[index].key)) end_flow(index);
  });
  // Flows move to layers of the new program; adopt() counts them anew.
  loads_.resize(std::max(loads_.size(), after.layers().size()));
  move_flows(*policy, rows, mode, out);
  // Its row must be there at the next change, also when no packet comes until then.
  for (const FateGroup& group : out.groups) {
    if (group.fate == FlowFate::kChanged) counters.rules[group.rule_now].taken_over += group.flows;
  }
  move_fragments(after, rows, mode);
  counters_ = std::move(counters);
  adopt(std::move(policy), std::move(ports));
  begin_timers_anew();
  return {};
}

void Engine::adopt(std::shared_ptr<const GroupClassifiers> policy, PortTable&& ports) {
  program_ = policy->program();
  classifiers_ = std::move(policy);
  ports_.emplace(std::move(ports));
  note_broadcasts();
  note_layer_kinds();
  asked_flows_.assign(program_->layers().size(), 0);
  loads_.assign(program_->layers().size(), {});
  flows_.each([this](uint32_t index) { loads_[flows_[index].key.layer()].add(load_of(index)); });
}

// What becomes of a live flow. Source: docs/semantics/updates.md 2.
Engine::FlowFateAt Engine::fate_of(uint32_t index, const GroupClassifiers& policy,
                                   const RowMap& rows, UpdateMode mode) {
  const Program& after = *policy.program();
  const FlowKey& key = flows_[index].key;
  const FlowState& state = flows_.state(index);
  const uint32_t layer = rows.layers[key.layer()];
  const uint32_t rule = rows.rules[state.rule];
  // A layer that is gone, or remembers nothing, has lost its flows. Source: vfp.md 6.
  if (mode == UpdateMode::kReset || layer == kNoRow || rule == kNoRow ||
      !(after.layers()[layer].flags & kLayerStateful)) {
    return {FlowFate::kCut, layer, kNoRow};
  }
  // A layer that rewrites no more has no place for what it rewrote.
  const FlowCopy flow = copy_of(index);
  if (flow.is_pair && !is_paired_in(after, layer) && !flow.key.has_ends_of(flow.mirror)) {
    return {FlowFate::kCut, layer, kNoRow};
  }
  // Source: vfp.md 6, flows of a layer outlive its rules; windows-firewall.md 6.7, the host stage
  // asks again.
  const bool on_switch = after.layers()[layer].stage == static_cast<uint8_t>(Stage::kSwitch);
  const bool spared = std::ranges::binary_search(rows.spared, state.rule);
  if (mode == UpdateMode::kKeep && (on_switch || spared)) return {FlowFate::kSurvived, layer, rule};
  // A flow does not remember what such rules ask for: its next packet does. Assumption: N22.
  if (after.layers()[layer].flags & kLayerAsksFurther) return {FlowFate::kCut, layer, kNoRow};
  const LayerAnswer answer = find_layer_rule(policy, after.layers()[layer], state.opener,
                                             opening_packet(key, state.opener));
  const RuleRow& row = after.rules()[answer.rule];
  const bool unknown = answer.assumed != kNoRow && after.settings().refuse_indeterminate;
  const bool lives =
      lets_pass(row) && keeps_flow(row) && !unknown && still_leads_there(after, row, flow);
  if (!lives) return {FlowFate::kCut, layer, unknown ? answer.assumed : answer.rule};
  return {answer.rule == rule ? FlowFate::kSurvived : FlowFate::kChanged, layer, answer.rule};
}

// Ends the flows that are cut, and gives the others the rows that follow. Their layers' counts are
// those of adopt().
void Engine::move_flows(const GroupClassifiers& policy, const RowMap& rows, UpdateMode mode,
                        UpdateReport& out) {
  FateAccount account;
  std::vector<FlowCopy> moving;  // to another layer row, which another flow may hold still
  flows_.each([&](uint32_t index) {
    const FlowFateAt fate = fate_of(index, policy, rows, mode);
    const FlowCopy before = copy_of(index);
    account.note(fate.fate, fate.rule, before);
    if (fate.fate == FlowFate::kCut) return end_flow(index);
    const bool paired = is_paired_in(*policy.program(), fate.layer);
    if (fate.layer == before.key.layer() && paired == before.is_pair) {
      flows_.state(index).rule = fate.rule;
      return;
    }
    FlowCopy& flow = moving.emplace_back(before);
    give_keys(flow, fate.layer, paired);
    flow.state.rule = fate.rule;
    end_flow(index);
  });
  for (const FlowCopy& flow : moving) insert_flow(flow);
  out.groups = account.take();
}

// A datagram is judged by its first fragment, whatever the policy is when the others come: a reset
// and the going of the endpoint alone forget it. Assumption: U5.
void Engine::move_fragments(const Program& after, const RowMap& rows, UpdateMode mode) {
  std::vector<FragmentCache::Entry> entries = fragments_.entries();
  const uint64_t overflows = fragments_.overflows();
  forget_fragments();
  fragments_.set_overflows(overflows);
  if (mode == UpdateMode::kReset) return;
  for (FragmentCache::Entry& entry : entries) {
    entry.key.endpoint = rows.endpoints[entry.key.endpoint];
    if (entry.key.endpoint == kNoRow) continue;
    // An endpoint that is gone keeps its row while counters name it.
    if (after.endpoints()[entry.key.endpoint].network == kNoRow) continue;
    Verdict& verdict = entry.verdict;
    if (verdict.rule != kNoRow) verdict.rule = rows.rules[verdict.rule];
    if (verdict.layer != kNoRow) verdict.layer = rows.layers[verdict.layer];
    fragments_.restore(entry);
  }
}

// Timers of the new policy hold from a flow's next packet on; until then its deadline stays.
// Assumption: U4. A flow waits in the wheel no later than that packet could make it due.
void Engine::begin_timers_anew() {
  flows_.each([this](uint32_t index) {
    FlowState& state = flows_.state(index);
    const uint32_t layer = flows_[index].key.layer();
    const PacketHeaders opening = opening_packet(flows_[index].key, state.opener);
    state.idle_ms = state.tcp == TcpState::kNotTcp
                        ? idle_ms(layer, state.rule, state.opener, opening)
                        : tcp_idle_ms(state.tcp, tcp_timers(layer, state.rule));
    const int64_t deadline_ns = state.deadline_ns;
    state.deadline_ns = std::min(deadline_ns, after_ms(now_ns_, state.idle_ms));
    wheel_.reschedule(index);
    state.deadline_ns = deadline_ns;
  });
}

}  // namespace portacl

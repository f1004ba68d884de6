// Packets and changes of policy in any order, over whatever programs the loader accepts: nothing
// faults, and the same is said with or without unified flows, and by policies that share their
// searches and put them off as by policies that are built anew.
//
// The last bytes are the steps, the others the program; a step may change a word of it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "program/program.h"

namespace {

using namespace portacl;

constexpr size_t kSteps = 48;

// What a step decides by: its byte and its place.
TupleRow tuple(uint8_t step, uint64_t time_ns, uint32_t endpoints) {
  TupleRow row{};
  row.family = step % 11 == 0 ? 6 : 4;
  row.direction = step & 1;
  // Few ends, so that packets meet one another's flows.
  const uint32_t peer = 0x0A000001 + (step >> 6), own = 0x0A000005;
  row.source_3 = row.direction == 0 ? own : peer;
  row.destination_3 = row.direction == 0 ? peer : own;
  row.source_port = row.direction == 0 ? 80 : 4000;
  row.destination_port = row.direction == 0 ? 4000 : 80;
  constexpr uint8_t kProtocols[] = {6, 6, 6, 17, 1, 47};
  row.protocol = kProtocols[step / 2 % std::size(kProtocols)];
  constexpr uint8_t kFlags[] = {kTcpSyn, kTcpSyn | kTcpAck, kTcpAck, kTcpAck | kTcpFin, kTcpRst,
                                0,       kTcpAck | kTcpPsh};
  row.tcp_flags = kFlags[step / 4 % std::size(kFlags)];
  row.tcp_acknowledgement = 1;
  row.icmp_type = step & 2 ? 8 : 0;
  row.quoted = row.carried = kNoRow;
  row.time_ns = time_ns;
  // By its addresses where none is told, and by the fronts of the program.
  const bool told = endpoints > 0 && step % 5 != 0;
  row.flags = kTupleHasTime | (told ? kTupleHasDirection : 0);
  row.endpoint = endpoints > 0 ? step % endpoints : 0;
  return row;
}

// Every row in that of its number, but some of them nowhere.
std::vector<uint32_t> rows_of(size_t count, uint8_t step, uint32_t every) {
  std::vector<uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  for (size_t i = 0; every != 0 && i < count; ++i) {
    if ((i + step) % every == 0) rows[i] = kNoRow;
  }
  return rows;
}

// Every search that can be is shared, put off, and built when the step says so.
constexpr ClassifierOptions kSharing = {.overlay_rules_min = 5, .overlay_edits_max = 64};

uint32_t word_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t word;
  std::memcpy(&word, &bytes[at], sizeof word);
  return word;
}

// Where a change of the program begins: mostly a range of ports, protocols or ICMP types, of which
// rules are made.
size_t place_to_change(std::span<const uint8_t> bytes, uint32_t choice) {
  constexpr size_t kEntry = kHeaderBytes + size_t(TableId::kRanges16) * kDirectoryEntryBytes;
  const uint32_t first = word_at(bytes, kEntry), rows = word_at(bytes, kEntry + 4);
  if (rows == 0 || choice % 8 == 0) return choice % (bytes.size() / 4) * 4;
  return first + choice / 8 % rows * sizeof(Range16Row);
}

// The program with both halves of a word one more or less, or null where that is no program of as
// many rows.
std::shared_ptr<const Program> other_program(std::vector<uint8_t>& bytes, uint32_t choice,
                                             const Program& before) {
  const size_t at = place_to_change(bytes, choice);
  const uint32_t word = word_at(bytes, at);
  const uint32_t changed = choice & 0x100 ? word + 0x00010001 : word - 0x00010001;
  std::memcpy(&bytes[at], &changed, sizeof changed);
  std::unique_ptr<const Program> loaded;
  if (Program::load(bytes, loaded).ok() && loaded->rules().size() == before.rules().size() &&
      loaded->layers().size() == before.layers().size() &&
      loaded->endpoints().size() == before.endpoints().size()) {
    return loaded;
  }
  std::memcpy(&bytes[at], &word, sizeof word);
  return nullptr;
}

bool same(const VerdictRecord& a, const VerdictRecord& b) {
  const Verdict &x = a.verdict, &y = b.verdict;
  return a.endpoint == b.endpoint && x.outcome == y.outcome && x.stage == y.stage &&
         x.reason == y.reason && x.rule == y.rule && x.layer == y.layer && x.flow == y.flow &&
         x.flow_event == y.flow_event;
}

bool same(const UpdateReport& a, const UpdateReport& b) {
  return std::ranges::equal(a.groups, b.groups, [](const FateGroup& x, const FateGroup& y) {
    return x.layer == y.layer && x.rule == y.rule && x.fate == y.fate && x.flows == y.flows &&
           x.rule_now == y.rule_now;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kSteps) return 0;
  std::unique_ptr<const Program> loaded;
  if (!Program::load({data, size - kSteps}, loaded).ok()) return 0;
  if (loaded->rules().size() > 4096 || loaded->endpoints().size() > 256) return 0;
  std::shared_ptr<const Program> program(std::move(loaded));
  std::vector<uint8_t> bytes(data, data + size - kSteps);
  auto policy = std::make_shared<const GroupClassifiers>(program, kSharing);
  auto anew = policy;
  Engine kept(policy, {.clock_from_zero = true, .hash_secret = 1});
  Engine plain(policy, {.unified_flows = false, .clock_from_zero = true, .hash_secret = 2});
  const auto endpoints = static_cast<uint32_t>(program->endpoints().size());
  std::vector<VerdictRecord> one, other;
  uint64_t time_ns = 0, frame = 0;
  uint32_t choice = 0;
  for (const uint8_t step : std::span(data + size - kSteps, kSteps)) {
    if (step < 200) {
      const TupleRow row = tuple(step, time_ns, endpoints);
      one.clear();
      other.clear();
      if (!kept.process({&row, 1}, {}, ++frame, one).ok()) std::abort();
      if (!plain.process({&row, 1}, {}, frame, other).ok()) std::abort();
      if (!std::ranges::equal(one, other, [](auto& a, auto& b) { return same(a, b); }))
        std::abort();
    } else if (step < 216) {
      time_ns += (uint64_t{1} << (step - 200) * 2) * 1'000'000;
    } else if (step < 220) {
      policy->build_put_off();
    } else {
      if (step >= 232) {
        choice = (choice + step) * 0x9E3779B1;
        if (auto changed = other_program(bytes, choice >> 8, *program)) {
          program = std::move(changed);
          policy = std::make_shared<const GroupClassifiers>(program, kSharing, *policy,
                                                            ChangedGroups::kPutOff);
          anew = std::make_shared<const GroupClassifiers>(program);
        }
      }
      const uint32_t every = (step & 1) != 0 ? 2 + step % 5 : 0;
      const auto to_endpoints = rows_of(program->endpoints().size(), step, step & 4 ? every : 0);
      const auto to_layers = rows_of(program->layers().size(), step, every);
      const auto to_rules = rows_of(program->rules().size(), step, step & 8 ? every : 0);
      const RowMap rows{to_endpoints, to_layers, to_rules};
      const auto mode = static_cast<UpdateMode>(step % 3);
      UpdateReport a, b;
      if (kept.apply(policy, rows, mode, a).ok() != plain.apply(anew, rows, mode, b).ok()) {
        std::abort();
      }
      if (!same(a, b)) std::abort();
    }
  }
  const Counters &x = kept.counters(), &y = plain.counters();
  if (x.packets != y.packets || x.flows != y.flows) std::abort();
  return 0;
}

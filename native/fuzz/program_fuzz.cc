// Whatever bytes the loader accepts as a rule program, packets can be judged by it, and it can take
// the place of a policy.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <vector>

#include "engine/engine.h"
#include "program/program.h"

namespace {

portacl::TupleRow tuple(uint32_t n, uint8_t family) {
  portacl::TupleRow row{};
  row.family = family;
  row.source_3 = 0x0A000001 + n;
  row.destination_3 = 0x0A000005;
  row.protocol = n % 3 == 0 ? 17 : n % 3 == 1 ? 6 : 1;
  row.tcp_flags = static_cast<uint8_t>(n * 7);
  row.destination_port = static_cast<uint16_t>(80 + n);
  row.icmp_type = static_cast<uint8_t>(n);
  row.quoted = row.carried = portacl::kNoRow;
  row.time_ns = n * 1'000'000'000ull;
  row.flags = portacl::kTupleHasTime | portacl::kTupleHasDirection;
  row.direction = n & 1;
  return row;
}

// What some of them carry, one in the other.
std::vector<portacl::TupleRow> carried() {
  std::vector<portacl::TupleRow> rows = {tuple(1, 4), tuple(2, 6), tuple(3, 4)};
  for (portacl::TupleRow& row : rows) row.flags = 0;
  rows[2].protocol = 4;
  rows[2].carried = 0;
  return rows;
}

// Further fields, and packets inside.
void put_in_tunnel(portacl::TupleRow& row, uint32_t n) {
  row.source_mac = n;
  row.destination_mac = n % 3;
  row.vlan = static_cast<uint16_t>(n % 4);
  row.tni = n % 5;
  row.gre_key = n;
  row.flags |= portacl::kTupleHasTni | (n % 2 == 0 ? portacl::kTupleHasGreKey : 0);
  row.protocol = n % 4 == 0 ? 47 : n % 4 == 1 ? 4 : 17;
  row.carried = n % 4 == 3 ? portacl::kNoRow : n % 4;
}

std::vector<uint32_t> rows_up_to(size_t count) {
  std::vector<uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::unique_ptr<const portacl::Program> program;
  if (!portacl::Program::load({data, size}, program).ok()) return 0;
  const size_t endpoint_count = program->endpoints().size();
  // Flow tables and counters grow with the program; tiny ones show the same faults sooner.
  if (program->rules().size() > 4096 || endpoint_count > 256) return 0;
  std::vector<portacl::TupleRow> tuples;
  for (uint32_t n = 0; n < 24; ++n) {
    tuples.push_back(tuple(n, n % 5 == 0 ? 6 : 4));
    if (endpoint_count == 0) tuples.back().flags &= ~portacl::kTupleHasDirection;
    tuples.back().endpoint = endpoint_count == 0 ? 0 : n % endpoint_count;
    if (n % 3 == 2) put_in_tunnel(tuples.back(), n / 3);
  }
  const auto policy = std::make_shared<const portacl::GroupClassifiers>(
      std::shared_ptr<const portacl::Program>(std::move(program)));
  portacl::Engine engine(policy, {.clock_from_zero = true, .hash_secret = 1});
  std::vector<portacl::VerdictRecord> records;
  if (!engine.process(tuples, carried(), 1, records).ok()) std::abort();
  if (records.size() < tuples.size()) std::abort();
  // The same policy in its own place, each row in that of its own.
  const auto endpoints = rows_up_to(policy->program()->endpoints().size());
  const auto layers = rows_up_to(policy->program()->layers().size());
  const auto rules = rows_up_to(policy->program()->rules().size());
  const portacl::RowMap rows{endpoints, layers, rules};
  for (const auto mode : {portacl::UpdateMode::kKeep, portacl::UpdateMode::kReevaluate,
                          portacl::UpdateMode::kReset}) {
    portacl::UpdateReport report;
    if (!engine.apply(policy, rows, mode, report).ok()) std::abort();
    if (!engine.process(tuples, carried(), 1, records).ok()) std::abort();
  }
  return 0;
}

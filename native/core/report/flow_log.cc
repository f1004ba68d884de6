#include "report/flow_log.h"

#include <algorithm>

#include "base/ip_text.h"
#include "packet/parse.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

using enum ColumnType;
constexpr TableColumn kColumns[] = {{"flow", kUint64},        {"endpoint", kText},
                                    {"direction", kText},     {"protocol", kUint8},
                                    {"src", kText},           {"sport", kUint16},
                                    {"dst", kText},           {"dport", kUint16},
                                    {"icmp_type", kUint8},    {"icmp_code", kUint8},
                                    {"verdict", kText},       {"stage", kText},
                                    {"layer", kText},         {"group", kText},
                                    {"rule", kText},          {"reason", kText},
                                    {"state", kText},         {"first_frame", kUint64},
                                    {"last_frame", kUint64},  {"first_time_ns", kInt64},
                                    {"last_time_ns", kInt64}, {"packets_in", kUint64},
                                    {"bytes_in", kUint64},    {"packets_out", kUint64},
                                    {"bytes_out", kUint64}};

constexpr const char* stage_name(Stage stage) {
  return stage == Stage::kSwitch ? "switch" : stage == Stage::kHost ? "host" : nullptr;
}

// The state of a flow after an event; null where the event says nothing of it.
const char* state_after(FlowEvent event, uint8_t protocol) {
  if (event == FlowEvent::kNew) return protocol == ip_protocol::kTcp ? "opening" : "open";
  return flow_event_name(event);
}

}  // namespace

size_t FlowLog::KeyHash::operator()(const Key& key) const {
  const uint64_t flow = tuple_hash(key.flow, *seed);
  const uint64_t rest = static_cast<uint64_t>(key.rule) << 16 |
                        static_cast<uint64_t>(key.outcome) << 8 | static_cast<uint64_t>(key.reason);
  return fold_multiply(flow ^ key.flow.scope ^ seed->words[0],
                       rest ^ key.id ^ uint64_t{key.policy} << 40 ^ seed->words[1]);
}

FlowLog::FlowLog(const Program& program, TextSink& sink, TableFormat format, uint64_t hash_secret,
                 uint32_t records_max)
    : programs_{&program},
      sink_(sink),
      table_(make_table(sink, format, kColumns)),
      seed_(hash_secret),
      records_max_(records_max),
      index_(0, KeyHash{&seed_}) {}

void FlowLog::write(const JudgedBatch& batch) {
  headers_.resize(batch.packets.size());
  parse_headers(batch.packets, headers_);
  for (const VerdictRecord& verdict : batch.verdicts) {
    // What nobody judges belongs to no flow.
    if (verdict.endpoint == kNoRow || verdict.verdict.outcome == Outcome::kPass) continue;
    note(verdict, headers_[verdict.packet_index],
         batch.packets[verdict.packet_index].original_bytes);
  }
}

void FlowLog::note(const VerdictRecord& verdict, const PacketHeaders& headers, uint32_t bytes) {
  const uint32_t index = record_of(key_of(verdict, headers), verdict, headers);
  Record& record = records_[index];
  const auto direction = static_cast<size_t>(verdict.direction);
  ++record.packets[direction];
  record.bytes[direction] += bytes;
  record.last_frame = verdict.frame;
  if (verdict.time_ns != kNoTime) record.last_time_ns = verdict.time_ns;
  if (const char* const state = state_after(verdict.verdict.flow_event, headers.protocol)) {
    record.state = state;
  }
}

FlowLog::Key FlowLog::key_of(const VerdictRecord& verdict, const PacketHeaders& headers) const {
  Key key;
  key.outcome = verdict.verdict.outcome;
  key.id = verdict.verdict.flow;
  if (key.id != 0) return key;
  key.rule = verdict.verdict.rule;
  key.policy = policy();
  key.reason = verdict.verdict.reason;
  PacketHeaders shown = headers;
  // A later fragment has no ports, and what stands where an ICMP header would is data.
  if (shown.flags & kLaterFragment) shown.protocol = 0;
  set_flow_key(key.flow, shown, verdict.direction, verdict.endpoint);
  key.flow.scope |= headers.protocol;
  return key;
}

uint32_t FlowLog::record_of(const Key& key, const VerdictRecord& verdict,
                            const PacketHeaders& headers) {
  const auto at = index_.find(key);
  if (at != index_.end()) {
    unlink(at->second);
    make_newest(at->second);
    return at->second;
  }
  const uint32_t index = free_record();
  index_.emplace(key, index);
  Record& record = records_[index];
  record = {.key = key, .first_headers = headers, .first = verdict, .policy = policy()};
  record.last_time_ns = verdict.time_ns;
  record.sequence = sequence_++;
  make_newest(index);
  return index;
}

// A place for a record: a fresh one, or that of the record idle longest, which is written out.
uint32_t FlowLog::free_record() {
  if (records_.size() < records_max_) {
    records_.emplace_back();
    return static_cast<uint32_t>(records_.size() - 1);
  }
  const uint32_t index = oldest_;
  put(records_[index]);
  index_.erase(records_[index].key);
  unlink(index);
  return index;
}

void FlowLog::unlink(uint32_t index) {
  const Record& record = records_[index];
  (record.newer == kNoFlow ? newest_ : records_[record.newer].older) = record.older;
  (record.older == kNoFlow ? oldest_ : records_[record.older].newer) = record.newer;
}

void FlowLog::make_newest(uint32_t index) {
  records_[index].newer = kNoFlow;
  records_[index].older = newest_;
  (newest_ == kNoFlow ? oldest_ : records_[newest_].newer) = index;
  newest_ = index;
}

void FlowLog::finish() {
  std::vector<const Record*> left;
  left.reserve(index_.size());
  for (const Record& record : records_) left.push_back(&record);
  std::ranges::sort(left, {}, [](const Record* record) { return record->sequence; });
  for (const Record* const record : left) put(*record);
  table_->finish();
}

void FlowLog::put_side(const Record& record, const IpAddress& address, uint16_t port) {
  const PacketHeaders& headers = record.first_headers;
  StringSink text;
  append_address(text, headers.family, address);
  table_->text(text.text());
  headers.flags& kHasPorts ? table_->number(port) : table_->nothing();
}

void FlowLog::put(const Record& record) {
  const Program& program = *programs_[record.policy];
  const PacketHeaders& headers = record.first_headers;
  const Verdict& verdict = record.first.verdict;
  const auto count = [&](auto value, auto none) {
    value == none ? table_->nothing() : table_->number(value);
  };
  const auto string = [&](uint32_t row) {
    row == 0 ? table_->nothing() : table_->text(program.string(row));
  };
  count(verdict.flow, uint64_t{0});
  string(program.endpoints()[record.first.endpoint].name);
  table_->name(record.first.direction == Direction::kIn ? "in" : "out");
  table_->number(headers.protocol);
  put_side(record, headers.source, headers.source_port);
  put_side(record, headers.destination, headers.destination_port);
  const bool icmp =
      headers.protocol == ip_protocol::kIcmp || headers.protocol == ip_protocol::kIcmpv6;
  const bool shows_icmp = icmp && !(headers.flags & kLaterFragment);
  shows_icmp ? table_->number(headers.icmp_type) : table_->nothing();
  shows_icmp ? table_->number(headers.icmp_code) : table_->nothing();
  table_->name(outcome_name(verdict.outcome));
  table_->name(stage_name(verdict.stage));
  verdict.layer == kNoRow ? table_->nothing() : string(program.layers()[verdict.layer].name);
  // A default has neither group nor rule. Source: docs/SEMANTICS.md 6.
  const uint32_t rule = verdict.rule == kNoRow ? 0 : program.rules()[verdict.rule].name;
  const uint32_t group = rule == 0 ? kNoRow : program.rules()[verdict.rule].group;
  group == kNoRow ? table_->nothing() : string(program.groups()[group].name);
  string(rule);
  table_->name(reason_name(verdict.reason));
  table_->name(record.state);
  table_->number(record.first.frame);
  table_->number(record.last_frame);
  count(record.first.time_ns, kNoTime);
  count(record.last_time_ns, kNoTime);
  for (const Direction direction : {Direction::kIn, Direction::kOut}) {
    table_->number(record.packets[static_cast<size_t>(direction)]);
    table_->number(record.bytes[static_cast<size_t>(direction)]);
  }
  table_->end_row();
}

}  // namespace portacl

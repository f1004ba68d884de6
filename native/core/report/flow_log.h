// One record a flow: what `--flows` writes. Source: docs/semantics/outputs.md 4.
//
// Packets that share a flow id are one record. What has none, drops above all, is put together by
// endpoint, flow key, verdict and what decided it (O20). A table of the flows seen last holds at
// most kFlowRecordsMax records; when it is full, the one idle longest is written out, and should
// its flow go on, another record of the same id follows (O21). Otherwise records stand in the order
// of their first packet.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "flow/flow_key.h"
#include "flow/flow_table.h"
#include "program/program.h"
#include "report/replay_output.h"
#include "report/table.h"

namespace portacl {

// Some 300 bytes each.
inline constexpr uint32_t kFlowRecordsMax = 1u << 19;

class FlowLog final : public ReplayOutput {
 public:
  // `sink`, `program` and those that follow it must outlive this. `records_max`: for tests.
  FlowLog(const Program& program, TextSink& sink, TableFormat format, uint64_t hash_secret,
          uint32_t records_max = kFlowRecordsMax);

  void write(const JudgedBatch& batch) override;
  // Flows that live on keep their records, which name what the policy of their first packet had.
  void policy_changed(const Program& program, const VerdictTexts&) override {
    programs_.push_back(&program);
  }
  void finish() override;
  const TextSink* sink() const override { return &sink_; }

 private:
  struct Key {
    FlowKey flow;
    uint64_t id = 0;
    uint32_t rule = kNoRow;
    uint32_t policy = 0;  // whose row it is, without an id
    Outcome outcome = Outcome::kPass;
    Reason reason = Reason::kNoEndpoint;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    const HashSeed* seed;
    size_t operator()(const Key& key) const;
  };
  struct Record {
    Key key;
    PacketHeaders first_headers;
    VerdictRecord first{};  // of its first packet
    uint32_t policy = 0;    // whose rows these are; an index into programs_
    int64_t last_time_ns = kNoTime;
    uint64_t last_frame = 0;
    uint64_t packets[2] = {};  // by direction
    uint64_t bytes[2] = {};
    uint64_t sequence = 0;  // of its first packet among all records
    const char* state = nullptr;
    uint32_t newer = kNoFlow;  // chain by last packet
    uint32_t older = kNoFlow;
  };

  void note(const VerdictRecord& verdict, const PacketHeaders& headers, uint32_t bytes);
  Key key_of(const VerdictRecord& verdict, const PacketHeaders& headers) const;
  uint32_t record_of(const Key& key, const VerdictRecord& verdict, const PacketHeaders& headers);
  uint32_t free_record();
  void unlink(uint32_t index);
  void make_newest(uint32_t index);
  void put(const Record& record);
  void put_side(const Record& record, const IpAddress& address, uint16_t port);

  uint32_t policy() const { return static_cast<uint32_t>(programs_.size() - 1); }

  std::vector<const Program*> programs_;  // one policy after the other
  TextSink& sink_;
  std::unique_ptr<Table> table_;
  HashSeed seed_;
  uint32_t records_max_;
  std::unordered_map<Key, uint32_t, KeyHash> index_;
  std::vector<Record> records_;
  uint32_t newest_ = kNoFlow;
  uint32_t oldest_ = kNoFlow;
  uint64_t sequence_ = 0;
  std::vector<PacketHeaders> headers_;  // of the batch in hand
};

}  // namespace portacl

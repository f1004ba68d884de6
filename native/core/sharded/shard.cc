#include "sharded/shard.h"

#include <algorithm>
#include <array>
#include <new>

namespace portacl {
namespace {

constexpr size_t kBatch = 64;  // as engine/replay.cc

// Packets on their way to the engine, with their places in the block.
class Share {
 public:
  Share(Engine& engine, std::vector<VerdictRecord>* verdicts)
      : engine_(engine), verdicts_(verdicts) {}

  void add(const CaptureRecord& record, uint32_t packet) {
    records_[count_] = record;
    packets_[count_++] = packet;
    if (count_ == kBatch) judge();
  }

  void judge() {
    const size_t first = verdicts_ == nullptr ? 0 : verdicts_->size();
    engine_.process({records_.data(), count_}, verdicts_);
    count_ = 0;
    if (verdicts_ == nullptr) return;
    for (size_t i = first; i < verdicts_->size(); ++i) {
      (*verdicts_)[i].packet_index = packets_[(*verdicts_)[i].packet_index];
    }
  }

 private:
  Engine& engine_;
  std::vector<VerdictRecord>* verdicts_;
  size_t count_ = 0;
  std::array<CaptureRecord, kBatch> records_;
  std::array<uint32_t, kBatch> packets_;
};

void judge_packets(Engine& engine, const Block& block, uint32_t shard, BlockPart& part) {
  if (block.clock_ns != kNoTime) engine.advance_to(block.clock_ns);
  Share share(engine, block.wants_verdicts ? &part.verdicts : nullptr);
  auto correction = block.corrections.begin();
  for (uint32_t i = 0; i < block.count; ++i) {
    if (block.shard[i] != shard) continue;
    while (correction != block.corrections.end() && correction->packet < i) ++correction;
    if (correction != block.corrections.end() && correction->packet == i) {
      share.judge();
      engine.advance_to(correction->clock_ns);
    }
    share.add(block.records[i], i);
  }
  share.judge();
}

}  // namespace

void judge_share(Engine& engine, const Block& block, uint32_t shard, BlockPart& part) {
  const size_t reasons_before = engine.endpoint_reasons().size();
  part.verdicts.clear();
  try {
    judge_packets(engine, block, shard, part);
    const auto reasons = engine.endpoint_reasons().subspan(reasons_before);
    part.new_reasons.assign(reasons.begin(), reasons.end());
    part.out_of_memory = engine.out_of_memory();
  } catch (const std::bad_alloc&) {
    part.out_of_memory = true;
  }
  part.flows_most = engine.flows_most();
}

}  // namespace portacl

#include "sharded/shard.h"

#include <algorithm>
#include <array>
#include <new>
#include <span>

namespace portacl {
namespace {

constexpr size_t kBatch = 64;  // as engine/replay.cc

// Packets on their way to the engine, with their places in the block.
class Share {
 public:
  Share(Engine& engine, const Block& block, PacketCopies* copies,
        std::vector<VerdictRecord>* verdicts)
      : engine_(engine), block_(block), copies_(copies), verdicts_(verdicts) {
    captures_.fill(block.capture);
  }

  void add(uint32_t packet) {
    packets_[count_] = block_.packets[packet];
    if (copies_ != nullptr) records_[count_] = block_.records[packet];
    places_[count_++] = packet;
    if (count_ == kBatch) judge();
  }

  void judge() {
    const size_t first = verdicts_ == nullptr ? 0 : verdicts_->size();
    const std::span<const CaptureRecord> packets(packets_.data(), count_);
    if (copies_ == nullptr) {
      engine_.process(packets, verdicts_);
    } else {
      copies_->process(engine_, {records_.data(), count_}, packets, captures_, verdicts_);
    }
    count_ = 0;
    if (verdicts_ == nullptr) return;
    for (size_t i = first; i < verdicts_->size(); ++i) {
      (*verdicts_)[i].packet_index = places_[(*verdicts_)[i].packet_index];
    }
  }

 private:
  Engine& engine_;
  const Block& block_;
  PacketCopies* copies_;  // null where no record names its packet
  std::vector<VerdictRecord>* verdicts_;
  size_t count_ = 0;
  std::array<CaptureRecord, kBatch> records_;
  std::array<CaptureRecord, kBatch> packets_;
  std::array<uint32_t, kBatch> captures_;
  std::array<uint32_t, kBatch> places_;
};

void judge_packets(Engine& engine, const Block& block, PacketCopies* copies, BlockPart& part) {
  if (block.clock_ns != kNoTime) engine.advance_to(block.clock_ns);
  Share share(engine, block, copies, block.wants_verdicts ? &part.verdicts : nullptr);
  auto correction = block.corrections.begin();
  for (const uint32_t i : std::span(part.packets).first(part.packet_count)) {
    while (correction != block.corrections.end() && correction->packet < i) ++correction;
    if (correction != block.corrections.end() && correction->packet == i) {
      share.judge();
      engine.advance_to(correction->clock_ns);
    }
    share.add(i);
  }
  share.judge();
}

}  // namespace

void judge_share(Engine& engine, const Block& block, BlockPart& part, PacketCopies* copies) {
  const size_t reasons_before = engine.endpoint_reasons().size();
  part.verdicts.clear();
  try {
    judge_packets(engine, block, copies, part);
    const auto reasons = engine.endpoint_reasons().subspan(reasons_before);
    part.new_reasons.assign(reasons.begin(), reasons.end());
    part.out_of_memory = engine.out_of_memory();
  } catch (const std::bad_alloc&) {
    part.out_of_memory = true;
  }
  part.flows_most = engine.flows_most();
}

}  // namespace portacl

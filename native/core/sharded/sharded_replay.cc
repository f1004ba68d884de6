#include "sharded/sharded_replay.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <system_error>
#include <utility>

#include "capture/capture_reader.h"
#include "sharded/merge.h"
#include "sharded/shard.h"

namespace portacl {
namespace {

constexpr size_t kBlockPackets = 4096;
// Small packets fill a block of that many, large ones still come in hundreds.
constexpr size_t kPieceBytes = 256 << 10;

std::unique_ptr<ShardThreads> start(const Engine& like, uint32_t shard_count) {
  std::vector<std::unique_ptr<Engine>> engines;
  for (uint32_t i = 0; i < shard_count; ++i) engines.push_back(like.blank_copy());
  try {
    return std::make_unique<ShardThreads>(std::move(engines));
  } catch (const std::system_error&) {
    return nullptr;  // The system gives no thread: one engine says the same, later.
  }
}

}  // namespace

ShardedReplay::ShardedReplay(Engine& engine, uint32_t shard_count, uint64_t hash_secret)
    : engine_(engine),
      chooser_(shard_count, hash_secret, engine.program()),
      threads_(start(engine, shard_count)),
      ids_(shard_count) {
  alone_.parts.resize(1);
  reasons_.size_for(engine.program());
}

ShardedReplay::~ShardedReplay() = default;

CaptureSummary ShardedReplay::replay(std::unique_ptr<ByteSource> source, uint32_t capture,
                                     std::span<ReplayOutput* const> outputs,
                                     const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source), kPieceBytes);
  numbers_flows_ = !outputs.empty();
  fragments_of_earlier_ = fragments_ > 0;
  bool goes_on = true;
  const auto end_with = [&](ErrorCode code) {
    goes_on = false;
    if (summary.status.ok()) summary.status = {code, summary.bytes, 0};
  };
  const auto take = [&] {
    if (!tell_oldest(outputs)) end_with(ErrorCode::kOutOfMemory);
    goes_on = goes_on && !has_stopped(outputs);
  };
  while (goes_on) {
    Block& block = is_sharded() ? threads_->next() : alone_;
    if (!fill(block, reader, capture, outputs)) break;
    summary.note({block.records.data(), block.count});
    summary.packets += block.count;
    summary.bytes = reader.bytes_read();
    if (is_sharded() && !(choose_shards(block) && has_room_for(block))) {
      while (threads_->in_flight() > 0) take();
      std::swap(block, alone_);
      become_one();
    }
    if (!is_sharded()) {
      judge_alone(alone_);
      if (alone_.parts[0].out_of_memory) end_with(ErrorCode::kOutOfMemory);
      verdicts_.swap(alone_.parts[0].verdicts);
      tell(alone_, outputs);
      goes_on = goes_on && !has_stopped(outputs);
    } else {
      packets_in_flight_ += block.count;
      threads_->submit();
      if (threads_->in_flight() == ShardThreads::kBlocks) take();
    }
    if (goes_on && !progress(summary.bytes)) end_with(ErrorCode::kCancelled);
  }
  while (is_sharded() && threads_->in_flight() > 0) take();
  // Without packets there are interfaces still, and a capture without any is none to some readers.
  if (summary.packets == 0) write_all(outputs, {{}, {}, reader.interfaces(), capture, {}});
  if (summary.status.ok() && goes_on) {
    summary.status = reader.status();
    summary.bytes = reader.bytes_read();
  }
  return summary;
}

// False at the end of the capture.
bool ShardedReplay::fill(Block& block, CaptureReader& reader, uint32_t capture,
                         std::span<ReplayOutput* const> outputs) {
  block.records.resize(kBlockPackets);
  block.count = reader.next_batch(block.records);
  if (block.count == 0) return false;
  block.packets =
      at_ports(engine_.capture_place(), std::span(block.records).first(block.count), block.scratch);
  block.bytes = reader.hold();
  block.wants_verdicts = !outputs.empty();
  if (block.wants_verdicts) {
    block.interfaces.assign(reader.interfaces().begin(), reader.interfaces().end());
  }
  block.capture = capture;
  return true;
}

// False when a packet of the block may not be judged by shards.
bool ShardedReplay::choose_shards(Block& block) {
  const SettingsRow& settings = engine_.program().settings();
  bool may_be_sharded = true;
  block.shard.resize(kBlockPackets);
  // Where the next packet of each share is put. Which one it is nobody can predict: nothing
  // branches on it.
  std::array<uint32_t*, kShardsMax> next;
  for (size_t i = 0; i < block.parts.size(); ++i) {
    block.parts[i].packets.resize(kBlockPackets);
    next[i] = block.parts[i].packets.data();
  }
  block.corrections.clear();
  block.clock_ns = clock_ns_;
  for (uint32_t i = 0; i < block.count; ++i) {
    const ShardChoice choice = chooser_.choose(block.packets[i]);
    block.shard[i] = static_cast<uint8_t>(choice.shard);
    *next[choice.shard]++ = i;
    note_clock(block, i);
    // Of the records of one packet, which may go to several shards, one is judged.
    if (choice.meets_shards || PacketCopies::names_packet(block.records[i])) may_be_sharded = false;
    if (choice.is_fragment) {
      // Each endpoint that judges it may keep it; the order of arrival, in which fragments are
      // forgotten, is known within a capture.
      fragments_ += engine_.program().endpoints().size();
      may_be_sharded =
          may_be_sharded && !fragments_of_earlier_ && fragments_ < settings.fragments_max;
    }
  }
  for (size_t i = 0; i < block.parts.size(); ++i) {
    block.parts[i].packet_count = static_cast<size_t>(next[i] - block.parts[i].packets.data());
  }
  return may_be_sharded;
}

void ShardedReplay::note_clock(Block& block, uint32_t packet) {
  const int64_t time_ns = block.records[packet].time_ns;
  if (time_ns != kNoTime && (clock_ns_ == kNoTime || time_ns >= clock_ns_)) {
    clock_ns_ = time_ns;
    // Where the clock begins is the same for all.
    if (block.clock_ns == kNoTime) block.clock_ns = time_ns;
  } else if (clock_ns_ != kNoTime) {
    block.corrections.push_back({packet, clock_ns_});
  }
}

// Whether no layer can come to its limit, were every packet to make two flows in it: its own, and
// one that anybody may answer to.
bool ShardedReplay::has_room_for(const Block& block) const {
  const SettingsRow& s = engine_.program().settings();
  return flows_most_ + 2 * (packets_in_flight_ + block.count) <
         std::min({s.flows_max, s.half_open_max, s.tcp_max, s.udp_max, s.other_max});
}

void ShardedReplay::judge_alone(Block& block) {
  block.shard.assign(block.count, 0);
  block.parts[0].packets.resize(kBlockPackets);
  block.parts[0].packet_count = block.count;
  std::iota(block.parts[0].packets.begin(), block.parts[0].packets.end(), 0);
  block.corrections.clear();
  block.clock_ns = kNoTime;
  judge_share(engine_, block, block.parts[0], &copies_);
}

// False when memory ran out.
bool ShardedReplay::tell_oldest(std::span<ReplayOutput* const> outputs) {
  Block& block = threads_->take();
  packets_in_flight_ -= block.count;
  flows_most_ = 0;
  bool has_memory = true;
  for (const BlockPart& part : block.parts) {
    flows_most_ += part.flows_most;
    has_memory = has_memory && !part.out_of_memory;
  }
  if (!has_memory) return false;
  note_reasons(block);
  if (block.wants_verdicts) {
    put_together(block);
    tell(block, outputs);
  }
  block.bytes.reset();
  return true;
}

void ShardedReplay::tell(Block& block, std::span<ReplayOutput* const> outputs) {
  if (!block.wants_verdicts) return;
  write_all(outputs, {std::span(block.records).first(block.count), verdicts_, block.interfaces,
                      block.capture, block.packets});
}

// Verdicts of all parts in capture order, with flow ids for all.
void ShardedReplay::put_together(Block& block) {
  verdicts_.clear();
  std::vector<size_t> next(block.parts.size(), 0);
  for (uint32_t i = 0; i < block.count; ++i) {
    const uint8_t shard = block.shard[i];
    const std::vector<VerdictRecord>& part = block.parts[shard].verdicts;
    for (size_t& at = next[shard]; at < part.size() && part[at].packet_index == i; ++at) {
      VerdictRecord& record = verdicts_.emplace_back(part[at]);
      record.verdict.flow = number_anew(shard, record.verdict.flow);
    }
  }
}

// A shard gives out its ids one after the other, and each first stands in the record of the packet
// that makes the flow.
uint64_t ShardedReplay::number_anew(uint32_t shard, uint64_t flow) {
  if (flow == 0) return 0;
  std::vector<uint64_t>& ids = ids_[shard];
  if (flow > ids.size()) ids.push_back(next_flow_id_++);
  return ids[flow - 1];
}

// Rows of reasons begin in capture order.
void ShardedReplay::note_reasons(const Block& block) {
  std::vector<EndpointReasonCounter> rows;
  for (const BlockPart& part : block.parts) {
    rows.insert(rows.end(), part.new_reasons.begin(), part.new_reasons.end());
  }
  std::ranges::stable_sort(rows, {}, &EndpointReasonCounter::first_frame);
  for (EndpointReasonCounter& row : rows) {
    row.packets = row.bytes = 0;
    reasons_.add(row);
  }
}

// The engine goes on from all that the shards know. Requires: no block is in flight.
void ShardedReplay::become_one() {
  std::vector<EngineState> states;
  std::vector<uint64_t> flows_before{0};  // flow ids of shards before it
  for (const auto& shard : threads_->engines()) {
    states.push_back(shard->save());
    flows_before.push_back(flows_before.back() + states.back().next_flow_id - 1);
  }
  threads_.reset();
  // Without records nobody has seen an id: any will do.
  engine_.restore(merge_states(states, reasons_, [&](size_t shard, uint64_t id) {
    return numbers_flows_ ? ids_[shard][id - 1] : flows_before[shard] + id;
  }));
}

void ShardedReplay::finish() {
  if (!is_sharded()) return;
  EngineState all;
  all.counters = reasons_;
  for (const auto& shard : threads_->engines()) {
    // Flows end by the clock of all, whoever judged the last packet.
    shard->advance_to(clock_ns_);
    const Counters& counters = shard->counters();
    add_counters(all.counters, counters);
    all.next_flow_id += counters.flows;
    all.fragment_overflows += counters.fragment_overflows;
  }
  engine_.restore(all);
}

}  // namespace portacl

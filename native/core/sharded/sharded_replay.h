// A replay on several threads, with the verdicts, counters and outputs of one.
//
//     reading thread: CaptureReader → Block, each packet with its shard ─┬→ shard 0: Engine ─┐
//                                                                        ├→ shard 1: Engine ─┤
//        outputs ← verdicts in capture order, flow ids for all ←─────────┴───────────────────┘
//
// Why it says the same. Packets of one pair of addresses are judged by one engine in capture order
// (shard_choice.h). What all engines share is kept equal:
//  - the clock: a packet that does not advance it says what the clock is (ClockCorrection);
//  - flow ids: a shard's ids are numbered anew when its records are put in capture order;
//  - limits: before a limit on flows or fragments could bind, and before a packet that belongs to
//  two
//    pairs, the shards become one engine, which goes on alone.
// native/test/sharded_replay_test.cc and test/replay/threads.test.ts hold it against one thread.
//
// Memory: kBlocks pieces of 256 KiB, and tables and classifiers for each shard.
// Threads: belongs to the thread that replays.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/packet_copies.h"
#include "engine/replay.h"
#include "sharded/shard_choice.h"
#include "sharded/shard_threads.h"

namespace portacl {

class ShardedReplay {
 public:
  static constexpr uint32_t kShardsMax = 64;

  // Judges as `engine` would, which is left alone until finish() or the shards become one.
  // Requires: 2 <= shard_count <= kShardsMax; an engine that has judged nothing.
  ShardedReplay(Engine& engine, uint32_t shard_count, uint64_t hash_secret);
  ~ShardedReplay();

  // As replay() of engine/replay.h; flows live on from one capture to the next.
  CaptureSummary replay(std::unique_ptr<ByteSource> source, uint32_t capture,
                        std::span<ReplayOutput* const> outputs, const ReplayProgress& progress);

  // Brings the counters to the engine. Its flows are not brought: no packet follows.
  void finish();

 private:
  bool is_sharded() const { return threads_ != nullptr; }
  bool fill(Block& block, CaptureReader& reader, uint32_t capture,
            std::span<ReplayOutput* const> outputs);
  bool choose_shards(Block& block);
  void note_clock(Block& block, uint32_t packet);
  bool has_room_for(const Block& block) const;
  void judge_alone(Block& block);
  bool tell_oldest(std::span<ReplayOutput* const> outputs);
  void tell(Block& block, std::span<ReplayOutput* const> outputs);
  void put_together(Block& block);
  uint64_t number_anew(uint32_t shard, uint64_t flow);
  void note_reasons(const Block& block);
  void become_one();

  Engine& engine_;
  ShardChooser chooser_;
  std::unique_ptr<ShardThreads> threads_;  // null once the shards are one
  Block alone_;
  PacketCopies copies_;  // while one engine judges

  int64_t clock_ns_ = kNoTime;  // the newest time so far
  uint64_t packets_in_flight_ = 0;
  uint64_t flows_most_ = 0;  // of one layer in all shards, at most, without packets in flight
  uint64_t fragments_ = 0;   // that may be kept, at most
  bool fragments_of_earlier_ = false;  // captures

  Counters reasons_;                        // rows of endpoint reasons in their order
  std::vector<std::vector<uint64_t>> ids_;  // by shard: id for all of its flows, from id 1
  uint64_t next_flow_id_ = 1;
  bool numbers_flows_ = false;
  std::vector<VerdictRecord> verdicts_;
};

}  // namespace portacl

// A piece of a capture on its way through the shards: what the reading thread fills, each shard
// judges its share of, and the reading thread puts together again.
//
// Threads: the reading thread's before submission and after all shards are done. In between the
// shards read everything but `parts`, of which each writes its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "capture/capture_interface.h"
#include "capture/capture_record.h"
#include "report/counters.h"
#include "verdict/verdict.h"

namespace portacl {

// What one shard made of a block.
struct BlockPart {
  std::vector<uint32_t> packets;  // its share, in capture order; room for a block
  size_t packet_count = 0;
  std::vector<VerdictRecord> verdicts;             // by packet; empty when nobody wants them
  std::vector<EndpointReasonCounter> new_reasons;  // rows that began in this block
  uint32_t flows_most = 0;                         // of one layer, at the end of the block
  bool out_of_memory = false;
};

// A packet whose time is not the newest so far, or that has none: the clock at it is that of
// packets which other shards judge.
struct ClockCorrection {
  uint32_t packet;
  int64_t clock_ns;
};

struct Block {
  std::vector<CaptureRecord> records;  // room for a block; the first `count` are there
  size_t count = 0;
  std::span<const CaptureRecord> packets;  // the records as the ports saw them
  std::vector<CaptureRecord> scratch;      // what `packets` may point into
  std::vector<uint8_t> shard;              // of each record
  int64_t clock_ns = kNoTime;  // before the first packet; of the first with a time, for the first
  std::vector<ClockCorrection> corrections;
  bool wants_verdicts = false;
  std::shared_ptr<const void> bytes;         // what the records point into
  std::vector<CaptureInterface> interfaces;  // of their section, when verdicts are wanted
  uint64_t bytes_read = 0;                   // of the capture, at the block's end
  uint32_t capture = 0;

  std::vector<BlockPart> parts;  // by shard
  uint32_t shards_left = 0;      // guarded by ShardThreads
};

}  // namespace portacl

// Which shard judges a packet. Packets that can meet in one state go to the same shard.
//
// An engine keeps its state by pairs of addresses, which are the same in both directions: flows,
// first fragments for those that follow, and the flow that an ICMP error quotes. So a shard is
// chosen by the pair; by the quoted one for an error. What the pair does not tell apart is shared
// by all shards, and sharded_replay.cc keeps it the same for all: the clock, ids, limits.
//
// UDP may be answered by anybody on a host stage that keeps state (engine/many.cc), so there all of
// it is one shard's, and what quotes it.
#pragma once

#include <cstdint>

#include "base/hash.h"
#include "base/ip.h"
#include "capture/capture_record.h"
#include "program/program.h"

namespace portacl {

struct ShardChoice {
  uint32_t shard = 0;
  bool is_fragment = false;
  bool meets_shards = false;  // its state belongs to two pairs: it cannot be judged by shards
};

class ShardChooser {
 public:
  ShardChooser(uint32_t shard_count, uint64_t secret, const Program& program);

  ShardChoice choose(const CaptureRecord& record) const;

 private:
  ShardChoice choose_by_headers(const CaptureRecord& record) const;
  uint32_t of_pair(const IpAddress& one, const IpAddress& other) const;
  uint32_t of_hash(uint64_t hash) const {
    return static_cast<uint32_t>((hash >> 32) * shard_count_ >> 32);
  }

  uint32_t shard_count_;
  HashSeed seed_;
  bool udp_is_together_;
};

}  // namespace portacl

// The threads of the shards: each shard judges its share of every submitted block, in order.
//
// Shards belong to no thread: whoever is free judges the next share of the shard that is furthest
// behind, also the thread that fills blocks while it would wait. So as many threads run as there
// are shards, and none idles while there is something to judge.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "sharded/block.h"

namespace portacl {

class ShardThreads {
 public:
  // As many as keep the shards busy while one is filled and one written out.
  static constexpr size_t kBlocks = 4;

  // One shard for each engine, and a thread less. Errors: std::system_error when the system gives
  // no thread.
  explicit ShardThreads(std::vector<std::unique_ptr<Engine>> engines);
  ~ShardThreads();  // waits for what is submitted
  ShardThreads(const ShardThreads&) = delete;
  ShardThreads& operator=(const ShardThreads&) = delete;

  size_t size() const { return engines_.size(); }

  // The next block to fill. Requires: fewer than kBlocks are in flight.
  Block& next() { return blocks_[submitted_ % kBlocks]; }
  void submit();
  size_t in_flight() const { return submitted_ - taken_; }
  // The oldest block in flight, once every shard has judged its share; judges until then.
  // Requires: one is in flight. It is filled anew after in_flight() blocks more.
  Block& take();

  // Requires: none is in flight.
  std::vector<std::unique_ptr<Engine>>& engines() { return engines_; }

 private:
  // What a shard has judged, under the mutex.
  struct Progress {
    uint64_t blocks = 0;  // the number of the one that comes next
    bool is_judging = false;
  };

  void run(uint32_t thread);
  void stop();
  uint32_t find_work(uint32_t home) const;
  void judge_next(uint32_t shard, std::unique_lock<std::mutex>& lock);

  std::vector<std::unique_ptr<Engine>> engines_;
  std::array<Block, kBlocks> blocks_;
  uint64_t submitted_ = 0;  // written under the mutex, by the one thread that submits
  uint64_t taken_ = 0;

  std::mutex mutex_;
  std::condition_variable has_work_;    // of the threads that only judge
  std::condition_variable has_change_;  // of the one that submits
  std::vector<Progress> progress_;      // by shard
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace portacl

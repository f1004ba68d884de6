#include "sharded/shard_threads.h"

#include <utility>

#include "sharded/shard.h"

namespace portacl {

ShardThreads::ShardThreads(std::vector<std::unique_ptr<Engine>> engines)
    : engines_(std::move(engines)) {
  for (Block& block : blocks_) block.parts.resize(engines_.size());
  try {
    for (uint32_t i = 0; i < engines_.size(); ++i) threads_.emplace_back([this, i] { run(i); });
  } catch (...) {
    stop();
    throw;
  }
}

ShardThreads::~ShardThreads() { stop(); }

void ShardThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ShardThreads::submit() {
  {
    const std::lock_guard lock(mutex_);
    next().shards_left = static_cast<uint32_t>(engines_.size());
    ++submitted_;
  }
  has_work_.notify_all();
}

Block& ShardThreads::take() {
  Block& oldest = blocks_[taken_ % kBlocks];
  std::unique_lock lock(mutex_);
  is_done_.wait(lock, [&] { return oldest.shards_left == 0; });
  ++taken_;
  return oldest;
}

void ShardThreads::run(uint32_t shard) {
  for (uint64_t number = 0;; ++number) {
    Block& block = blocks_[number % kBlocks];
    {
      std::unique_lock lock(mutex_);
      has_work_.wait(lock, [&] { return submitted_ > number || stopping_; });
      if (submitted_ <= number) return;
    }
    judge_share(*engines_[shard], block, block.parts[shard]);
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      is_last = --block.shards_left == 0;
    }
    if (is_last) is_done_.notify_one();
  }
}

}  // namespace portacl

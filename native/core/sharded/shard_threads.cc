#include "sharded/shard_threads.h"

#include <utility>

#include "sharded/shard.h"

namespace portacl {
namespace {

constexpr uint32_t kNoShard = UINT32_MAX;
constexpr uint32_t kSubmitter = 0;  // where the thread that submits looks for work first

}  // namespace

ShardThreads::ShardThreads(std::vector<std::unique_ptr<Engine>> engines)
    : engines_(std::move(engines)), progress_(engines_.size()) {
  for (Block& block : blocks_) block.parts.resize(engines_.size());
  try {
    for (uint32_t i = 1; i < engines_.size(); ++i) threads_.emplace_back([this, i] { run(i); });
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
  while (oldest.shards_left > 0) {
    const uint32_t shard = find_work(kSubmitter);
    if (shard == kNoShard) {
      has_change_.wait(lock);
    } else {
      judge_next(shard, lock);
    }
  }
  ++taken_;
  return oldest;
}

void ShardThreads::run(uint32_t thread) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const uint32_t shard = find_work(thread);
    if (shard != kNoShard) {
      judge_next(shard, lock);
    } else if (stopping_) {
      return;  // what is left is judged by those who are at it
    } else {
      has_work_.wait(lock);
    }
  }
}

// Of the shards that have something to judge and are not at it the furthest behind, since blocks
// are taken in order; of several the thread's own, whose tables are near.
uint32_t ShardThreads::find_work(uint32_t home) const {
  uint32_t found = kNoShard;
  for (uint32_t i = 0; i < progress_.size(); ++i) {
    const auto shard = static_cast<uint32_t>((home + i) % progress_.size());
    const Progress& progress = progress_[shard];
    if (progress.is_judging || progress.blocks == submitted_) continue;
    if (found == kNoShard || progress.blocks < progress_[found].blocks) found = shard;
  }
  return found;
}

void ShardThreads::judge_next(uint32_t shard, std::unique_lock<std::mutex>& lock) {
  Progress& progress = progress_[shard];
  Block& block = blocks_[progress.blocks % kBlocks];
  progress.is_judging = true;
  lock.unlock();
  judge_share(*engines_[shard], block, block.parts[shard]);
  lock.lock();
  progress.is_judging = false;
  ++progress.blocks;
  const bool has_more = progress.blocks < submitted_;
  if (has_more) has_work_.notify_one();
  if (--block.shards_left == 0 || has_more) has_change_.notify_one();
}

}  // namespace portacl

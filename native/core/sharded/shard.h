// One share of a block through one engine.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "sharded/block.h"

namespace portacl {

// Judges the packets of `block` that belong to `shard`, into its part.
void judge_share(Engine& engine, const Block& block, uint32_t shard, BlockPart& part);

}  // namespace portacl

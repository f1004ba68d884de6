// One share of a block through one engine.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "engine/packet_copies.h"
#include "sharded/block.h"

namespace portacl {

// Judges a part's packets of `block`, into that part.
// Requires: `copies` where a record names its packet.
void judge_share(Engine& engine, const Block& block, BlockPart& part,
                 PacketCopies* copies = nullptr);

}  // namespace portacl

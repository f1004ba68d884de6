// What shards know, as one engine would know it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/engine_state.h"
#include "report/counters.h"

namespace portacl {

// Adds `from` to `into`, which is of the same program. Rows of endpoint reasons that `into` has not
// yet are put behind its own, in the order of `from`.
void add_counters(Counters& into, const Counters& from);

// The states of all shards as one. `counters` is what they begin from: it holds the rows of
// endpoint reasons in their order. `id_of(shard, id)` is the id for all of a shard's flow id.
// Requires: fragments came from one capture.
EngineState merge_states(std::span<EngineState> shards, const Counters& counters,
                         const std::function<uint64_t(size_t shard, uint64_t id)>& id_of);

}  // namespace portacl

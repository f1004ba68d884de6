// The class `Session` for JavaScript: an engine that is fed packets in memory.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.h"

namespace portacl {

// new Session(program: Program, {stateless, unifiedFlows, countsValues}: booleans); its clock
// begins at 0. judge(input: Uint8Array, count: number, columns: Uint8Array): number
//   judges `count` packets: PacketRows at the beginning of `input`, which holds their bytes too.
//   Answers how many records there are and writes those that fit into the columns (RecordColumns).
// explain(input): {packet, steps}: what judge() would say of the one packet; changes nothing.
// records(columns): writes the records of the last judge() again.
// advance(timeNs: number): lets time pass.
// counters(): as those of Engine.
// flows(): Uint8Array of FlowRows.
// apply(change): as that of Engine.
// save(): an opaque state. restore(state): goes on from there, by the policy it was saved under.
class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SessionObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  Napi::Value judge(const Napi::CallbackInfo& info);
  Napi::Value explain(const Napi::CallbackInfo& info);
  Napi::Value records(const Napi::CallbackInfo& info);
  Napi::Value advance(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value flows(const Napi::CallbackInfo& info);
  Napi::Value apply(const Napi::CallbackInfo& info);
  Napi::Value save(const Napi::CallbackInfo& info);
  Napi::Value restore(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  Engine& engine(Napi::Env env);
  void fill(Napi::Env env, std::span<const uint8_t> input, size_t count);
  void write(std::span<uint8_t> columns) const;

  std::unique_ptr<Engine> engine_;
  uint64_t next_frame_ = 1;
  std::vector<CaptureRecord> packets_;
  std::vector<Placement> placements_;
  bool any_placed_ = false;
  std::vector<VerdictRecord> records_;
};

}  // namespace portacl

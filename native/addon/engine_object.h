// The class `Engine` for JavaScript: a program, its flows and counters.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/replay.h"

namespace portacl {

// new Engine(program: Program, {stateless, unifiedFlows, virtualClock, countsValues}: booleans)
// replay(inputs: see capture_input.h, outputs: NativeOutputs | null, {lenient, merge}: booleans and
//        {threads}: number, control: Int32Array | undefined,
//        changes: NativePolicyChange[] | undefined): Promise<{captures: [{packets, bytes,
//        firstTimeNs, lastTimeNs, lostPackets, error}], outputError, outputName, changes}>, off the
//        event loop; times are BigInt or null; the types stand in src/native/binding.ts. Where
//        policies change one thread judges.
// compare(inputs: see capture_input.h, components: string[], lenient: boolean,
//        control: Int32Array | undefined): Promise<NativeComparison>, as in src/native/binding.ts.
// measure(input: see capture_input.h, control: Int32Array | undefined):
//        Promise<NativeEngineMeasurement>: a replay without outputs, with a clock beside it.
// judge(tuples: Uint8Array, quoted: Uint8Array, firstFrame: number): Uint8Array of RecordRows.
// apply(change: NativePolicyChange): {groups, examples}: see policy_change_value.h.
// explain(tuple: Uint8Array, quoted: Uint8Array, frame: number): {packet, steps: Uint8Array} as in
//        explanation.h; changes nothing.
// explainFrame(inputs: CaptureInput[], frame: number, control: Int32Array | undefined):
//        Promise<{capture: number, error, explanation: {packet, steps} | null}>: replays up to that
//        packet of the last input, off the event loop; `capture` is the one `error` is about.
// explainAgain(): that packet explained once more, as a policy applied since judges it.
// counters(): BigUint64Arrays as in counters_value.h.
// close(): frees everything at once, where waiting for the collector would keep many engines.
// While a replay runs, and when it is closed, every other call throws.
class EngineObject final : public Napi::ObjectWrap<EngineObject> {
 public:
  static void init(Napi::Env env, Napi::Object exports);
  explicit EngineObject(const Napi::CallbackInfo& info);

  Engine& engine() { return *engine_; }
  void set_busy(bool busy) { busy_ = busy; }
  void set_explained(FrameExplainer explainer) { explained_ = std::move(explainer); }
  // Requires: a packet that was explained.
  Napi::Value explain_again(Napi::Env env);

 private:
  Napi::Value replay(const Napi::CallbackInfo& info);
  Napi::Value compare(const Napi::CallbackInfo& info);
  Napi::Value measure(const Napi::CallbackInfo& info);
  Napi::Value judge(const Napi::CallbackInfo& info);
  Napi::Value apply(const Napi::CallbackInfo& info);
  Napi::Value explain(const Napi::CallbackInfo& info);
  Napi::Value explain_frame(const Napi::CallbackInfo& info);
  Napi::Value explain_again(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void require_idle(Napi::Env env) const;

  std::unique_ptr<Engine> engine_;
  std::optional<FrameExplainer> explained_;  // the last one
  bool busy_ = false;
};

}  // namespace portacl

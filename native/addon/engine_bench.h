// A capture judged with a clock beside it, for EngineObject: what batches cost.
#pragma once

#include <napi.h>

#include <cstdint>

#include "addon/capture_input.h"
#include "addon/engine_object.h"
#include "addon/job.h"
#include "base/status.h"
#include "report/latency_buckets.h"

namespace portacl {

// Reads and judges as a replay does, on one thread, without outputs. The clock is asked twice a
// batch, which is about a nanosecond a packet.
class EngineBench final : public Job {
 public:
  // `owner` stays referenced until the end.
  EngineBench(EngineObject& owner, CaptureInput input, const Napi::Value& control);
  ~EngineBench() override;

 protected:
  void run() override;
  // NativeEngineMeasurement of src/native/binding.ts.
  Napi::Value result(Napi::Env env) override;

 private:
  void judge_all();

  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  CaptureInput input_;
  uint64_t packets_ = 0;
  uint64_t cpu_ns_ = 0;
  LatencyBuckets full_batches_;
  Status status_;
};

}  // namespace portacl

// A packet of a capture explained on a thread of its own, for EngineObject.
#pragma once

#include <napi.h>

#include <optional>
#include <vector>

#include "addon/capture_input.h"
#include "addon/engine_object.h"
#include "addon/job.h"
#include "engine/replay.h"

namespace portacl {

class ExplainWorker final : public Job {
 public:
  // Replays `inputs` up to packet `frame` of the last, with changes of policy. `owner` stays
  // referenced until the end.
  ExplainWorker(EngineObject& owner, std::vector<CaptureInput> inputs, uint64_t frame,
                std::vector<PolicyChange> changes, const Napi::Value& watch);
  ~ExplainWorker() override;

 protected:
  void run() override;
  Napi::Value result(Napi::Env env) override;

 private:
  Status explain();

  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  std::vector<CaptureInput> inputs_;
  uint64_t frame_;
  PolicySchedule changes_;
  std::optional<FrameExplainer> explainer_;
  size_t capture_ = 0;  // index of the input that was read last
  Status status_;       // of that input
};

}  // namespace portacl

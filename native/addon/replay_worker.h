// A replay on a worker thread, for EngineObject.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "addon/engine_object.h"
#include "addon/job.h"
#include "addon/replay_request.h"
#include "engine/replay.h"

namespace portacl {

class ReplayWorker final : public Job {
 public:
  // `owner` stays referenced until the replay has ended.
  ReplayWorker(EngineObject& owner, ReplayRequest request, const Napi::Value& watch);
  ~ReplayWorker() override;

 protected:
  void run() override;
  Napi::Value result(Napi::Env env) override;

 private:
  void replay_all();
  bool may_be_sharded() const;
  void replay_in_order();
  void replay_merged();

  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  ReplayRequest request_;
  PolicySchedule changes_;
  std::shared_ptr<const GroupClassifiers> first_policy_;  // outputs refer to its program
  std::vector<CaptureSummary> summaries_;
  ReplayOutputs outputs_;
};

}  // namespace portacl

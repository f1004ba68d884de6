// A replay on a worker thread, for EngineObject.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "addon/capture_input.h"
#include "addon/engine_object.h"
#include "addon/job.h"
#include "engine/replay.h"

namespace portacl {

struct ReplayRequest {
  std::vector<CaptureInput> inputs;
  std::string packets_path;  // empty: no packet records
  RecordFormat packets_format = RecordFormat::kJsonLines;
  bool lenient = false;  // go on with the next capture after a damaged one
};

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

  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  ReplayRequest request_;
  std::vector<CaptureSummary> summaries_;
  Status output_status_;
};

}  // namespace portacl

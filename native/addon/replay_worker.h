// A replay on a worker thread, for EngineObject.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "addon/engine_object.h"
#include "addon/job_control.h"
#include "engine/replay.h"

namespace portacl {

struct ReplayRequest {
  std::vector<std::string> paths;
  std::string packets_path;  // empty: no packet records
  RecordFormat packets_format = RecordFormat::kJsonLines;
  bool lenient = false;  // go on with the next capture after a damaged one
};

class ReplayWorker final : public Napi::AsyncWorker {
 public:
  // `owner` stays referenced until the replay has ended.
  ReplayWorker(EngineObject& owner, ReplayRequest request, const Napi::Value& control);

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

 private:
  void run();

  Napi::Promise::Deferred deferred_;
  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  ReplayRequest request_;
  JobControl control_;
  std::vector<CaptureSummary> summaries_;
  Status output_status_;
};

}  // namespace portacl

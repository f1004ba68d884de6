// A comparison on a worker thread, for EngineObject.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "addon/capture_input.h"
#include "addon/engine_object.h"
#include "addon/job.h"
#include "engine/compare.h"

namespace portacl {

struct CompareRequest {
  std::vector<CaptureInput> inputs;
  std::vector<std::string> components;
  bool lenient = false;
};

class CompareWorker final : public Job {
 public:
  // `owner` stays referenced until the comparison has ended.
  CompareWorker(EngineObject& owner, CompareRequest request, const Napi::Value& control);
  ~CompareWorker() override;

 protected:
  void run() override;
  Napi::Value result(Napi::Env env) override;

 private:
  void compare_all();
  void set_disagreements(Napi::Env env, Napi::Object& result) const;

  EngineObject& owner_;
  Napi::ObjectReference owner_reference_;
  CompareRequest request_;
  Comparison comparison_;
  std::vector<CaptureSummary> summaries_;
};

}  // namespace portacl

#include "addon/explain_worker.h"

#include <algorithm>
#include <new>
#include <utility>

#include "addon/throw.h"

namespace portacl {

ExplainWorker::ExplainWorker(EngineObject& owner, std::vector<CaptureInput> inputs, uint64_t frame,
                             std::vector<PolicyChange> changes, const Napi::Value& watch)
    : Job(watch),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      inputs_(std::move(inputs)),
      frame_(frame),
      changes_(std::move(changes)) {
  owner_.set_busy(true);
}

ExplainWorker::~ExplainWorker() { owner_.set_busy(false); }

void ExplainWorker::run() {
  try {
    status_ = explain();
  } catch (const std::bad_alloc&) {
    status_ = {ErrorCode::kOutOfMemory};
  }
}

Status ExplainWorker::explain() {
  const auto source = [&] {
    return source_of(inputs_[capture_], [this] { return control().is_cancelled(); });
  };
  const auto progress = [&](uint64_t bytes_read) {
    control().report(bytes_read);
    return !control().is_cancelled();
  };
  for (; capture_ + 1 < inputs_.size(); ++capture_) {
    const Status status =
        replay(source(), static_cast<uint32_t>(capture_), owner_.engine(), changes_, {}, progress)
            .status;
    if (!status.ok()) return status;
  }
  return replay_before(source(), owner_.engine(), changes_, frame_, progress, explainer_);
}

Napi::Value ExplainWorker::result(Napi::Env env) {
  auto object = Napi::Object::New(env);
  object.Set("capture", Napi::Number::New(env, static_cast<double>(capture_)));
  const auto applied = std::ranges::count_if(changes_.changes(), &PolicyChange::applied);
  object.Set("changesApplied", Napi::Number::New(env, static_cast<double>(applied)));
  object.Set("error", status_value(env, status_));
  const bool found = explainer_.has_value();
  if (found) owner_.set_explained(std::move(*explainer_));
  object.Set("explanation", found ? owner_.explain_again(env) : env.Null());
  return object;
}

}  // namespace portacl

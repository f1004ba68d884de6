#include "addon/engine_object.h"

#include <cstring>
#include <random>
#include <span>
#include <utility>

#include "addon/compare_worker.h"
#include "addon/counters_value.h"
#include "addon/engine_bench.h"
#include "addon/explain_worker.h"
#include "addon/explanation_value.h"
#include "addon/policy_change_value.h"
#include "addon/program_object.h"
#include "addon/replay_worker.h"
#include "addon/throw.h"
#include "addon/typed_array.h"

namespace portacl {

namespace {

// A copy, so that rows are aligned whatever the caller's view is.
std::vector<TupleRow> tuples_of(const Napi::Value& value) {
  const auto bytes = bytes_of(value);
  std::vector<TupleRow> rows(bytes.size() / sizeof(TupleRow));
  if (!rows.empty()) std::memcpy(rows.data(), bytes.data(), rows.size() * sizeof(TupleRow));
  return rows;
}

bool option(const Napi::Object& options, const char* name) {
  return options.Get(name).ToBoolean().Value();
}

RecordRow row_of(const VerdictRecord& record) {
  const Verdict& verdict = record.verdict;
  RecordRow row{};
  row.flow = verdict.flow;
  row.packet = record.packet_index;
  row.endpoint = record.endpoint;
  row.rule = verdict.rule;
  row.layer = verdict.layer;
  row.direction = static_cast<uint8_t>(record.direction);
  row.outcome = static_cast<uint8_t>(verdict.outcome);
  row.stage = static_cast<uint8_t>(verdict.stage);
  row.reason = static_cast<uint8_t>(verdict.reason);
  row.flow_event = static_cast<uint8_t>(verdict.flow_event);
  return row;
}

// Networks by their numbers where the capture was taken on an overlay, else nothing.
CapturePlace capture_place_of(const Napi::Object& options) {
  const Napi::Value vnis = options.Get("overlayVnis");
  if (!vnis.IsTypedArray()) return {};
  const auto numbers = vnis.As<Napi::Uint32Array>();
  return {CapturePoint::kOverlay, {numbers.Data(), numbers.Data() + numbers.ElementLength()}};
}

}  // namespace

void EngineObject::init(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", DefineClass(env, "Engine",
                                    {InstanceMethod<&EngineObject::replay>("replay"),
                                     InstanceMethod<&EngineObject::compare>("compare"),
                                     InstanceMethod<&EngineObject::measure>("measure"),
                                     InstanceMethod<&EngineObject::judge>("judge"),
                                     InstanceMethod<&EngineObject::apply>("apply"),
                                     InstanceMethod<&EngineObject::explain>("explain"),
                                     InstanceMethod<&EngineObject::explain_frame>("explainFrame"),
                                     InstanceMethod<&EngineObject::explain_again>("explainAgain"),
                                     InstanceMethod<&EngineObject::counters>("counters"),
                                     InstanceMethod<&EngineObject::close>("close")}));
}

EngineObject::EngineObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineObject>(info) {
  const auto options = info[1].As<Napi::Object>();
  std::random_device random;
  // cppcheck-suppress useInitializationList ; JavaScript's values are looked at first
  engine_ =
      std::make_unique<Engine>(ProgramObject::policy_of(info[0]),
                               EngineOptions{.stateless = option(options, "stateless"),
                                             .unified_flows = option(options, "unifiedFlows"),
                                             .clock_from_zero = option(options, "virtualClock"),
                                             .counts_values = option(options, "countsValues"),
                                             .hash_secret = uint64_t{random()} << 32 | random(),
                                             .capture_place = capture_place_of(options)});
}

void EngineObject::require_idle(Napi::Env env) const {
  if (busy_) throw Napi::Error::New(env, "the engine is replaying a capture");
  if (!engine_) throw Napi::Error::New(env, "the engine is closed");
}

Napi::Value EngineObject::replay(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  auto request = ReplayRequest::of(info[0], info[1], info[2], engine_->program());
  request.changes = changes_of(info[4]);
  return Job::start(info.Env(), std::make_unique<ReplayWorker>(*this, std::move(request), info[3]));
}

Napi::Value EngineObject::compare(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  CompareRequest request{inputs_of(info[0]), texts_of(info[1]), info[2].ToBoolean().Value()};
  return Job::start(info.Env(),
                    std::make_unique<CompareWorker>(*this, std::move(request), info[3]));
}

Napi::Value EngineObject::measure(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  return Job::start(info.Env(), std::make_unique<EngineBench>(*this, input_of(info[0]), info[1]));
}

Napi::Value EngineObject::judge(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  const auto tuples = tuples_of(info[0]);
  const auto quoted = tuples_of(info[1]);
  std::vector<VerdictRecord> records;
  const auto first_frame = static_cast<uint64_t>(info[2].ToNumber().Int64Value());
  const Status status = engine_->process(tuples, quoted, first_frame, records);
  if (!status.ok()) throw status_error(info.Env(), status);
  auto out = Napi::Uint8Array::New(info.Env(), records.size() * sizeof(RecordRow));
  for (size_t i = 0; i < records.size(); ++i) {
    const RecordRow row = row_of(records[i]);
    std::memcpy(out.Data() + i * sizeof row, &row, sizeof row);
  }
  return out;
}

Napi::Value EngineObject::explain(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  const auto tuples = tuples_of(info[0]);
  if (tuples.size() != 1) throw Napi::TypeError::New(info.Env(), "one tuple expected");
  const auto quoted = tuples_of(info[1]);
  const auto frame = static_cast<uint64_t>(info[2].ToNumber().Int64Value());
  Explanation explanation;
  const Status status = engine_->explain(tuples.front(), quoted, frame, explanation);
  if (!status.ok()) throw status_error(info.Env(), status);
  return explanation_value(info.Env(), explanation);
}

Napi::Value EngineObject::explain_frame(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  const auto frame = static_cast<uint64_t>(info[1].ToNumber().Int64Value());
  return Job::start(info.Env(), std::make_unique<ExplainWorker>(*this, inputs_of(info[0]), frame,
                                                                changes_of(info[3]), info[2]));
}

Napi::Value EngineObject::explain_again(Napi::Env env) {
  return explanation_value(env, explained_->explain(*engine_));
}

Napi::Value EngineObject::explain_again(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  if (!explained_) throw Napi::TypeError::New(info.Env(), "no packet was explained");
  return explain_again(info.Env());
}

Napi::Value EngineObject::apply(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  return apply_change(info.Env(), *engine_, change_of(info[0]));
}

Napi::Value EngineObject::counters(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  return counters_value(info.Env(), engine_->counters());
}

Napi::Value EngineObject::close(const Napi::CallbackInfo& info) {
  require_idle(info.Env());
  engine_.reset();
  return info.Env().Undefined();
}

}  // namespace portacl

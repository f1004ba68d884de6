#include "addon/replay_worker.h"

#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "addon/throw.h"
#include "platform/file_sink.h"

namespace portacl {

namespace {

Napi::Value time_value(Napi::Env env, int64_t time_ns) {
  if (time_ns == kNoTime) return env.Null();
  return Napi::BigInt::New(env, time_ns);
}

Napi::Value summary_value(Napi::Env env, const CaptureSummary& summary) {
  auto object = Napi::Object::New(env);
  object.Set("packets", Napi::Number::New(env, static_cast<double>(summary.packets)));
  object.Set("bytes", Napi::Number::New(env, static_cast<double>(summary.bytes)));
  object.Set("firstTimeNs", time_value(env, summary.first_time_ns));
  object.Set("lastTimeNs", time_value(env, summary.last_time_ns));
  object.Set("error", status_value(env, summary.status));
  return object;
}

}  // namespace

ReplayWorker::ReplayWorker(EngineObject& owner, ReplayRequest request, const Napi::Value& watch)
    : Job(watch),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      request_(std::move(request)) {
  owner_.set_busy(true);
}

ReplayWorker::~ReplayWorker() { owner_.set_busy(false); }

void ReplayWorker::run() {
  try {
    replay_all();
  } catch (const std::bad_alloc&) {
    output_status_ = {ErrorCode::kOutOfMemory};
  }
}

void ReplayWorker::replay_all() {
  std::optional<FileSink> sink;
  std::optional<RecordWriter> writer;
  if (!request_.packets_path.empty()) {
    sink.emplace(request_.packets_path);
    writer.emplace(owner_.engine().program(), *sink, request_.packets_format);
  }
  uint64_t bytes_before = 0;
  for (CaptureInput& input : request_.inputs) {
    const CaptureSummary& summary = summaries_.emplace_back(portacl::replay(
        source_of(input, [this] { return control().is_cancelled(); }), owner_.engine(),
        writer ? &*writer : nullptr, sink ? &*sink : nullptr, [&](uint64_t bytes_read) {
          control().report(bytes_before + bytes_read);
          return !control().is_cancelled();
        }));
    bytes_before += summary.bytes;
    const bool fatal = summary.status.code == ErrorCode::kCancelled ||
                       summary.status.code == ErrorCode::kOutOfMemory;
    if (fatal || (!summary.status.ok() && !request_.lenient)) break;
    if (sink && sink->stopped()) break;
  }
  if (sink) output_status_ = sink->close();
}

Napi::Value ReplayWorker::result(Napi::Env env) {
  auto captures = Napi::Array::New(env, summaries_.size());
  for (uint32_t i = 0; i < summaries_.size(); ++i) {
    captures.Set(i, summary_value(env, summaries_[i]));
  }
  auto object = Napi::Object::New(env);
  object.Set("captures", captures);
  object.Set("outputError", status_value(env, output_status_));
  return object;
}

}  // namespace portacl

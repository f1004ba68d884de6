#include "addon/replay_worker.h"

#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "addon/throw.h"
#include "platform/byte_source.h"
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

ReplayWorker::ReplayWorker(EngineObject& owner, ReplayRequest request, const Napi::Value& control)
    : Napi::AsyncWorker(owner.Env()),
      deferred_(Napi::Promise::Deferred::New(owner.Env())),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      request_(std::move(request)),
      control_(control) {
  owner_.set_busy(true);
}

void ReplayWorker::Execute() {
  try {
    run();
  } catch (const std::bad_alloc&) {
    output_status_ = {ErrorCode::kOutOfMemory};
  }
}

void ReplayWorker::run() {
  std::optional<FileSink> sink;
  std::optional<RecordWriter> writer;
  if (!request_.packets_path.empty()) {
    sink.emplace(request_.packets_path);
    writer.emplace(owner_.engine().program(), *sink, request_.packets_format);
  }
  uint64_t bytes_before = 0;
  for (const std::string& path : request_.paths) {
    const CaptureSummary& summary = summaries_.emplace_back(portacl::replay(
        std::make_unique<FileSource>(path, [this] { return control_.is_cancelled(); }),
        owner_.engine(), writer ? &*writer : nullptr, sink ? &*sink : nullptr,
        [&](uint64_t bytes_read) {
          control_.report(bytes_before + bytes_read);
          return !control_.is_cancelled();
        }));
    bytes_before += summary.bytes;
    const bool fatal = summary.status.code == ErrorCode::kCancelled ||
                       summary.status.code == ErrorCode::kOutOfMemory;
    if (fatal || (!summary.status.ok() && !request_.lenient)) break;
    if (sink && sink->stopped()) break;
  }
  if (sink) output_status_ = sink->close();
}

void ReplayWorker::OnOK() {
  owner_.set_busy(false);
  auto captures = Napi::Array::New(Env(), summaries_.size());
  for (uint32_t i = 0; i < summaries_.size(); ++i) {
    captures.Set(i, summary_value(Env(), summaries_[i]));
  }
  auto result = Napi::Object::New(Env());
  result.Set("captures", captures);
  result.Set("outputError", status_value(Env(), output_status_));
  deferred_.Resolve(result);
}

void ReplayWorker::OnError(const Napi::Error& error) {
  owner_.set_busy(false);
  deferred_.Reject(error.Value());
}

}  // namespace portacl

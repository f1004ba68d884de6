#include "addon/decode.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "addon/job_control.h"
#include "addon/throw.h"
#include "decode/decode.h"
#include "platform/byte_source.h"
#include "platform/file_sink.h"

namespace portacl {

namespace {

class DecodeWorker final : public Napi::AsyncWorker {
 public:
  DecodeWorker(Napi::Env env, std::string path, DecodeFormat format, int descriptor,
               const Napi::Value& control)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)),
        format_(format),
        descriptor_(descriptor),
        control_(control) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      CaptureReader reader(
          std::make_unique<FileSource>(path_, [this] { return control_.is_cancelled(); }));
      FileSink sink(descriptor_);
      result_ = portacl::decode(reader, format_, sink, [this](uint64_t bytes_read) {
        control_.report(bytes_read);
        return !control_.is_cancelled();
      });
    } catch (const std::bad_alloc&) {
      result_.status.code = ErrorCode::kOutOfMemory;
    }
  }

  void OnOK() override {
    auto result = Napi::Object::New(Env());
    result.Set("packets", Napi::Number::New(Env(), static_cast<double>(result_.packets)));
    result.Set("error", status_value(Env(), result_.status));
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::string path_;
  DecodeFormat format_;
  int descriptor_;
  JobControl control_;
  DecodeResult result_;
};

}  // namespace

Napi::Value decode(const Napi::CallbackInfo& info) {
  const std::string format = info[1].As<Napi::String>();
  auto worker =
      std::make_unique<DecodeWorker>(info.Env(), info[0].As<Napi::String>(),
                                     format == "jsonl" ? DecodeFormat::kJsonl : DecodeFormat::kText,
                                     info[2].As<Napi::Number>().Int32Value(), info[3]);
  const Napi::Promise promise = worker->promise();
  worker.release()->Queue();  // a worker that is queued destroys itself
  return promise;
}

}  // namespace portacl

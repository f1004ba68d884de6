#include "addon/decode.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "addon/capture_input.h"
#include "addon/job.h"
#include "addon/throw.h"
#include "decode/decode.h"
#include "platform/file_sink.h"

namespace portacl {

namespace {

class DecodeJob final : public Job {
 public:
  DecodeJob(CaptureInput input, DecodeFormat format, int descriptor, const Napi::Value& watch)
      : Job(watch), input_(std::move(input)), format_(format), descriptor_(descriptor) {}

 protected:
  void run() override {
    try {
      CaptureReader reader(source_of(input_, [this] { return control().is_cancelled(); }));
      FileSink sink(descriptor_);
      result_ = portacl::decode(reader, format_, sink, [this](uint64_t bytes_read) {
        control().report(bytes_read);
        return !control().is_cancelled();
      });
    } catch (const std::bad_alloc&) {
      result_.status.code = ErrorCode::kOutOfMemory;
    }
  }

  Napi::Value result(Napi::Env env) override {
    auto object = Napi::Object::New(env);
    object.Set("packets", Napi::Number::New(env, static_cast<double>(result_.packets)));
    object.Set("error", status_value(env, result_.status));
    return object;
  }

 private:
  CaptureInput input_;
  DecodeFormat format_;
  int descriptor_;
  DecodeResult result_;
};

}  // namespace

Napi::Value decode(const Napi::CallbackInfo& info) {
  const std::string format = info[1].As<Napi::String>();
  return Job::start(info.Env(), std::make_unique<DecodeJob>(
                                    input_of(info[0]),
                                    format == "jsonl" ? DecodeFormat::kJsonl : DecodeFormat::kText,
                                    info[2].As<Napi::Number>().Int32Value(), info[3]));
}

}  // namespace portacl

#include "addon/capture_input.h"

#include <algorithm>
#include <utility>

#include "addon/channel_object.h"
#include "addon/job.h"
#include "addon/throw.h"
#include "capture/capture_reader.h"
#include "platform/descriptor.h"

namespace portacl {

namespace {

class PeekJob final : public Job {
 public:
  PeekJob(std::string path, size_t count, const Napi::Value& watch)
      : Job(watch), path_(std::move(path)), head_(count) {}

 protected:
  void run() override {
    FileSource source(path_, [this] { return control().is_cancelled(); });
    size_t size = 0;
    while (size < head_.size()) {
      const size_t got = source.read(head_.data() + size, head_.size() - size);
      if (got == 0) break;
      size += got;
    }
    head_.resize(size);
    status_ = source.status();
    if (status_.ok()) descriptor_ = source.detach();
  }

  Napi::Value result(Napi::Env env) override {
    auto head = Napi::Uint8Array::New(env, head_.size());
    std::copy(head_.begin(), head_.end(), head.Data());
    auto object = Napi::Object::New(env);
    object.Set("fd", Napi::Number::New(env, descriptor_));
    object.Set("head", head);
    object.Set("error", status_value(env, status_));
    return object;
  }

 private:
  std::string path_;
  std::vector<uint8_t> head_;
  int descriptor_ = -1;
  Status status_;
};

}  // namespace

CaptureInput input_of(const Napi::Value& value) {
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (auto channel = ChannelObject::channel_of(value)) return channel;
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "no capture input");
  const auto file = value.As<Napi::Object>();
  if (file.Has("follow")) return FollowedFile{file.Get("follow").ToString().Utf8Value()};
  const auto head = file.Get("head").As<Napi::Uint8Array>();
  return OpenFile{file.Get("fd").ToNumber().Int32Value(),
                  {head.Data(), head.Data() + head.ByteLength()}};
}

std::unique_ptr<ByteSource> source_of(CaptureInput& input, std::function<bool()> is_cancelled) {
  if (auto* const path = std::get_if<std::string>(&input)) {
    return std::make_unique<FileSource>(std::move(*path), std::move(is_cancelled));
  }
  if (auto* const file = std::get_if<FollowedFile>(&input)) {
    return std::make_unique<FileSource>(std::move(file->path), std::move(is_cancelled),
                                        AtEnd::kFollow);
  }
  if (auto* const file = std::get_if<OpenFile>(&input)) {
    return std::make_unique<FileSource>(file->descriptor, std::move(file->head),
                                        std::move(is_cancelled));
  }
  return std::make_unique<ChannelSource>(std::get<std::shared_ptr<ByteChannel>>(std::move(input)),
                                         std::move(is_cancelled));
}

Napi::Value is_capture(const Napi::CallbackInfo& info) {
  const auto head = info[0].As<Napi::Uint8Array>();
  const bool yes = CaptureReader::is_capture({head.Data(), head.ByteLength()});
  return Napi::Boolean::New(info.Env(), yes);
}

Napi::Value peek(const Napi::CallbackInfo& info) {
  const auto count = static_cast<size_t>(info[1].ToNumber().Uint32Value());
  return Job::start(info.Env(),
                    std::make_unique<PeekJob>(info[0].ToString().Utf8Value(), count, info[2]));
}

Napi::Value pipe(const Napi::CallbackInfo& info) {
  descriptor::Pipe ends;
  if (!descriptor::open_pipe(ends)) return info.Env().Null();
  auto object = Napi::Object::New(info.Env());
  object.Set("read", Napi::Number::New(info.Env(), ends.read_end));
  object.Set("write", Napi::Number::New(info.Env(), ends.write_end));
  return object;
}

Napi::Value position(const Napi::CallbackInfo& info) {
  const int64_t at = descriptor::position_of(info[0].ToNumber().Int32Value());
  return Napi::Number::New(info.Env(), static_cast<double>(std::max<int64_t>(at, 0)));
}

}  // namespace portacl

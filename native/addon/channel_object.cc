#include "addon/channel_object.h"

#include <utility>
#include <vector>

#include "addon/js_callback.h"

namespace portacl {

namespace {

// Marks objects of this class, so that others are told apart. Source: Node-API, "Object wrap".
constexpr napi_type_tag kTypeTag = {0x706F727461636C31, 0x6279746563686E6C};

}  // namespace

void ChannelObject::init(Napi::Env env, Napi::Object exports) {
  exports.Set("ByteChannel", DefineClass(env, "ByteChannel",
                                         {InstanceMethod<&ChannelObject::write>("write"),
                                          InstanceMethod<&ChannelObject::attach>("attach"),
                                          InstanceMethod<&ChannelObject::end>("end"),
                                          InstanceAccessor<&ChannelObject::closed>("closed")}));
}

ChannelObject::ChannelObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ChannelObject>(info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "wanted: function");
  auto callback = std::make_shared<JsCallback>(info[0].As<Napi::Function>(), "portacl channel");
  channel_ = std::make_shared<ByteChannel>([callback] { callback->call(); });
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

std::shared_ptr<ByteChannel> ChannelObject::channel_of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTypeTag)) return nullptr;
  return Unwrap(value.As<Napi::Object>())->channel_;
}

Napi::Value ChannelObject::write(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "Uint8Array expected");
  const auto chunk = info[0].As<Napi::Uint8Array>();
  const bool more = channel_->write({chunk.Data(), chunk.Data() + chunk.ByteLength()});
  return Napi::Boolean::New(info.Env(), more);
}

void ChannelObject::attach(const Napi::CallbackInfo& info) {
  channel_->attach(info[0].ToNumber().Int32Value());
}

void ChannelObject::end(const Napi::CallbackInfo& info) {
  Status status;
  if (info[0].IsObject()) {
    const auto error = info[0].As<Napi::Object>();
    const auto number = [&error](const char* name) {
      return static_cast<uint64_t>(error.Get(name).ToNumber().Int64Value());
    };
    status = {static_cast<ErrorCode>(number("code")), number("offset"), number("detail")};
  }
  channel_->end(status);
}

Napi::Value ChannelObject::closed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), channel_->is_closed());
}

}  // namespace portacl

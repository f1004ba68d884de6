#include "addon/record_channel_object.h"

#include "addon/typed_array.h"
#include "report/column_output.h"

namespace portacl {

namespace {

// Marks objects of this class, so that others are told apart. Source: Node-API, "Object wrap".
constexpr napi_type_tag kTypeTag = {0x706F727461636C32, 0x7265636F7264636E};

}  // namespace

void RecordChannelObject::init(Napi::Env env, Napi::Object exports) {
  exports.Set("RecordChannel", DefineClass(env, "RecordChannel",
                                           {InstanceMethod<&RecordChannelObject::give>("give"),
                                            InstanceMethod<&RecordChannelObject::take>("take"),
                                            InstanceMethod<&RecordChannelObject::close>("close")}));
}

RecordChannelObject::RecordChannelObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<RecordChannelObject>(info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "filled: function");
  callback_ = std::make_shared<JsCallback>(info[0].As<Napi::Function>(), "portacl records");
  channel_ = std::make_shared<BufferChannel>([callback = callback_] { callback->call(); });
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

std::shared_ptr<BufferChannel> RecordChannelObject::channel_of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTypeTag)) return nullptr;
  return Unwrap(value.As<Napi::Object>())->channel_;
}

void RecordChannelObject::give(const Napi::CallbackInfo& info) {
  const auto bytes = bytes_of(info[0]);
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % alignof(int64_t) == 0;
  if (column_rows(bytes.size()) == 0 || !aligned) {
    throw Napi::RangeError::New(info.Env(), "a buffer aligned to 8, with room for eight rows");
  }
  given_.push_back(Napi::Persistent(info[0].As<Napi::Object>()));
  channel_->give(bytes);
}

Napi::Value RecordChannelObject::take(const Napi::CallbackInfo& info) {
  const auto count = channel_->take();
  if (!count) return info.Env().Null();
  given_.pop_front();
  return Napi::Number::New(info.Env(), static_cast<double>(*count));
}

void RecordChannelObject::close(const Napi::CallbackInfo&) {
  channel_->close();
  callback_->release();
}

}  // namespace portacl

#include "addon/throw.h"

#include <string>

namespace portacl {

namespace {

// Offsets beyond 2^53 do not occur: no file is that long.
void set_fields(Napi::Env env, Napi::Object object, const Status& status) {
  object.Set("code", Napi::String::New(env, error_code_name(status.code)));
  object.Set("offset", Napi::Number::New(env, static_cast<double>(status.offset)));
  object.Set("detail", Napi::Number::New(env, static_cast<double>(status.detail)));
}

}  // namespace

Napi::Value status_value(Napi::Env env, const Status& status) {
  if (status.ok()) return env.Null();
  auto object = Napi::Object::New(env);
  set_fields(env, object, status);
  return object;
}

Napi::Error status_error(Napi::Env env, const Status& status) {
  const std::string name = error_code_name(status.code);
  auto error = Napi::Error::New(env, name + " at byte " + std::to_string(status.offset));
  set_fields(env, error.Value(), status);
  return error;
}

}  // namespace portacl

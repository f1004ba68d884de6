#include "addon/explanation_value.h"

#include <cstring>

namespace portacl {

namespace {

Napi::Uint8Array bytes_value(Napi::Env env, const void* bytes, size_t size) {
  auto array = Napi::Uint8Array::New(env, size);
  if (size > 0) std::memcpy(array.Data(), bytes, size);
  return array;
}

}  // namespace

Napi::Value explanation_value(Napi::Env env, const Explanation& explanation) {
  auto object = Napi::Object::New(env);
  object.Set("packets", bytes_value(env, explanation.packets.data(),
                                    explanation.packets.size() * sizeof(SeenPacketRow)));
  object.Set("steps", bytes_value(env, explanation.steps.data(),
                                  explanation.steps.size() * sizeof(TraceRow)));
  return object;
}

}  // namespace portacl

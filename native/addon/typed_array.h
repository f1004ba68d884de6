// Typed arrays of JavaScript as spans. A span holds until JavaScript runs again.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>

namespace portacl {

// Errors: throws a JavaScript TypeError for what is no Uint8Array. One whose buffer was transferred
// away is empty.
inline std::span<uint8_t> bytes_of(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), "Uint8Array expected");
  }
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

}  // namespace portacl

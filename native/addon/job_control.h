// What JavaScript and a job on another thread tell each other while the job runs: an Int32Array
// whose first element cancels when it is not zero, and whose second holds the KiB read so far.
//
// Threads: made and destroyed on the JavaScript thread, read and written on any. The array stays
// referenced as long as this lives, so that its memory does.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>

namespace portacl {

class JobControl {
 public:
  // `value`: an Int32Array with two elements or more, or undefined for a job nobody watches.
  // Errors: throws a JavaScript TypeError for anything else.
  explicit JobControl(const Napi::Value& value) {
    if (value.IsUndefined()) return;
    if (!is_int32_array(value)) throw Napi::TypeError::New(value.Env(), "control: Int32Array");
    auto array = value.As<Napi::Int32Array>();
    if (array.ElementLength() < 2) {
      throw Napi::TypeError::New(value.Env(), "control: two elements or more");
    }
    words_ = array.Data();
    array_ = Napi::Persistent(array.As<Napi::Object>());
  }

  bool is_cancelled() const {
    return cancelled_ || (words_ != nullptr && std::atomic_ref<int32_t>(words_[0]).load() != 0);
  }
  void cancel() { cancelled_ = true; }
  void report(uint64_t bytes_read) const {
    if (words_ == nullptr) return;
    std::atomic_ref<int32_t>(words_[1]).store(static_cast<int32_t>(bytes_read >> 10));
  }

 private:
  static bool is_int32_array(const Napi::Value& value) {
    return value.IsTypedArray() &&
           value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  }

  Napi::ObjectReference array_;
  int32_t* words_ = nullptr;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace portacl

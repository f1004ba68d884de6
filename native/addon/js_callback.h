// A JavaScript function that any thread may ask for.
//
// What calls it must let go of it in the end, since the function often refers, in JavaScript, to
// the object that owns this: neither would ever be collected. When Node ends first, the engine's
// side of the function goes with it and every later call means nothing.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>

namespace portacl {

class JsCallback {
 public:
  // It does not keep Node alive.
  JsCallback(const Napi::Function& function, const char* name) : state_(std::make_shared<State>()) {
    const auto when_gone = [state = state_](Napi::Env) {
      const std::lock_guard lock(state->mutex);
      state->gone = true;
    };
    state_->function =
        Napi::ThreadSafeFunction::New(function.Env(), function, name, 0, 1, when_gone);
    state_->function.Unref(function.Env());
  }
  ~JsCallback() { release(); }
  JsCallback(const JsCallback&) = delete;
  JsCallback& operator=(const JsCallback&) = delete;

  void call() {
    const std::lock_guard lock(state_->mutex);
    if (!state_->gone) state_->function.NonBlockingCall();
  }

  // Calls that were made before still come.
  void release() {
    const std::lock_guard lock(state_->mutex);
    if (state_->gone) return;
    state_->gone = true;
    state_->function.Release();
  }

 private:
  struct State {
    std::mutex mutex;
    Napi::ThreadSafeFunction function;
    bool gone = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace portacl

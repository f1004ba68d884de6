// The class `RecordChannel` for JavaScript: buffers that a replay fills with verdicts.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>

#include "addon/js_callback.h"
#include "platform/buffer_channel.h"

namespace portacl {

// new RecordChannel(filled: () => void), which is called when there is something to take. It does
//   not keep Node alive.
// give(buffer: Uint8Array): to be filled, after those given before; see column_output.h. It is
//   referenced, and not to be touched, until it is taken.
// take(): number | null, the rows of the oldest filled buffer.
// close(): no more is wanted, and `filled` is let go of.
class RecordChannelObject final : public Napi::ObjectWrap<RecordChannelObject> {
 public:
  static void init(Napi::Env env, Napi::Object exports);
  explicit RecordChannelObject(const Napi::CallbackInfo& info);

  // The channel of a value that is a RecordChannel, or null. Whoever writes to it references the
  // value: the buffers live as long as it does.
  static std::shared_ptr<BufferChannel> channel_of(const Napi::Value& value);

 private:
  void give(const Napi::CallbackInfo& info);
  Napi::Value take(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  std::shared_ptr<JsCallback> callback_;
  std::shared_ptr<BufferChannel> channel_;
  std::deque<Napi::ObjectReference> given_;
};

}  // namespace portacl

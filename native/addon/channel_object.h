// The class `ByteChannel` for JavaScript: bytes that Node makes and a job reads.
#pragma once

#include <napi.h>

#include <memory>

#include "platform/byte_channel.h"

namespace portacl {

// new ByteChannel(wanted: () => void), which is called when bytes are wanted: first when a job
//   comes to read, then whenever write() has said to wait and there is room again, last when the
//   job reads no more. It does not keep Node alive.
// write(chunk: Uint8Array): boolean, false to wait for `wanted`; the bytes are copied.
// attach(fd: number): instead of write(), the bytes come from there; it is closed by who reads.
// end(error: {code: number, offset: number, detail: number} | null): the last call.
// closed: boolean, whether nobody reads any more.
class ChannelObject final : public Napi::ObjectWrap<ChannelObject> {
 public:
  static void init(Napi::Env env, Napi::Object exports);
  explicit ChannelObject(const Napi::CallbackInfo& info);

  const std::shared_ptr<ByteChannel>& channel() const { return channel_; }

  // The channel of a value that is a ByteChannel, or null.
  static std::shared_ptr<ByteChannel> channel_of(const Napi::Value& value);

 private:
  Napi::Value write(const Napi::CallbackInfo& info);
  void attach(const Napi::CallbackInfo& info);
  void end(const Napi::CallbackInfo& info);
  Napi::Value closed(const Napi::CallbackInfo& info);

  std::shared_ptr<ByteChannel> channel_;
};

}  // namespace portacl

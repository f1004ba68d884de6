// Where a job reads a capture from, as JavaScript names it.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "platform/byte_channel.h"
#include "platform/byte_source.h"

namespace portacl {

// A file that is open already, and its first bytes, which have been read.
struct OpenFile {
  int descriptor;
  std::vector<uint8_t> head;
};

// A file that may grow while it is read.
struct FollowedFile {
  std::string path;
};

// A path; {follow: string}, the path of a file to be followed until the job is cancelled; {fd:
// number, head: Uint8Array}, closed by who reads it unless it is standard input; or a ByteChannel.
using CaptureInput =
    std::variant<std::string, FollowedFile, OpenFile, std::shared_ptr<ByteChannel>>;

// Errors: throws a JavaScript TypeError for anything else.
CaptureInput input_of(const Napi::Value& value);

// The bytes of `input`, which is used up. `is_cancelled`: see byte_source.h.
std::unique_ptr<ByteSource> source_of(CaptureInput& input, std::function<bool()> is_cancelled);

// is_capture(head: Uint8Array): boolean, whether a file that begins so is of a format that is read.
Napi::Value is_capture(const Napi::CallbackInfo& info);

// peek(path: string, count: number, control: Int32Array | undefined):
//   Promise<{fd: number, head: Uint8Array, error: status | null}>
// Opens a file ("-" is standard input) and reads up to `count` bytes, waiting for them where it is
// a pipe; without an error `fd` is the caller's to close.
Napi::Value peek(const Napi::CallbackInfo& info);

// pipe(): {read: number, write: number} | null where there is none. Both ends are the caller's.
Napi::Value pipe(const Napi::CallbackInfo& info);

// position(fd: number): number, the place in an open file, which other programs may move that were
// handed it; 0 where it has none.
Napi::Value position(const Napi::CallbackInfo& info);

}  // namespace portacl

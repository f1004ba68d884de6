// The class `Program` for JavaScript: a validated rule program that any number of sessions share.
#pragma once

#include <napi.h>

#include <memory>

#include "program/program.h"

namespace portacl {

// new Program(bytes: Uint8Array)
//   throws an Error with {code, offset, detail} for bytes that are not sound.
class ProgramObject final : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramObject(const Napi::CallbackInfo& info);

  const std::shared_ptr<const Program>& program() const { return program_; }

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace portacl

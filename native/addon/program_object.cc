#include "addon/program_object.h"

#include <utility>

#include "addon/throw.h"
#include "addon/typed_array.h"

namespace portacl {

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(env, "Program", {});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ProgramObject>(info) {
  std::unique_ptr<const Program> program;
  const Status status = Program::load(bytes_of(info[0]), program);
  if (!status.ok()) throw status_error(info.Env(), status);
  program_ = std::move(program);
}

}  // namespace portacl

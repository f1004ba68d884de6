#include "addon/program_object.h"

#include <utility>

#include "addon/classifier_facts_value.h"
#include "addon/throw.h"
#include "addon/typed_array.h"
#include "platform/cpu_features.h"

namespace portacl {

namespace {

// Marks objects of this class, so that another one is not taken for it.
constexpr napi_type_tag kTag = {0x5e0c1d6f7a3b4c29, 0x9d41b7e2a8f03c55};

}  // namespace

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(env, "Program", {InstanceMethod("groups", &ProgramObject::groups)});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ProgramObject>(info) {
  std::unique_ptr<const Program> program;
  const Status status = Program::load(bytes_of(info[0]), program);
  if (!status.ok()) throw status_error(info.Env(), status);
  ClassifierOptions options;
  const Status found = find_kernel(kernel_wanted(), options.kernel);
  if (!found.ok()) throw status_error(info.Env(), found);
  policy_ = std::make_shared<const GroupClassifiers>(std::move(program), options);
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

Napi::Value ProgramObject::groups(const Napi::CallbackInfo& info) {
  auto groups = Napi::Array::New(info.Env());
  const auto count = static_cast<uint32_t>(policy_->program()->groups().size());
  for (uint32_t row = 0; row < count; ++row) {
    groups.Set(row, classifier_facts_value(info.Env(), policy_->facts(row)));
  }
  return groups;
}

std::shared_ptr<const GroupClassifiers> ProgramObject::policy_of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(value.Env(), "Program expected");
  }
  return Unwrap(value.As<Napi::Object>())->policy();
}

}  // namespace portacl

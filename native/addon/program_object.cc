#include "addon/program_object.h"

#include <utility>

#include "addon/background_builds.h"
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
  auto builds = std::make_unique<BackgroundBuilds>();
  const Napi::Function defined = DefineClass(
      env, "Program",
      {InstanceMethod<&ProgramObject::groups>("groups"),
       InstanceMethod<&ProgramObject::build_behind>("buildBehind", napi_default, builds.get())});
  env.AddCleanupHook([](BackgroundBuilds* ended) { delete ended; }, builds.get());
  (void)builds.release();  // the hook has it
  return defined;
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ProgramObject>(info) {
  std::unique_ptr<const Program> program;
  const Status status = Program::load(bytes_of(info[0]), program);
  if (!status.ok()) throw status_error(info.Env(), status);
  ClassifierOptions options;
  const Status found = find_kernel(kernel_wanted(), options.kernel);
  if (!found.ok()) throw status_error(info.Env(), found);
  if (info[1].IsUndefined()) {
    policy_ = std::make_shared<const GroupClassifiers>(std::move(program), options);
  } else {
    policy_ = std::make_shared<const GroupClassifiers>(
        std::move(program), options, *policy_of(info[1]),
        info[2].ToBoolean() ? ChangedGroups::kPutOff : ChangedGroups::kBuilt);
  }
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

Napi::Value ProgramObject::build_behind(const Napi::CallbackInfo& info) {
  static_cast<BackgroundBuilds*>(info.Data())->add(policy_, policy_of(info[0]).get());
  return info.Env().Undefined();
}

std::shared_ptr<const GroupClassifiers> ProgramObject::policy_of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(value.Env(), "Program expected");
  }
  return Unwrap(value.As<Napi::Object>())->policy();
}

}  // namespace portacl

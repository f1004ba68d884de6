// The class `Program` for JavaScript: a validated rule program with its classifiers, which any
// number of engines and sessions share.
#pragma once

#include <napi.h>

#include <memory>

#include "classifier/group_classifiers.h"

namespace portacl {

// new Program(bytes: Uint8Array, earlier?: Program, putsOff?: boolean)
//   With an earlier one it shares searches with it; with `putsOff` large groups that changed a
//   little are not built yet.
//   throws an Error with {code, offset, detail} for bytes that are not sound, and for a kernel that
//   PORTACL_KERNEL names and this CPU does not run.
class ProgramObject final : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramObject(const Napi::CallbackInfo& info);

  const std::shared_ptr<const GroupClassifiers>& policy() const { return policy_; }

  // That of a JavaScript value. Errors: throws a TypeError for anything but a Program.
  static std::shared_ptr<const GroupClassifiers> policy_of(const Napi::Value& value);

 private:
  // groups(): how each group of rules is searched, by row (NativeClassifierFacts).
  Napi::Value groups(const Napi::CallbackInfo& info);

  // buildBehind(earlier: Program): builds on another thread what is put off, in the place of what
  // the earlier one had put off. Answers do not change by it.
  Napi::Value build_behind(const Napi::CallbackInfo& info);

  std::shared_ptr<const GroupClassifiers> policy_;
};

}  // namespace portacl

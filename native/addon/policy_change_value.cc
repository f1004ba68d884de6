#include "addon/policy_change_value.h"

#include <cstring>
#include <utility>

#include "addon/flow_rows.h"
#include "addon/program_object.h"
#include "addon/replay_request.h"
#include "addon/throw.h"

namespace portacl {
namespace {

std::vector<uint32_t> rows_of(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    throw Napi::TypeError::New(value.Env(), "Uint32Array expected");
  }
  const auto array = value.As<Napi::Uint32Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

PolicyMark mark_of(const Napi::Object& object) {
  PolicyMark mark;
  const Napi::Value value = object.Get("markValue");
  if (!value.IsBigInt()) return mark;
  const uint32_t kind = object.Get("markKind").ToNumber().Uint32Value();
  if (kind > 2) throw Napi::RangeError::New(object.Env(), "no kind of mark");
  bool lossless = false;
  mark.kind = static_cast<PolicyMark::Kind>(kind);
  mark.value = value.As<Napi::BigInt>().Int64Value(&lossless);
  return mark;
}

}  // namespace

PolicyChange change_of(const Napi::Value& value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "a change expected");
  const auto object = value.As<Napi::Object>();
  PolicyChange change;
  change.mark = mark_of(object);
  change.policy = ProgramObject::policy_of(object.Get("program"));
  change.endpoints = rows_of(object.Get("endpoints"));
  change.layers = rows_of(object.Get("layers"));
  change.rules = rows_of(object.Get("rules"));
  change.spared = rows_of(object.Get("spared"));
  const uint32_t mode = object.Get("mode").ToNumber().Uint32Value();
  if (mode > 2) throw Napi::RangeError::New(object.Env(), "no mode of a change");
  change.mode = static_cast<UpdateMode>(mode);
  change.texts = verdict_texts_of(object.Get("texts"), *change.policy->program());
  return change;
}

std::vector<PolicyChange> changes_of(const Napi::Value& value) {
  std::vector<PolicyChange> changes;
  if (!value.IsArray()) return changes;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) changes.push_back(change_of(array.Get(i)));
  return changes;
}

Napi::Value apply_change(Napi::Env env, Engine& engine, PolicyChange change) {
  const Status status = engine.apply(change.policy, change.rows(), change.mode, change.report);
  if (!status.ok()) throw status_error(env, status);
  if (engine.out_of_memory()) throw status_error(env, {ErrorCode::kOutOfMemory, 0, 0});
  return report_value(env, change.report);
}

Napi::Value report_value(Napi::Env env, const UpdateReport& report) {
  constexpr size_t kWords = 6;
  auto groups = Napi::Uint32Array::New(env, report.groups.size() * kWords);
  std::vector<FlowCopy> examples;
  uint32_t* word = groups.Data();
  for (const FateGroup& group : report.groups) {
    const uint32_t words[kWords] = {static_cast<uint32_t>(group.fate),
                                    group.layer,
                                    group.rule,
                                    group.rule_now,
                                    group.flows,
                                    static_cast<uint32_t>(group.examples.size())};
    std::memcpy(word, words, sizeof words);
    word += kWords;
    examples.insert(examples.end(), group.examples.begin(), group.examples.end());
  }
  auto object = Napi::Object::New(env);
  object.Set("groups", groups);
  object.Set("examples", flow_rows(env, examples));
  return object;
}

Napi::Value changes_value(Napi::Env env, const std::vector<PolicyChange>& changes) {
  auto array = Napi::Array::New(env, changes.size());
  for (uint32_t i = 0; i < changes.size(); ++i) {
    const PolicyChange& change = changes[i];
    if (!change.applied) {
      array[i] = env.Null();
      continue;
    }
    const auto object = report_value(env, change.report).As<Napi::Object>();
    object.Set("capture", change.capture);
    object.Set("frame", static_cast<double>(change.frame));
    object.Set("timeNs", change.time_ns == kNoTime
                             ? env.Null()
                             : Napi::BigInt::New(env, change.time_ns).As<Napi::Value>());
    array[i] = object;
  }
  return array;
}

}  // namespace portacl

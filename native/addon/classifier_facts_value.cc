#include "addon/classifier_facts_value.h"

namespace portacl {
namespace {

Napi::Object refusal_value(Napi::Env env, const Refusal& refusal) {
  auto object = Napi::Object::New(env);
  object.Set("algorithm", algorithm_name(refusal.algorithm));
  object.Set("stage", refusal.stage);
  object.Set("bytes", static_cast<double>(refusal.bytes));
  object.Set("bytesMax", static_cast<double>(refusal.bytes_max));
  object.Set("work", static_cast<double>(refusal.work));
  object.Set("workMax", static_cast<double>(refusal.work_max));
  return object;
}

}  // namespace

Napi::Object classifier_facts_value(Napi::Env env, const ClassifierFacts& facts) {
  auto object = Napi::Object::New(env);
  object.Set("algorithm", algorithm_name(facts.algorithm));
  object.Set("reason", facts.reason);
  object.Set("rules", facts.rules);
  object.Set("tableRules", facts.table_rules);
  object.Set("everywhereRules", facts.everywhere_rules);
  object.Set("longestList", facts.longest_list);
  object.Set("bytes", static_cast<double>(facts.bytes));
  auto refusals = Napi::Array::New(env);
  for (const Refusal& refusal : facts.refusals) {
    refusals.Set(refusals.Length(), refusal_value(env, refusal));
  }
  object.Set("refusals", refusals);
  return object;
}

}  // namespace portacl

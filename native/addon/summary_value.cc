#include "addon/summary_value.h"

#include "addon/throw.h"

namespace portacl {

namespace {

Napi::Value time_value(Napi::Env env, int64_t time_ns) {
  if (time_ns == kNoTime) return env.Null();
  return Napi::BigInt::New(env, time_ns);
}

Napi::Value summary_value(Napi::Env env, const CaptureSummary& summary) {
  auto object = Napi::Object::New(env);
  object.Set("packets", Napi::Number::New(env, static_cast<double>(summary.packets)));
  object.Set("bytes", Napi::Number::New(env, static_cast<double>(summary.bytes)));
  object.Set("firstTimeNs", time_value(env, summary.first_time_ns));
  object.Set("lastTimeNs", time_value(env, summary.last_time_ns));
  object.Set("lostPackets", Napi::Number::New(env, static_cast<double>(summary.lost_packets)));
  object.Set("error", status_value(env, summary.status));
  return object;
}

}  // namespace

Napi::Array summary_values(Napi::Env env, std::span<const CaptureSummary> summaries) {
  auto array = Napi::Array::New(env, summaries.size());
  for (uint32_t i = 0; i < summaries.size(); ++i) array.Set(i, summary_value(env, summaries[i]));
  return array;
}

}  // namespace portacl

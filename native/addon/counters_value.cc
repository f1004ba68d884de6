#include "addon/counters_value.h"

#include <cstring>
#include <iterator>
#include <vector>

namespace portacl {

namespace {

// `count` structures of 64-bit numbers as one flat array.
template <class Counter>
Napi::BigUint64Array words_of(Napi::Env env, const Counter* counters, size_t count) {
  static_assert(sizeof(Counter) % sizeof(uint64_t) == 0);
  auto array = Napi::BigUint64Array::New(env, count * sizeof(Counter) / sizeof(uint64_t));
  if (count > 0) std::memcpy(array.Data(), counters, count * sizeof(Counter));
  return array;
}

}  // namespace

Napi::Value counters_value(Napi::Env env, const Counters& counters) {
  const uint64_t totals[] = {counters.packets, counters.bytes, counters.flows,
                             counters.fragment_overflows};
  auto object = Napi::Object::New(env);
  object.Set("rules", words_of(env, counters.rules.data(), counters.rules.size()));
  object.Set("endpoints", words_of(env, counters.endpoints.data(), counters.endpoints.size()));
  object.Set("layers", words_of(env, counters.layers.data(), counters.layers.size()));
  object.Set("tcpPackets", words_of(env, counters.tcp_packets.data(), counters.tcp_packets.size()));
  object.Set("endpointReasons",
             words_of(env, counters.endpoint_reasons.data(), counters.endpoint_reasons.size()));
  object.Set("reasons",
             words_of(env, &counters.reasons[0][0][0], kOutcomes * kStages * kReasonCount));
  const std::vector<ConditionValues::Count> values = counters.condition_values.sorted();
  object.Set("conditionValues", words_of(env, values.data(), values.size()));
  object.Set("totals", words_of(env, totals, std::size(totals)));
  return object;
}

}  // namespace portacl

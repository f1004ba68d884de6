#include "addon/engine_bench.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "addon/throw.h"
#include "capture/capture_reader.h"
#include "engine/capture_point.h"
#include "platform/thread_clock.h"

namespace portacl {

namespace {

// As replay.cc has it.
constexpr size_t kBatch = 64;

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds_since(Clock::time_point begin) {
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
  return static_cast<uint64_t>(took.count());
}

}  // namespace

EngineBench::EngineBench(EngineObject& owner, CaptureInput input, const Napi::Value& control)
    : Job(control),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      input_(std::move(input)) {
  owner_.set_busy(true);
}

EngineBench::~EngineBench() { owner_.set_busy(false); }

void EngineBench::run() {
  try {
    judge_all();
  } catch (const std::bad_alloc&) {
    status_.code = ErrorCode::kOutOfMemory;
  }
}

void EngineBench::judge_all() {
  Engine& engine = owner_.engine();
  CaptureReader reader(source_of(input_, [this] { return control().is_cancelled(); }));
  std::array<CaptureRecord, kBatch> batch;
  std::vector<CaptureRecord> scratch;
  const uint64_t cpu_begin_ns = thread_cpu_ns();
  while (const size_t count = reader.next_batch(batch)) {
    const auto begin = Clock::now();
    engine.process(at_ports(engine.capture_place(), std::span(batch.data(), count), scratch),
                   nullptr);
    if (count == kBatch) full_batches_.add(nanoseconds_since(begin));
    packets_ += count;
    control().report(reader.bytes_read());
    if (control().is_cancelled() || engine.out_of_memory()) break;
  }
  cpu_ns_ = thread_cpu_ns() - cpu_begin_ns;
  status_ = reader.status();
  if (engine.out_of_memory()) status_ = {ErrorCode::kOutOfMemory, reader.bytes_read(), 0};
  if (control().is_cancelled()) status_ = {ErrorCode::kCancelled, reader.bytes_read(), 0};
}

Napi::Value EngineBench::result(Napi::Env env) {
  std::vector<double> pairs;
  for (size_t bucket = 0; bucket < LatencyBuckets::kCount; ++bucket) {
    const uint64_t count = full_batches_.count(bucket);
    if (count == 0) continue;
    pairs.push_back(static_cast<double>(LatencyBuckets::most_of(bucket)));
    pairs.push_back(static_cast<double>(count));
  }
  auto latencies = Napi::Float64Array::New(env, pairs.size());
  std::copy(pairs.begin(), pairs.end(), latencies.Data());
  auto object = Napi::Object::New(env);
  const auto number = [&](const char* name, uint64_t value) {
    object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  number("packets", packets_);
  number("batchPackets", kBatch);
  number("cpuNs", cpu_ns_);
  object.Set("latencies", latencies);
  object.Set("error", status_value(env, status_));
  return object;
}

}  // namespace portacl

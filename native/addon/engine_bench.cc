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

namespace portacl {

namespace {

// As replay.cc has it.
constexpr size_t kBatch = 64;

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds(Clock::time_point from, Clock::time_point to) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count());
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
  auto begin = Clock::now();
  while (const size_t count = reader.next_batch(batch)) {
    const auto read = Clock::now();
    engine.process(at_ports(engine.capture_place(), std::span(batch.data(), count), scratch),
                   nullptr);
    const auto judged = Clock::now();
    const uint64_t took_ns = nanoseconds(read, judged);
    read_ns_ += nanoseconds(begin, read);
    judge_ns_ += took_ns;
    if (count == kBatch) full_batches_.add(took_ns);
    packets_ += count;
    control().report(reader.bytes_read());
    if (control().is_cancelled() || engine.out_of_memory()) break;
    begin = judged;
  }
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
  number("readNs", read_ns_);
  number("judgeNs", judge_ns_);
  object.Set("latencies", latencies);
  object.Set("error", status_value(env, status_));
  return object;
}

}  // namespace portacl

#include "addon/classifier_bench.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "addon/classifier_facts_value.h"
#include "addon/throw.h"
#include "classifier/classifier.h"
#include "platform/cpu_features.h"
#include "program/program.h"

namespace portacl {

namespace {

constexpr size_t kBatch = 256;
constexpr int kBuilds = 3;

struct MeasureRequest {
  std::vector<uint8_t> program;
  uint32_t group_row = 0;
  std::vector<MatchKey4> keys;
  uint32_t threads = 1;
  uint32_t repetitions = 1;
  size_t verify = 0;
  std::optional<Algorithm> algorithm;  // instead of the one that would be chosen
};

struct ClassifierMeasurement {
  ClassifierFacts facts;
  std::string kernel;
  std::vector<double> build_seconds;
  std::vector<double> pass_seconds;  // of all threads together, wall clock
  size_t unmatched = 0;
  size_t verified = 0;
  size_t wrong = 0;
};

template <class Work>
double seconds_of(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void look_up_all(const Classifier& classifier, std::span<const MatchKey4> keys,
                 std::span<uint32_t> rows) {
  for (size_t i = 0; i < keys.size(); i += kBatch) {
    const size_t count = std::min(kBatch, keys.size() - i);
    classifier.find_first(keys.subspan(i, count), rows.subspan(i, count));
  }
}

// Every thread goes over the whole trace, with answers of its own.
void one_pass(const Classifier& classifier, std::span<const MatchKey4> keys,
              std::vector<std::vector<uint32_t>>& rows) {
  std::vector<std::thread> others;
  for (size_t t = 1; t < rows.size(); ++t) {
    others.emplace_back([&, t] { look_up_all(classifier, keys, rows[t]); });
  }
  look_up_all(classifier, keys, rows[0]);
  for (std::thread& other : others) other.join();
}

// The answers of every thread.
std::vector<std::vector<uint32_t>> run_passes(const Classifier& classifier,
                                              const MeasureRequest& request,
                                              ClassifierMeasurement& out) {
  const std::span<const MatchKey4> keys(request.keys);
  std::vector<std::vector<uint32_t>> rows(request.threads, std::vector<uint32_t>(keys.size()));
  one_pass(classifier, keys, rows);  // warms caches and pages
  for (uint32_t i = 0; i < request.repetitions; ++i) {
    out.pass_seconds.push_back(seconds_of([&] { one_pass(classifier, keys, rows); }));
  }
  return rows;
}

Status measure(const MeasureRequest& request, ClassifierMeasurement& out) {
  std::unique_ptr<const Program> program;
  if (Status status = Program::load(request.program, program); !status.ok()) return status;
  const Kernel* kernel = nullptr;
  if (Status status = find_kernel(kernel_wanted(), kernel); !status.ok()) return status;
  if (request.group_row >= program->groups().size()) return {ErrorCode::kProgramIndex};
  const GroupRow& group = program->groups()[request.group_row];
  if (static_cast<Family>(group.family) != Family::kIpv4) return {ErrorCode::kProgramValue};
  out.kernel = kernel->name;
  std::unique_ptr<const Classifier> classifier;
  const ClassifierOptions options = {.kernel = kernel};
  for (int i = 0; i < kBuilds; ++i) {
    out.build_seconds.push_back(seconds_of([&] {
      classifier = request.algorithm
                       ? build_classifier(*program, group, options, *request.algorithm)
                       : build_classifier(*program, group, options);
    }));
    if (classifier == nullptr) return {ErrorCode::kAlgorithmRefused};
  }
  out.facts = classifier->facts();
  const auto rows = run_passes(*classifier, request, out);
  out.unmatched = static_cast<size_t>(std::count(rows[0].begin(), rows[0].end(), kNoRow));
  out.verified = std::min(request.verify, request.keys.size());
  for (size_t i = 0; i < out.verified; ++i) {
    const uint32_t wanted = find_first(*program, group, headers_of(request.keys[i]));
    out.wrong +=
        std::any_of(rows.begin(), rows.end(), [&](const auto& r) { return r[i] != wanted; });
  }
  return {};
}

Napi::Value seconds_value(Napi::Env env, const std::vector<double>& seconds) {
  auto array = Napi::Float64Array::New(env, seconds.size());
  std::copy(seconds.begin(), seconds.end(), array.Data());
  return array;
}

class MeasureWorker final : public Napi::AsyncWorker {
 public:
  MeasureWorker(Napi::Env env, MeasureRequest request)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        request_(std::move(request)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      status_ = measure(request_, result_);
    } catch (const std::bad_alloc&) {
      status_.code = ErrorCode::kOutOfMemory;
    }
  }

  void OnOK() override {
    if (!status_.ok()) {
      deferred_.Reject(status_error(Env(), status_).Value());
      return;
    }
    Napi::Object object = classifier_facts_value(Env(), result_.facts);
    const auto number = [&](const char* name, double value) { object.Set(name, value); };
    object.Set("kernel", result_.kernel);
    object.Set("cpu", cpu_name());
    object.Set("buildSeconds", seconds_value(Env(), result_.build_seconds));
    object.Set("passSeconds", seconds_value(Env(), result_.pass_seconds));
    number("unmatched", static_cast<double>(result_.unmatched));
    number("verified", static_cast<double>(result_.verified));
    number("wrong", static_cast<double>(result_.wrong));
    deferred_.Resolve(object);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  MeasureRequest request_;
  Status status_;
  ClassifierMeasurement result_;
};

}  // namespace

Napi::Value measure_classifier(const Napi::CallbackInfo& info) {
  const auto program = info[0].As<Napi::Uint8Array>();
  const auto keys = info[2].As<Napi::Uint8Array>();
  const auto options = info[3].As<Napi::Object>();
  const auto option = [&](const char* name) { return options.Get(name).ToNumber().Uint32Value(); };
  MeasureRequest request;
  request.program.assign(program.Data(), program.Data() + program.ByteLength());
  request.group_row = info[1].ToNumber().Uint32Value();
  request.keys.resize(keys.ByteLength() / sizeof(MatchKey4));
  if (!request.keys.empty()) {
    std::memcpy(request.keys.data(), keys.Data(), request.keys.size() * sizeof(MatchKey4));
  }
  request.threads = std::max(1u, option("threads"));
  request.repetitions = option("repetitions");
  request.verify = option("verify");
  const auto algorithm = options.Get("algorithm");
  if (algorithm.IsString()) request.algorithm = find_algorithm(algorithm.ToString().Utf8Value());
  auto worker = std::make_unique<MeasureWorker>(info.Env(), std::move(request));
  const Napi::Promise promise = worker->promise();
  worker.release()->Queue();  // a worker that is queued destroys itself
  return promise;
}

}  // namespace portacl

#include "addon/replay_worker.h"

#include <memory>
#include <new>
#include <optional>
#include <random>
#include <utility>

#include "addon/policy_change_value.h"
#include "addon/summary_value.h"
#include "addon/throw.h"
#include "sharded/sharded_replay.h"

namespace portacl {

namespace {

Napi::Value timeline_value(Napi::Env env, const Timeline& timeline) {
  const auto buckets = timeline.buckets();
  auto counts = Napi::Float64Array::New(env, buckets.size() * kOutcomeCount);
  for (size_t i = 0; i < counts.ElementLength(); ++i) {
    counts[i] = static_cast<double>(buckets[i / kOutcomeCount][i % kOutcomeCount]);
  }
  auto object = Napi::Object::New(env);
  object.Set("startNs", Napi::BigInt::New(env, timeline.start_ns()));
  object.Set("widthNs", Napi::BigInt::New(env, timeline.width_ns()));
  object.Set("counts", counts);
  return object;
}

}  // namespace

ReplayWorker::ReplayWorker(EngineObject& owner, ReplayRequest request, const Napi::Value& watch)
    : Job(watch),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      request_(std::move(request)),
      changes_(std::move(request_.changes)),
      first_policy_(owner.engine().policy()) {
  owner_.set_busy(true);
}

ReplayWorker::~ReplayWorker() { owner_.set_busy(false); }

void ReplayWorker::run() {
  try {
    replay_all();
  } catch (const std::bad_alloc&) {
    outputs_.fail(ErrorCode::kOutOfMemory);
  }
}

void ReplayWorker::replay_all() {
  outputs_.open(request_, owner_.engine().program(), [this] { return control().is_cancelled(); });
  if (request_.merge) {
    replay_merged();
  } else {
    replay_in_order();
  }
  outputs_.close();
}

void ReplayWorker::replay_merged() {
  std::vector<std::unique_ptr<ByteSource>> sources;
  for (CaptureInput& input : request_.inputs) {
    sources.push_back(source_of(input, [this] { return control().is_cancelled(); }));
  }
  const auto progress = [&](uint64_t bytes_read) {
    control().report(bytes_read);
    return !control().is_cancelled();
  };
  summaries_ = portacl::replay_merged(std::move(sources),
                                      request_.lenient ? AfterDamage::kGoOn : AfterDamage::kStop,
                                      owner_.engine(), changes_, outputs_.all(), progress);
}

// A change of policy is one step for all flows, and what layers rewrite meets in one shard anyway:
// one engine judges then.
bool ReplayWorker::may_be_sharded() const {
  return changes_.changes().empty() && !want_departures(outputs_.all());
}

void ReplayWorker::replay_in_order() {
  std::optional<ShardedReplay> sharded;
  if (request_.threads > 1 && may_be_sharded()) {
    std::random_device random;
    sharded.emplace(owner_.engine(), request_.threads, uint64_t{random()} << 32 | random());
  }
  uint64_t bytes_before = 0;
  for (CaptureInput& input : request_.inputs) {
    const auto capture = static_cast<uint32_t>(summaries_.size());
    const auto progress = [&](uint64_t bytes_read) {
      control().report(bytes_before + bytes_read);
      return !control().is_cancelled();
    };
    const auto judge = [&](std::unique_ptr<ByteSource> source) {
      if (sharded) return sharded->replay(std::move(source), capture, outputs_.all(), progress);
      return portacl::replay(std::move(source), capture, owner_.engine(), changes_, outputs_.all(),
                             progress);
    };
    const CaptureSummary& summary = summaries_.emplace_back(
        judge(source_of(input, [this] { return control().is_cancelled(); })));
    bytes_before += summary.bytes;
    const bool fatal = summary.status.code == ErrorCode::kCancelled ||
                       summary.status.code == ErrorCode::kOutOfMemory;
    if (fatal || (!summary.status.ok() && !request_.lenient)) break;
    if (outputs_.stopped()) break;
  }
  if (sharded) sharded->finish();
}

Napi::Value ReplayWorker::result(Napi::Env env) {
  auto object = Napi::Object::New(env);
  object.Set("captures", summary_values(env, summaries_));
  object.Set("changes", changes_value(env, changes_.changes()));
  object.Set("outputError", status_value(env, outputs_.status()));
  object.Set("outputName", Napi::String::New(env, std::string(outputs_.failed())));
  if (const Timeline* const timeline = outputs_.timeline(); timeline && !timeline->empty()) {
    object.Set("timeline", timeline_value(env, *timeline));
  }
  return object;
}

}  // namespace portacl

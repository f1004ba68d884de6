#include "addon/compare_worker.h"

#include <new>
#include <random>
#include <utility>

#include "addon/summary_value.h"
#include "addon/throw.h"
#include "report/packet_text.h"

namespace portacl {
namespace {

// A row of `rows`; src/native/binding.ts names the words.
constexpr size_t kWords = 15;

void put_row(const ComparedPacket& packet, uint64_t* row) {
  const VerdictRecord& record = packet.record;
  const Verdict& verdict = record.verdict;
  const uint64_t words[kWords] = {
      packet.capture,
      packet.frame,
      static_cast<uint64_t>(packet.time_ns),
      packet.id,
      static_cast<uint64_t>(packet.has_id) | static_cast<uint64_t>(packet.dropped) << 1,
      packet.drop_frame,
      packet.drop_component,
      packet.appearances,
      record.endpoint,
      static_cast<uint64_t>(record.direction),
      static_cast<uint64_t>(verdict.outcome),
      static_cast<uint64_t>(verdict.stage),
      static_cast<uint64_t>(verdict.reason),
      verdict.rule,
      verdict.layer};
  std::copy_n(words, kWords, row);
}

bool agrees(const ComparedPacket& packet) {
  return packet.dropped == (packet.record.verdict.outcome == Outcome::kDrop);
}

uint64_t random_word() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

CompareWorker::CompareWorker(EngineObject& owner, CompareRequest request,
                             const Napi::Value& control)
    : Job(control),
      owner_(owner),
      owner_reference_(Napi::Persistent(owner.Value())),
      request_(std::move(request)),
      comparison_(owner.engine(), request_.components, random_word()) {
  owner_.set_busy(true);
}

CompareWorker::~CompareWorker() { owner_.set_busy(false); }

void CompareWorker::run() {
  try {
    compare_all();
  } catch (const std::bad_alloc&) {
    summaries_.resize(summaries_.size() + 1);
    summaries_.back().status = {ErrorCode::kOutOfMemory};
  }
}

void CompareWorker::compare_all() {
  uint64_t bytes_before = 0;
  for (CaptureInput& input : request_.inputs) {
    const auto capture = static_cast<uint32_t>(summaries_.size());
    const CaptureSummary& summary = summaries_.emplace_back(
        comparison_.read(source_of(input, [this] { return control().is_cancelled(); }), capture,
                         [&](uint64_t bytes_read) {
                           control().report(bytes_before + bytes_read);
                           return !control().is_cancelled();
                         }));
    bytes_before += summary.bytes;
    if (!summary.status.ok() && !request_.lenient) break;
    if (summary.status.code == ErrorCode::kCancelled) break;
  }
}

Napi::Value CompareWorker::result(Napi::Env env) {
  auto result = Napi::Object::New(env);
  result.Set("captures", summary_values(env, summaries_));
  result.Set("records", static_cast<double>(comparison_.records()));
  result.Set("remarks", static_cast<double>(comparison_.remarks()));
  auto components = Napi::Array::New(env);
  for (const std::string& name : comparison_.components()) {
    components.Set(components.Length(), name);
  }
  result.Set("components", components);
  set_disagreements(env, result);
  return result;
}

// Counts of all packets, and a row and a text for each on which the two disagree.
void CompareWorker::set_disagreements(Napi::Env env, Napi::Object& result) const {
  uint32_t allowed = 0, dropped = 0, unjudged = 0, unjudged_drops = 0;
  std::vector<const ComparedPacket*> disagreements;
  for (const ComparedPacket& packet : comparison_.packets()) {
    if (!packet.judged) {
      ++(packet.dropped ? unjudged_drops : unjudged);
    } else if (!agrees(packet)) {
      disagreements.push_back(&packet);
    } else {
      ++(packet.dropped ? dropped : allowed);
    }
  }
  auto rows = Napi::BigUint64Array::New(env, disagreements.size() * kWords);
  auto texts = Napi::Array::New(env, disagreements.size());
  for (uint32_t i = 0; i < disagreements.size(); ++i) {
    put_row(*disagreements[i], rows.Data() + i * kWords);
    texts.Set(i, packet_text(disagreements[i]->headers));
  }
  result.Set("agreedAllowed", allowed);
  result.Set("agreedDropped", dropped);
  result.Set("unjudged", unjudged);
  result.Set("unjudgedDrops", unjudged_drops);
  result.Set("rows", rows);
  result.Set("texts", texts);
}

}  // namespace portacl

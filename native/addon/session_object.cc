#include "addon/session_object.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "addon/counters_value.h"
#include "addon/explanation_value.h"
#include "addon/flow_rows.h"
#include "addon/policy_change_value.h"
#include "addon/program_object.h"
#include "addon/throw.h"
#include "addon/typed_array.h"
#include "capture/link_type.h"
#include "report/record_columns.h"

namespace portacl {

namespace {

// What JavaScript's collector is told that a session weighs: tables and scratch of a small one.
constexpr int64_t kSessionBytes = 128 << 10;

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(
      env, "Session",
      {InstanceMethod<&SessionObject::judge>("judge"),
       InstanceMethod<&SessionObject::records>("records"),
       InstanceMethod<&SessionObject::explain>("explain"),
       InstanceMethod<&SessionObject::advance>("advance"),
       InstanceMethod<&SessionObject::counters>("counters"),
       InstanceMethod<&SessionObject::flows>("flows"),
       InstanceMethod<&SessionObject::apply>("apply"), InstanceMethod<&SessionObject::save>("save"),
       InstanceMethod<&SessionObject::restore>("restore"),
       InstanceMethod<&SessionObject::close>("close")});
}

SessionObject::SessionObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<SessionObject>(info) {
  const auto options = info[1].As<Napi::Object>();
  const auto option = [&](const char* name) { return options.Get(name).ToBoolean().Value(); };
  std::random_device random;
  engine_ =
      std::make_unique<Engine>(ProgramObject::policy_of(info[0]),
                               EngineOptions{.stateless = option("stateless"),
                                             .unified_flows = option("unifiedFlows"),
                                             .clock_from_zero = true,
                                             .counts_values = option("countsValues"),
                                             .hash_secret = uint64_t{random()} << 32 | random()});
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), kSessionBytes);
}

void SessionObject::Finalize(Napi::BasicEnv env) {
  if (engine_) Napi::MemoryManagement::AdjustExternalMemory(env, -kSessionBytes);
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& info) {
  if (engine_) Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -kSessionBytes);
  engine_.reset();
  records_ = {};
  packets_ = {};
  placements_ = {};
  return info.Env().Undefined();
}

Engine& SessionObject::engine(Napi::Env env) {
  if (!engine_) throw Napi::Error::New(env, "the session is closed");
  return *engine_;
}

// Packets of `input` as the engine takes them; the bytes stay where they are.
void SessionObject::fill(Napi::Env env, std::span<const uint8_t> input, size_t count) {
  if (count > input.size() / sizeof(PacketRow)) {
    throw Napi::RangeError::New(env, "more packets than rows");
  }
  const size_t endpoint_count = engine_->program().endpoints().size();
  packets_.resize(count);
  placements_.resize(count);
  any_placed_ = false;
  for (size_t i = 0; i < count; ++i) {
    PacketRow row;
    std::memcpy(&row, input.data() + i * sizeof row, sizeof row);
    const bool placed = (row.flags & kPacketHasDirection) != 0;
    if (row.first_byte > input.size() || row.byte_count > input.size() - row.first_byte ||
        row.direction > 1 || (placed && row.endpoint >= endpoint_count)) {
      throw Napi::RangeError::New(env, "a packet leads out of its buffer or its program");
    }
    packets_[i] = {.bytes = input.data() + row.first_byte,
                   .captured_bytes = row.byte_count,
                   .original_bytes = row.byte_count,
                   .time_ns = static_cast<int64_t>(row.time_ns),
                   .frame = next_frame_ + i,
                   .link_type = row.flags & kPacketRawIp ? kLinkRaw : kLinkEthernet};
    placements_[i] = {placed ? row.endpoint : kNoRow, static_cast<Direction>(row.direction)};
    any_placed_ |= placed;
  }
}

Napi::Value SessionObject::judge(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Engine& engine = this->engine(env);
  fill(env, bytes_of(info[0]), info[1].ToNumber().Uint32Value());
  records_.clear();
  if (any_placed_) {
    engine.process(packets_, placements_, &records_);
  } else {
    engine.process(packets_, &records_);
  }
  next_frame_ += packets_.size();
  if (engine.out_of_memory()) throw status_error(env, {ErrorCode::kOutOfMemory, 0, 0});
  write(bytes_of(info[2]));
  return Napi::Number::New(env, static_cast<double>(records_.size()));
}

Napi::Value SessionObject::explain(const Napi::CallbackInfo& info) {
  Engine& engine = this->engine(info.Env());
  fill(info.Env(), bytes_of(info[0]), 1);
  Explanation explanation;
  engine.explain(packets_.front(), placements_.front(), explanation);
  return explanation_value(info.Env(), explanation);
}

Napi::Value SessionObject::records(const Napi::CallbackInfo& info) {
  write(bytes_of(info[0]));
  return info.Env().Undefined();
}

void SessionObject::write(std::span<uint8_t> columns) const {
  const size_t rows = columns.size() / RecordColumns::kRowBytes;
  const std::span<const VerdictRecord> records(records_);
  write_columns(records.first(std::min(rows, records.size())), {columns.data(), rows}, 0);
}

Napi::Value SessionObject::advance(const Napi::CallbackInfo& info) {
  engine(info.Env()).advance_to(info[0].ToNumber().Int64Value());
  return info.Env().Undefined();
}

Napi::Value SessionObject::counters(const Napi::CallbackInfo& info) {
  return counters_value(info.Env(), engine(info.Env()).counters());
}

Napi::Value SessionObject::flows(const Napi::CallbackInfo& info) {
  return flow_rows(info.Env(), engine(info.Env()).save().flows);
}

Napi::Value SessionObject::apply(const Napi::CallbackInfo& info) {
  return apply_change(info.Env(), engine(info.Env()), change_of(info[0]));
}

namespace {

struct SavedSession {
  EngineState state;
  std::shared_ptr<const GroupClassifiers> policy;
  uint64_t next_frame;
};

int64_t bytes_of_state(const EngineState& state) {
  return static_cast<int64_t>(state.flows.size() * sizeof(FlowCopy) +
                              state.counters.rules.size() * sizeof(RuleCounter));
}

}  // namespace

Napi::Value SessionObject::save(const Napi::CallbackInfo& info) {
  auto saved = std::make_unique<SavedSession>(
      SavedSession{engine(info.Env()).save(), engine_->policy(), next_frame_});
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes_of_state(saved->state));
  return Napi::External<SavedSession>::New(
      info.Env(), saved.release(), [](Napi::BasicEnv env, SavedSession* dropped) {
        Napi::MemoryManagement::AdjustExternalMemory(env, -bytes_of_state(dropped->state));
        delete dropped;
      });
}

Napi::Value SessionObject::restore(const Napi::CallbackInfo& info) {
  Engine& engine = this->engine(info.Env());
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "a saved state expected");
  const SavedSession& saved = *info[0].As<Napi::External<SavedSession>>().Data();
  engine.restore(saved.state, saved.policy);
  next_frame_ = saved.next_frame;
  return info.Env().Undefined();
}

}  // namespace portacl

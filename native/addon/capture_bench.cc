#include "addon/capture_bench.h"

#include <array>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "addon/capture_input.h"
#include "addon/job.h"
#include "addon/throw.h"
#include "capture/capture_reader.h"
#include "flow/flow_key.h"
#include "packet/parse.h"
#include "packet/plain_packet.h"
#include "platform/libpcap_library.h"

namespace portacl {

namespace {

// How far a packet is taken; each step includes those before it.
enum class Depth : uint8_t { kRecord, kHeaders, kFlow };

// What readers do with a packet, up to the five fields of its flow and their hash. The sum keeps
// a compiler from leaving anything out, and is the same for all who read as deep.
struct FlowHashes {
  HashSeed seed{1};
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t hashed = 0;
  uint32_t sum = 0;

  template <Depth kDepth>
  void take(const CaptureRecord& record) {
    ++packets;
    bytes += record.captured_bytes;
    if constexpr (kDepth == Depth::kHeaders) take_headers(record);
    if constexpr (kDepth == Depth::kFlow) take_flow(record);
  }

 private:
  void take_headers(const CaptureRecord& record) {
    PlainPacket plain;
    if (read_plain(record, plain)) [[likely]] {
      sum += static_cast<uint32_t>(plain.addresses >> 32 ^ plain.addresses) ^ plain.ports;
      return;
    }
    PacketHeaders headers;
    parse_headers({&record, 1}, {&headers, 1});
    sum += headers.protocol;
  }
  void take_flow(const CaptureRecord& record) {
    PlainPacket plain;
    if (read_plain(record, plain)) [[likely]] {
      add(unified_hash(plain.addresses, plain.ports, plain.protocol, seed));
    } else {
      take_parsed(record);
    }
  }
  void take_parsed(const CaptureRecord& record) {
    PacketHeaders headers;
    parse_headers({&record, 1}, {&headers, 1});
    if (headers.result != ParseResult::kOk || (headers.flags & kFragment) != 0) return;
    FlowKey key;
    set_flow_key(key, headers, Direction::kOut, 0);
    add(unified_hash(key, seed));
  }
  void add(uint32_t hash) {
    ++hashed;
    sum += hash;
  }
};

class CaptureBenchJob final : public Job {
 public:
  // `reader`: see capture_bench.h.
  CaptureBenchJob(CaptureInput input, std::string reader, const Napi::Value& control)
      : Job(control), input_(std::move(input)), reader_(std::move(reader)) {}

 protected:
  void run() override {
    try {
      if (reader_ == "libpcap") {
        read_by_libpcap();
      } else if (reader_ == "records") {
        read<Depth::kRecord>();
      } else if (reader_ == "headers") {
        read<Depth::kHeaders>();
      } else {
        read<Depth::kFlow>();
      }
    } catch (const std::bad_alloc&) {
      status_.code = ErrorCode::kOutOfMemory;
    }
  }

  Napi::Value result(Napi::Env env) override {
    auto object = Napi::Object::New(env);
    const auto number = [&](const char* name, uint64_t value) {
      object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
    };
    number("packets", hashes_.packets);
    number("bytes", hashes_.bytes);
    number("hashed", hashes_.hashed);
    number("sum", hashes_.sum);
    object.Set("error", status_value(env, status_));
    object.Set("why", Napi::String::New(env, why_));
    return object;
  }

 private:
  template <Depth kDepth>
  void read() {
    constexpr size_t kBatchRecords = 64;
    CaptureReader reader(source_of(input_, [this] { return control().is_cancelled(); }));
    std::array<CaptureRecord, kBatchRecords> batch;
    FlowHashes hashes;
    while (const size_t count = reader.next_batch(batch)) {
      for (size_t i = 0; i < count; ++i) hashes.take<kDepth>(batch[i]);
      if (control().is_cancelled()) break;
    }
    hashes_ = hashes;
    status_ = reader.status();
    if (control().is_cancelled()) status_ = {ErrorCode::kCancelled, reader.bytes_read(), 0};
  }

  void read_by_libpcap() {
    const auto* const path = std::get_if<std::string>(&input_);
    const auto library = LibpcapLibrary::load();
    if (path == nullptr || library == nullptr) {
      why_ = path == nullptr ? "it reads plain files alone" : "this machine has no libpcap";
      return;
    }
    const auto capture = library->open(*path, why_);
    if (capture == nullptr) return;
    LibpcapLibrary::Packet packet;
    CaptureRecord record;
    record.link_type = static_cast<LinkType>(capture->link_type());
    FlowHashes hashes;
    while (capture->next(packet) && !control().is_cancelled()) {
      record.bytes = packet.bytes;
      record.captured_bytes = packet.captured_bytes;
      record.original_bytes = packet.original_bytes;
      hashes.take<Depth::kFlow>(record);
    }
    hashes_ = hashes;
  }

  CaptureInput input_;
  std::string reader_;
  FlowHashes hashes_;
  Status status_;
  std::string why_;
};

}  // namespace

Napi::Value measure_capture(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(),
                    std::make_unique<CaptureBenchJob>(
                        input_of(info[0]), info[1].As<Napi::String>().Utf8Value(), info[2]));
}

}  // namespace portacl

#include "addon/replay_request.h"

#include <algorithm>
#include <random>
#include <utility>

#include "addon/record_channel_object.h"
#include "addon/table_file.h"
#include "sharded/sharded_replay.h"

namespace portacl {
namespace {

// The text of a property, empty where there is none.
std::string text_of(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsString() ? value.ToString().Utf8Value() : std::string();
}

// Bits by endpoint in `logs`; `zone`: pairs of a second and an offset.
FirewallLogForm firewall_log_form_of(const Napi::Object& object) {
  FirewallLogForm form;
  if (const Napi::Value logs = object.Get("logs"); logs.IsTypedArray()) {
    const auto bits = logs.As<Napi::Uint8Array>();
    form.endpoints.assign(bits.Data(), bits.Data() + bits.ElementLength());
  }
  if (const Napi::Value zone = object.Get("zone"); zone.IsTypedArray()) {
    const auto numbers = zone.As<Napi::Float64Array>();
    for (size_t i = 0; i + 1 < numbers.ElementLength(); i += 2) {
      form.zone.push_back({static_cast<int64_t>(numbers[i]), static_cast<int32_t>(numbers[i + 1])});
    }
  }
  form.has_loopback = object.Get("loopback").ToBoolean();
  form.has_pid = object.Get("pid").ToBoolean();
  form.ends_bare = object.Get("bare").ToBoolean();
  form.flags = text_of(object, "flags");
  if (text_of(object, "tcpDrops") == "syn") form.tcp_drops = LoggedTcp::kOpening;
  const std::string others = text_of(object, "otherDrops");
  if (others == "zero") form.other_drops = LoggedOthers::kZero;
  if (others == "none") form.other_drops = LoggedOthers::kNone;
  form.is_traced = object.Get("traced").ToBoolean();
  return form;
}

void take_records(const Napi::Object& wanted, ReplayRequest& request) {
  const Napi::Value records = wanted.Get("records");
  request.records = RecordChannelObject::channel_of(records);
  if (!request.records) return;
  request.records_object = Napi::Persistent(records.As<Napi::Object>());
  if (wanted.Get("recordsSoon").ToBoolean().Value()) {
    request.handover = ColumnOutput::Handover::kSoon;
  }
}

uint64_t random_word() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

std::vector<CaptureInput> inputs_of(const Napi::Value& value) {
  std::vector<CaptureInput> inputs;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) inputs.push_back(input_of(array.Get(i)));
  return inputs;
}

std::vector<std::string> texts_of(const Napi::Value& value) {
  std::vector<std::string> texts;
  if (!value.IsArray()) return texts;
  const auto array = value.As<Napi::Array>();
  texts.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) texts.push_back(array.Get(i).ToString());
  return texts;
}

ReplayRequest ReplayRequest::of(const Napi::Value& inputs, const Napi::Value& outputs,
                                const Napi::Value& order, const Program& program) {
  ReplayRequest request;
  request.inputs = inputs_of(inputs);
  if (order.IsObject()) {
    request.lenient = order.As<Napi::Object>().Get("lenient").ToBoolean().Value();
    request.merge = order.As<Napi::Object>().Get("merge").ToBoolean().Value();
    const uint32_t threads = order.As<Napi::Object>().Get("threads").ToNumber().Uint32Value();
    request.threads = std::clamp(threads, 1u, ShardedReplay::kShardsMax);
  }
  if (!outputs.IsObject()) return request;
  const auto wanted = outputs.As<Napi::Object>();
  request.packets = text_of(wanted, "packets");
  request.packets_format = table_format_of(wanted.Get("packetsFormat"));
  request.allowed = text_of(wanted, "allowed");
  request.delivered = text_of(wanted, "delivered");
  request.dropped = text_of(wanted, "dropped");
  request.annotate = text_of(wanted, "annotate");
  request.flows = text_of(wanted, "flows");
  request.flows_format = table_format_of(wanted.Get("flowsFormat"));
  request.report_flows = text_of(wanted, "reportFlows");
  request.timeline = !request.report_flows.empty();
  request.firewall_log = text_of(wanted, "firewallLog");
  if (const Napi::Value form = wanted.Get("firewallLogForm"); form.IsObject()) {
    request.firewall_log_form = firewall_log_form_of(form.As<Napi::Object>());
  }
  request.application = text_of(wanted, "application");
  request.texts = verdict_texts_of(wanted.Get("texts"), program);
  take_records(wanted, request);
  request.firewall_log_form.endpoints.resize(program.endpoints().size());
  return request;
}

VerdictTexts verdict_texts_of(const Napi::Value& value, const Program& program) {
  VerdictTexts texts;
  if (value.IsObject()) {
    const auto object = value.As<Napi::Object>();
    texts = {texts_of(object.Get("endpoints")), texts_of(object.Get("layers")),
             texts_of(object.Get("rules"))};
  }
  texts.endpoints.resize(program.endpoints().size());
  texts.layers.resize(program.layers().size());
  texts.rules.resize(program.rules().size());
  return texts;
}

template <class Make>
void ReplayOutputs::add(const char* name, const std::string& path, Make&& make) {
  if (path.empty()) return;
  auto sink = std::make_unique<FileSink>(path);
  auto output = make(*sink);
  pointers_.push_back(output.get());
  open_.push_back({name, std::move(sink), std::move(output)});
}

void ReplayOutputs::open(const ReplayRequest& request, const Program& program,
                         std::function<bool()> is_cancelled) {
  const auto packets = [&](TextSink& sink) -> std::unique_ptr<ReplayOutput> {
    return std::make_unique<RecordWriter>(program, sink, request.packets_format);
  };
  add("packets", request.packets, packets);
  add_capture("allowed", request.allowed, CaptureOutput::Packets::kAllowed, request);
  add_capture("delivered", request.delivered, CaptureOutput::Packets::kDelivered, request);
  add_capture("dropped", request.dropped, CaptureOutput::Packets::kDropped, request);
  add_capture("annotate", request.annotate, CaptureOutput::Packets::kAll, request);
  add_flows("flows", request.flows, request.flows_format, program);
  add_flows("reportFlows", request.report_flows, TableFormat::kJsonLines, program);
  const auto firewall_log = [&](TextSink& sink) -> std::unique_ptr<ReplayOutput> {
    return std::make_unique<FirewallLog>(sink, request.firewall_log_form, random_word());
  };
  add("firewallLog", request.firewall_log, firewall_log);
  if (request.records) {
    columns_.emplace(*request.records, request.handover, std::move(is_cancelled));
    pointers_.push_back(&*columns_);
  }
  if (request.timeline) pointers_.push_back(&timeline_.emplace());
}

void ReplayOutputs::add_capture(const char* name, const std::string& path,
                                CaptureOutput::Packets packets, const ReplayRequest& request) {
  add(name, path, [&](TextSink& sink) {
    return std::make_unique<CaptureOutput>(sink, packets, &request.texts, request.application);
  });
}

void ReplayOutputs::add_flows(const char* name, const std::string& path, TableFormat format,
                              const Program& program) {
  add(name, path, [&](TextSink& sink) {
    return std::make_unique<FlowLog>(program, sink, format, random_word());
  });
}

bool ReplayOutputs::stopped() const {
  return std::ranges::any_of(open_, [](const Open& one) { return one.sink->stopped(); });
}

void ReplayOutputs::close() {
  if (columns_) columns_->finish();
  for (const Open& one : open_) {
    one.output->finish();
    const Status& status = one.sink->close();
    if (status.ok() || !status_.ok()) continue;
    failed_ = one.name;
    status_ = status;
  }
}

}  // namespace portacl

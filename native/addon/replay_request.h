// What a replay is asked for, and the outputs made of it.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "addon/capture_input.h"
#include "engine/policy_change.h"
#include "platform/buffer_channel.h"
#include "platform/file_sink.h"
#include "program/program.h"
#include "report/capture_output.h"
#include "report/column_output.h"
#include "report/firewall_log.h"
#include "report/flow_log.h"
#include "report/record_writer.h"
#include "report/timeline.h"

namespace portacl {

// An array of what input_of() takes.
std::vector<CaptureInput> inputs_of(const Napi::Value& value);
// An array of texts; empty for anything else.
std::vector<std::string> texts_of(const Napi::Value& value);

struct ReplayRequest {
  std::vector<CaptureInput> inputs;
  bool lenient = false;  // go on with the next capture after a damaged one
  bool merge = false;    // by the times of packets instead of one after the other
  uint32_t threads = 1;  // that judge; merged captures are judged by one
  // Paths of outputs; empty: not wanted.
  std::string packets;
  TableFormat packets_format = TableFormat::kJsonLines;
  std::string allowed;
  std::string delivered;
  std::string dropped;
  std::string annotate;
  std::string flows;
  TableFormat flows_format = TableFormat::kJsonLines;
  std::string report_flows;  // flows as JSON lines once more, for a page made of them
  bool timeline = false;
  std::string firewall_log;
  FirewallLogForm firewall_log_form;
  VerdictTexts texts;  // for annotate
  // Verdicts as columns, or null; the object holds the buffers.
  std::shared_ptr<BufferChannel> records;
  Napi::ObjectReference records_object;
  ColumnOutput::Handover handover = ColumnOutput::Handover::kWhenFull;
  std::string application;  // who writes captures
  std::vector<PolicyChange> changes;

  // `outputs` and `order`: as EngineObject::replay takes them. `texts` has an entry for every row
  // of `program`, whatever was given. `changes` are not read here.
  static ReplayRequest of(const Napi::Value& inputs, const Napi::Value& outputs,
                          const Napi::Value& order, const Program& program);
};

// {endpoints, layers, rules: string[]}, or anything else for none; with an entry for every row of
// `program`.
VerdictTexts verdict_texts_of(const Napi::Value& value, const Program& program);

// The outputs of one replay with the files they write to.
class ReplayOutputs {
 public:
  // Opens what is asked for. `request` and `program` must outlive this; `is_cancelled`: see
  // column_output.h.
  void open(const ReplayRequest& request, const Program& program,
            std::function<bool()> is_cancelled);

  std::span<ReplayOutput* const> all() const { return pointers_; }
  bool stopped() const;

  // Ends and closes everything.
  void close();

  // Null when it was not asked for.
  const Timeline* timeline() const { return timeline_ ? &*timeline_ : nullptr; }

  // The first output that failed, by its name in the request; its status is kOk when none has.
  std::string_view failed() const { return failed_; }
  const Status& status() const { return status_; }
  // Memory ran out on the way.
  void fail(ErrorCode code) { status_ = {code}; }

 private:
  template <class Make>
  void add(const char* name, const std::string& path, Make&& make);
  void add_capture(const char* name, const std::string& path, CaptureOutput::Packets packets,
                   const ReplayRequest& request);
  void add_flows(const char* name, const std::string& path, TableFormat format,
                 const Program& program);

  struct Open {
    const char* name;
    std::unique_ptr<FileSink> sink;
    std::unique_ptr<ReplayOutput> output;
  };
  std::vector<Open> open_;
  std::optional<Timeline> timeline_;
  std::optional<ColumnOutput> columns_;
  std::vector<ReplayOutput*> pointers_;
  std::string_view failed_;
  Status status_;
};

}  // namespace portacl

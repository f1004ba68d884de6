// Judged packets as pcapng: those allowed, those dropped, or all with a comment that says why.
// Source: docs/semantics/outputs.md 1 and 2.
#pragma once

#include <string>
#include <vector>

#include "capture/pcapng_writer.h"
#include "report/replay_output.h"

namespace portacl {

// Names as the author of the policy knows them, made where policies are understood; by the rows of
// the rule program. Texts are UTF-8 of one line.
struct VerdictTexts {
  std::vector<std::string> endpoints;
  std::vector<std::string> layers;  // "switch stage, layer NAME"
  std::vector<std::string> rules;   // the same and "group NAME, rule NAME (FILE:LINE:COLUMN)"
};

// "portacl: drop in at web, switch stage, …, reason rule". Requires: texts of the record's program.
std::string verdict_comment(const VerdictRecord& record, const VerdictTexts& texts);

class CaptureOutput final : public ReplayOutput {
 public:
  enum class Packets : uint8_t { kAllowed, kDelivered, kDropped, kAll };

  // `sink` and `texts` must outlive this. Packets of kAll are commented; those of kDelivered are
  // the allowed ones as the layers left them; the others are left as they are. `texts` is needed
  // for kAll alone.
  CaptureOutput(TextSink& sink, Packets packets, const VerdictTexts* texts,
                std::string_view application);

  void write(const JudgedBatch& batch) override;
  void policy_changed(const Program&, const VerdictTexts& texts) override { texts_ = &texts; }
  bool wants_departures() const override { return packets_ == Packets::kDelivered; }
  const TextSink* sink() const override { return &sink_; }

 private:
  bool takes(std::span<const VerdictRecord> verdicts) const;
  PacketBytes delivered(const JudgedBatch& batch, size_t packet,
                        std::span<const VerdictRecord> verdicts);
  const std::vector<uint32_t>& describe(const JudgedBatch& batch);

  TextSink& sink_;
  Packets packets_;
  const VerdictTexts* texts_;
  PcapngWriter writer_;
  std::vector<std::string> comments_;  // of the packet in hand
  std::vector<uint8_t> rewritten_;     // the same packet
  // Of one capture: the section in hand, and the number here of each of its interfaces.
  struct Interfaces {
    uint32_t section = 0;
    std::vector<uint32_t> numbers;
  };
  std::vector<Interfaces> interfaces_;  // by capture
  uint32_t next_interface_ = 0;
};

}  // namespace portacl

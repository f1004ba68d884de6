#include "report/capture_output.h"

#include <algorithm>

#include "packet/rewrap.h"
#include "packet/rewrite.h"
#include "packet/vxlan.h"

namespace portacl {
namespace {

// One outcome of a packet that may have several verdicts: a drop at any endpoint is a drop of the
// packet; it passed when it was judged somewhere and dropped nowhere. Source: docs/semantics/
// outputs.md 1.1 (O1).
Outcome outcome_of(std::span<const VerdictRecord> verdicts) {
  Outcome outcome = Outcome::kPass;
  for (const VerdictRecord& record : verdicts) {
    if (record.verdict.outcome == Outcome::kDrop) return Outcome::kDrop;
    if (record.verdict.outcome == Outcome::kAllow) outcome = Outcome::kAllow;
  }
  return outcome;
}

}  // namespace

std::string verdict_comment(const VerdictRecord& record, const VerdictTexts& texts) {
  const Verdict& verdict = record.verdict;
  std::string text = "portacl: ";
  text += outcome_name(verdict.outcome);
  if (record.endpoint != kNoRow) {
    text += record.direction == Direction::kIn ? " in at " : " out at ";
    text += texts.endpoints[record.endpoint];
  }
  if (verdict.rule != kNoRow) {
    text += ", ";
    text += texts.rules[verdict.rule];
  } else if (verdict.layer != kNoRow) {
    text += ", ";
    text += texts.layers[verdict.layer];
  }
  text += ", reason ";
  text += reason_name(verdict.reason);
  if (verdict.flow != 0) {
    text += ", flow ";
    text += std::to_string(verdict.flow);
    if (const char* const event = flow_event_name(verdict.flow_event)) {
      text += ' ';
      text += event;
    }
  }
  return text;
}

CaptureOutput::CaptureOutput(TextSink& sink, Packets packets, const VerdictTexts* texts,
                             std::string_view application)
    : sink_(sink), packets_(packets), texts_(texts), writer_(sink, application) {}

void CaptureOutput::write(const JudgedBatch& batch) {
  const std::vector<uint32_t>& numbers = describe(batch);
  size_t next = 0;
  for (size_t i = 0; i < batch.records.size(); ++i) {
    const size_t first = next;
    while (next < batch.verdicts.size() && batch.verdicts[next].packet_index == i) ++next;
    const auto verdicts = batch.verdicts.subspan(first, next - first);
    if (!takes(verdicts)) continue;
    comments_.clear();
    if (packets_ == Packets::kAll) {
      for (const VerdictRecord& record : verdicts) {
        comments_.push_back(verdict_comment(record, *texts_));
      }
    }
    const CaptureRecord& record = batch.records[i];
    writer_.write_packet(numbers[record.interface_index], batch.interfaces[record.interface_index],
                         record, delivered(batch, i, verdicts), comments_);
  }
}

bool CaptureOutput::takes(std::span<const VerdictRecord> verdicts) const {
  switch (packets_) {
    case Packets::kAllowed:
    case Packets::kDelivered:
      return outcome_of(verdicts) == Outcome::kAllow;
    case Packets::kDropped:
      return outcome_of(verdicts) == Outcome::kDrop;
    case Packets::kAll:
      return true;
  }
  return false;
}

// The packet's bytes: as captured, or as the last layer that rewrote it left it. Headers are put on
// and taken off of what was captured alone: of an overlay capture the headers around it are there.
PacketBytes CaptureOutput::delivered(const JudgedBatch& batch, size_t packet,
                                     std::span<const VerdictRecord> verdicts) {
  const CaptureRecord& captured = batch.records[packet];
  const auto is_rewritten = [](const VerdictRecord& record) {
    return record.verdict.departure != kNoRow;
  };
  // A receiver's layers come after the sender's.
  const auto last = std::ranges::find_if(verdicts.rbegin(), verdicts.rend(), is_rewritten);
  if (!wants_departures() || last == verdicts.rend()) return PacketBytes::of(captured);
  const Departure& departure = batch.departures[last->verdict.departure];
  const CaptureRecord& seen = batch.packets[packet];
  const bool is_inside = seen.bytes != captured.bytes;
  if (departure.changes_groups() && !is_inside) {
    const uint32_t original_bytes = rewrap(captured, departure, rewritten_);
    return {rewritten_.data(), static_cast<uint32_t>(rewritten_.size()), original_bytes};
  }
  if (departure.pops != 0) return PacketBytes::of(captured);
  rewritten_.assign(captured.bytes, captured.bytes + captured.captured_bytes);
  uint8_t* const inner = rewritten_.data() + (seen.bytes - captured.bytes);
  rewrite(seen, departure, inner, is_inside ? inner - kVxlanChecksumBefore : nullptr);
  return {rewritten_.data(), captured.captured_bytes, captured.original_bytes};
}

// Writes the interfaces of the batch's section that are new, used or not, in their order: a capture
// of one section keeps its numbers. Returns the numbers here.
const std::vector<uint32_t>& CaptureOutput::describe(const JudgedBatch& batch) {
  if (interfaces_.size() <= batch.capture) interfaces_.resize(batch.capture + 1);
  Interfaces& known = interfaces_[batch.capture];
  const uint32_t section = batch.records.empty() ? known.section : batch.records.front().section;
  if (known.section != section) known = {section, {}};
  while (known.numbers.size() < batch.interfaces.size()) {
    writer_.write_interface(batch.interfaces[known.numbers.size()]);
    known.numbers.push_back(next_interface_++);
  }
  return known.numbers;
}

}  // namespace portacl

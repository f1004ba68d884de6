#include "engine/compare.h"

#include <algorithm>
#include <array>

#include "capture/capture_reader.h"
#include "capture/packet_options.h"
#include "packet/parse.h"

namespace portacl {
namespace {

// Whether a recorded verdict is a drop. etl2pcapng writes XDP_DROP for every drop of pktmon; the
// others are what Linux machines write.
// Source: draft-ietf-opsawg-pcapng 4.3 epb_verdict; linux/bpf.h xdp_action, linux/pkt_cls.h.
bool is_drop(const RecordedVerdict& verdict, bool swapped) {
  constexpr uint8_t kTc = 1, kXdp = 2;
  constexpr uint64_t kTcShot = 2, kXdpAborted = 0, kXdpDrop = 1;
  if (verdict.value.size() != 8) return false;
  const auto value = load_number<uint64_t>(verdict.value.data(), swapped);
  if (verdict.kind == kXdp) return value == kXdpAborted || value == kXdpDrop;
  return verdict.kind == kTc && value == kTcShot;
}

}  // namespace

Comparison::Comparison(Engine& engine, std::vector<std::string> components, uint64_t hash_secret)
    : engine_(engine), wanted_(std::move(components)), seed_(hash_secret) {}

CaptureSummary Comparison::read(std::unique_ptr<ByteSource> source, uint32_t capture,
                                const ReplayProgress& progress) {
  CaptureSummary summary;
  CaptureReader reader(std::move(source));
  std::array<CaptureRecord, 64> batch;
  while (const size_t count = reader.next_batch(batch)) {
    for (const CaptureRecord& record : std::span(batch).first(count)) {
      if (!take(record, reader.interfaces()[record.interface_index], capture)) {
        summary.status = {ErrorCode::kCompareLimit, reader.bytes_read(), kComparedPacketsMax};
        return summary;
      }
      summary.note({&record, 1});
    }
    summary.packets += count;
    summary.bytes = reader.bytes_read();
    if (!progress(summary.bytes)) {
      summary.status = {ErrorCode::kCancelled, summary.bytes, 0};
      return summary;
    }
    if (engine_.out_of_memory()) {
      summary.status = {ErrorCode::kOutOfMemory, summary.bytes, 0};
      return summary;
    }
  }
  summary.status = reader.status();
  summary.bytes = reader.bytes_read();
  return summary;
}

bool Comparison::take(const CaptureRecord& record, const CaptureInterface& interface,
                      uint32_t capture) {
  const PacketOptions options = read_packet_options(record);
  const bool has_id = options.packet_id.has_value();
  const uint64_t id = options.packet_id.value_or(0);
  ++records_;
  if (has_id || options.verdict.has_value()) ++remarks_;
  PacketHeaders headers;
  parse_headers({&record, 1}, {&headers, 1});
  const uint64_t key = identity(record, headers, capture, has_id, id);
  const auto [place, is_new] = packet_of_.try_emplace(key, static_cast<uint32_t>(packets_.size()));
  if (is_new) {
    if (packets_.size() == kComparedPacketsMax) return false;
    ComparedPacket& packet = packets_.emplace_back();
    packet.capture = capture;
    packet.has_id = has_id;
    packet.id = id;
  }
  ComparedPacket& packet = packets_[place->second];
  ++packet.appearances;
  if (is_new || !packet.judged) {
    if (is_new) {
      packet.headers = headers;
      packet.frame = record.frame;
      packet.time_ns = record.time_ns;
    }
    judge(record, packet);
    if (packet.judged) {
      packet.headers = headers;
      packet.frame = record.frame;
      packet.time_ns = record.time_ns;
    }
    packet.headers.quoted = nullptr;  // the bytes are gone with their batch
  }
  const uint32_t component = component_of(record, interface, capture);
  const bool counts =
      wanted_.empty() || std::ranges::find(wanted_, names_[component]) != wanted_.end();
  if (!packet.dropped && counts && options.verdict.has_value() &&
      is_drop(*options.verdict, record.options_swapped)) {
    packet.dropped = true;
    packet.drop_frame = record.frame;
    packet.drop_component = component;
  }
  return true;
}

uint64_t Comparison::identity(const CaptureRecord& record, const PacketHeaders& headers,
                              uint32_t capture, bool has_id, uint64_t id) {
  constexpr uint64_t kById = 1, kByHeaders = 2;
  if (has_id) return mix(mix(kById, capture), id);
  uint64_t hash = mix(kByHeaders, capture);
  if (headers.result == ParseResult::kNotIp || headers.result == ParseResult::kCutLink) {
    // No header to know it by: every record is a packet of its own.
    return mix(mix(hash, record.section), record.frame);
  }
  const auto add = [&](uint64_t a, uint64_t b) { hash = mix(hash ^ a, b + 1); };
  add(headers.source.hi, headers.source.lo);
  add(headers.destination.hi, headers.destination.lo);
  add(static_cast<uint64_t>(headers.source_port) << 16 | headers.destination_port,
      static_cast<uint64_t>(headers.protocol) << 8 | headers.tcp_flags);
  add(static_cast<uint64_t>(headers.tcp_sequence) << 32 | headers.tcp_acknowledgement,
      headers.fragment_id);
  add(static_cast<uint64_t>(headers.icmp_type) << 8 | headers.icmp_code,
      static_cast<uint64_t>(headers.icmp_id) << 8 | headers.flags);
  const uint64_t here = mix(mix(hash, record.section), record.interface_index);
  return mix(hash, ++occurrences_[here]);
}

void Comparison::judge(const CaptureRecord& record, ComparedPacket& packet) {
  verdicts_.clear();
  engine_.process(at_ports(engine_.capture_place(), {&record, 1}, scratch_), &verdicts_);
  for (const VerdictRecord& verdict : verdicts_) {
    packet.record = verdict;
    packet.judged |= verdict.verdict.outcome != Outcome::kPass;
    if (verdict.verdict.outcome == Outcome::kDrop) break;
  }
}

uint32_t Comparison::component_of(const CaptureRecord& record, const CaptureInterface& interface,
                                  uint32_t capture) {
  if (capture != known_capture_ || record.section != known_section_) {
    known_capture_ = capture;
    known_section_ = record.section;
    known_.clear();
  }
  const uint32_t index = record.interface_index;
  if (index >= known_.size()) known_.resize(index + 1, kNoRow);
  if (known_[index] == kNoRow) known_[index] = number_of(interface, index);
  return known_[index];
}

uint32_t Comparison::number_of(const CaptureInterface& interface, uint32_t index) {
  const std::string name =
      interface.name.empty() ? "interface " + std::to_string(index) : interface.name;
  const auto number = static_cast<size_t>(std::ranges::find(names_, name) - names_.begin());
  if (number == names_.size()) names_.push_back(name);
  return static_cast<uint32_t>(number);
}

}  // namespace portacl

// Captures of Windows machines held against the engine: what the platform recorded of a packet and
// what is said of it here.
//
// Such a capture (pktmon or ndiscap, converted by etl2pcapng) shows one packet once at each
// component it passes, an interface each; a component that dropped it says so in epb_verdict. All
// appearances together are one packet. It is judged once, at its first appearance that an endpoint
// judges: elsewhere it may wear another address or an outer header. It counts as dropped by the
// platform when any of its appearances does.
// Which appearances are one packet: those with one packet id, where the file has ids; otherwise
// those with equal headers, the n-th at one interface being the n-th at another.
// Source: etl2pcapng src/main.c (EventCallback, PcapNgWriteEnhancedPacket); docs/semantics/
// outputs.md 3 (O10 to O13).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/capture_interface.h"
#include "engine/replay.h"
#include "packet/packet_headers.h"

namespace portacl {

// Packets that are kept in memory: some 200 bytes each.
inline constexpr uint32_t kComparedPacketsMax = 1u << 20;

struct ComparedPacket {
  uint32_t capture = 0;
  uint32_t appearances = 0;
  // Of the appearance that was judged; of the first where none was.
  uint64_t frame = 0;
  int64_t time_ns = kNoTime;
  PacketHeaders headers;
  VerdictRecord record{};  // that decided: the drop, else the last one
  bool judged = false;
  bool has_id = false;
  uint64_t id = 0;
  // Of the first drop that was recorded.
  bool dropped = false;
  uint64_t drop_frame = 0;
  uint32_t drop_component = 0;  // index into components()
};

class Comparison {
 public:
  // `components`: the only ones whose drops count; empty for all.
  Comparison(Engine& engine, std::vector<std::string> components, uint64_t hash_secret);

  // Reads a capture to its end. Errors as replay(), and kCompareLimit where there are more packets
  // than kComparedPacketsMax.
  CaptureSummary read(std::unique_ptr<ByteSource> source, uint32_t capture,
                      const ReplayProgress& progress);

  // In the order of their first appearance.
  const std::vector<ComparedPacket>& packets() const { return packets_; }
  // Names of interfaces, each once, in the order of the files.
  const std::vector<std::string>& components() const { return names_; }
  uint64_t records() const { return records_; }
  // Records that say what a verdict was or which packet they show: without any the captures
  // recorded nothing to compare with.
  uint64_t remarks() const { return remarks_; }

 private:
  struct KeptHash {
    size_t operator()(uint64_t key) const { return key; }
  };
  using Map = std::unordered_map<uint64_t, uint32_t, KeptHash>;  // by keyed hashes

  bool take(const CaptureRecord& record, const CaptureInterface& interface, uint32_t capture);
  uint64_t identity(const CaptureRecord& record, const PacketHeaders& headers, uint32_t capture,
                    bool has_id, uint64_t id);
  void judge(const CaptureRecord& record, ComparedPacket& packet);
  uint32_t component_of(const CaptureRecord& record, const CaptureInterface& interface,
                        uint32_t capture);
  uint32_t number_of(const CaptureInterface& interface, uint32_t index);
  uint64_t mix(uint64_t a, uint64_t b) const {
    return fold_multiply(a ^ seed_.words[0], b ^ seed_.words[1]);
  }

  Engine& engine_;
  std::vector<std::string> wanted_;
  HashSeed seed_;
  std::vector<ComparedPacket> packets_;
  Map packet_of_;    // by identity
  Map occurrences_;  // by interface and headers
  std::vector<std::string> names_;
  // Of the section in hand: the component of each interface, kNoRow where it is not known yet.
  uint32_t known_capture_ = 0;
  uint32_t known_section_ = 0;
  std::vector<uint32_t> known_;
  std::vector<VerdictRecord> verdicts_;  // of the record in hand
  std::vector<CaptureRecord> scratch_;
  uint64_t records_ = 0;
  uint64_t remarks_ = 0;
};

}  // namespace portacl

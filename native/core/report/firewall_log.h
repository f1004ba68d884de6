// pfirewall.log as Windows writes it: what `--firewall-log` writes.
// Source: windows-firewall.md 6.8, 8; docs/semantics/firewall.md 5.
//
//     verdict of the host stage ── new flow ──> ALLOW line
//                               ── drop ──────> DROP line, one a datagram, one a connection attempt
//     loopback, which no stage judges ── new ─> ALLOW lines, out and in
//
// Lines stand in capture order. A line whose datagram came in pieces waits for the last of them,
// since it tells the length of the whole; those behind it wait with it, kWaitingMax at most.
// A connection that is refused is told once a sequence number; the kAttemptsMax attempts noted last
// are known.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "flow/flow_key.h"
#include "packet/packet_headers.h"
#include "program/program.h"
#include "report/local_time.h"
#include "report/recent_keys.h"
#include "report/replay_output.h"

namespace portacl {

// What of an endpoint is logged; bits.
inline constexpr uint8_t kLogsAllowed = 1, kLogsDropped = 2;

// Which drops of TCP have a line: all, or of segments that open a connection alone.
enum class LoggedTcp : uint8_t { kAll, kOpening };

// Inbound drops of ICMP and of numbered protocols: with the length of the packet, as those of UDP,
// with 0, or without a line.
enum class LoggedOthers : uint8_t { kLength, kZero, kNone };

struct FirewallLogForm {
  std::vector<uint8_t> endpoints;  // by row of the program: bits of the above
  std::vector<ZoneOffset> zone;    // none: UTC
  bool has_loopback = false;       // what the host sends to itself is logged where it is allowed
  bool has_pid = false;            // the 18th field of newer systems
  bool ends_bare = false;          // lines end in LF alone
  std::string flags = "FSRAPU";    // letters of TCP flags in the order of tcpflags
  LoggedTcp tcp_drops = LoggedTcp::kAll;
  LoggedOthers other_drops = LoggedOthers::kLength;
  bool is_traced = false;  // five fields more, for who compares: see put_trace()
};

class FirewallLog final : public ReplayOutput {
 public:
  static constexpr size_t kWaitingMax = 4096;
  static constexpr size_t kAttemptsMax = 1u << 16;
  static constexpr size_t kLoopbacksMax = 1u << 16;

  // `sink` must outlive this. Requires: an entry of `form.endpoints` for each of the program.
  FirewallLog(TextSink& sink, FirewallLogForm form, uint64_t hash_secret);

  void write(const JudgedBatch& batch) override;
  void finish() override;
  const TextSink* sink() const override { return &sink_; }

 private:
  struct Line {
    std::string before_size;
    uint32_t size = 0;  // bytes of the IP datagram as far as it was seen
    std::string after_size;
    int64_t time_ns = 0;
    bool is_whole = true;  // no piece of the datagram is missing that would change `size`
    FlowKey datagram;      // of one that is not
  };
  // What was seen last of packets of the host to itself.
  struct LoopbackNote {
    int64_t time_ns;
    uint32_t sequence;  // of the SYN, for TCP
  };

  std::string_view line_end() const;
  bool is_logged(const VerdictRecord& verdict, const PacketHeaders& packet) const;
  bool is_logged_kind(Direction direction, const PacketHeaders& packet) const;
  bool is_told(const VerdictRecord& verdict, const PacketHeaders& packet);
  Line line_of(const VerdictRecord& verdict, const CaptureRecord& record,
               const PacketHeaders& packet) const;
  void put_loopback(const VerdictRecord& verdict, const CaptureRecord& record,
                    const PacketHeaders& packet);
  bool is_new_loopback(const PacketHeaders& packet);
  void put_trace(TextSink& text, const VerdictRecord& verdict) const;
  void put(Line line);
  void write_line(const Line& line);
  void note_piece(const VerdictRecord& verdict, const CaptureRecord& record,
                  const PacketHeaders& packet);
  void write_front(bool all);

  TextSink& sink_;
  FirewallLogForm form_;
  HashSeed seed_;
  uint32_t capture_ = 0;           // in hand
  int64_t time_ns_ = 0;            // of the last packet that had a time
  std::deque<Line> waiting_;       // the first of them waits for pieces, the others for it
  RecentKeys<uint32_t> attempts_;  // sequence numbers of refused connections
  RecentKeys<LoopbackNote> loopbacks_;
  std::vector<PacketHeaders> headers_;  // of the batch in hand
};

}  // namespace portacl

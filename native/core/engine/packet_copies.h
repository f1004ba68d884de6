// One packet recorded several times: at each component of a switch that it passed.
//
// A capture says so by packet ids (pcapng, epb_packetid; etl2pcapng writes those of pktmon). The
// first record that an endpoint judges is the packet: before it the packet may have worn an outer
// header or another address, and was nobody's. The records after it are let through unjudged,
// `duplicate`. Source: vfp.md 14.12; docs/semantics/captures.md.
//
// Memory: the newest kIdsMax ids; records of one packet stand close together.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <vector>

#include "capture/capture_record.h"
#include "capture/packet_options.h"
#include "verdict/verdict.h"

namespace portacl {

class Engine;

class PacketCopies {
 public:
  static constexpr size_t kIdsMax = 65536;

  // Whether a record says which packet it shows.
  static bool names_packet(const CaptureRecord& record) {
    return record.options_bytes != 0 && read_packet_options(record).packet_id.has_value();
  }

  // As engine.process() of `packets`, which are `records` as the ports saw them (capture_point.h);
  // captures[i] is the number of the capture that records[i] is of.
  void process(Engine& engine, std::span<const CaptureRecord> records,
               std::span<const CaptureRecord> packets, std::span<const uint32_t> captures,
               std::vector<VerdictRecord>* out);

  // Whether the packet of a record was judged as an earlier one.
  bool is_copy(const CaptureRecord& record, uint32_t capture) const;

 private:
  // Ids are those of a section of a file.
  struct Key {
    uint64_t id;
    uint32_t capture;
    uint32_t section;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  void process_one(Engine& engine, const Key& key, const CaptureRecord& packet,
                   std::vector<VerdictRecord>* out);
  void remember(const Key& key);

  std::set<Key> judged_;
  std::deque<Key> order_;                // of judged_, oldest first
  std::vector<VerdictRecord> verdicts_;  // of the packet in hand
};

}  // namespace portacl

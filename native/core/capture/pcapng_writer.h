// Packets of captures as one pcapng section, little-endian whatever the machine and the source.
//
// What is kept of a packet: its bytes, its lengths, its ticks as they were counted, and its
// options. What is kept of an interface: link type, snap length, name, description, resolution and
// offset. In a source of the other byte order the numbers among the options that the format defines
// are turned; options that the format does not define are copied as they are. Not written: custom
// options that say of themselves that they must not be copied.
// A packet without a time stamp (simple block) gets the stamp 0: its block could name neither its
// interface nor carry a comment.
// Source: draft-ietf-opsawg-pcapng 3.5, 4.1 to 4.3.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/text_sink.h"
#include "capture/capture_interface.h"
#include "capture/capture_record.h"

namespace portacl {

// What is written of a packet: its bytes as they were, or others.
struct PacketBytes {
  const uint8_t* bytes;
  uint32_t captured_bytes;
  uint32_t original_bytes;

  static PacketBytes of(const CaptureRecord& record) {
    return {record.bytes, record.captured_bytes, record.original_bytes};
  }
};

class PcapngWriter {
 public:
  // Writes the section header; `application` names who wrote the file. `sink` must outlive this.
  PcapngWriter(TextSink& sink, std::string_view application);

  // Describes an interface; the first is 0, the next 1.
  void write_interface(const CaptureInterface& interface);

  // Writes a packet of interface `index` of this file. `source` describes the same interface where
  // `record` was read, of which the time and the options are. Comments stand behind those that it
  // has; each is UTF-8 and is cut at kCommentBytesMax.
  void write_packet(uint32_t index, const CaptureInterface& source, const CaptureRecord& record,
                    const PacketBytes& packet, std::span<const std::string> comments);

  static constexpr size_t kCommentBytesMax = 32 << 10;

 private:
  void begin_block(uint32_t type);
  void end_block(std::string_view data);

  TextSink& sink_;
  // Of the block in hand; kept, so that nothing is allocated a packet.
  std::string head_;  // what stands before the data
  std::string options_;
};

}  // namespace portacl

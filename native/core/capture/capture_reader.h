// Capture bytes to CaptureRecords: the front of this folder.
//
//     ByteSource ─256 KiB─> ReadBuffer ─in place─> pcap.cc | pcapng.cc | snoop.cc ─batch─>
//     CaptureRecord[]
//
// Design. The file's first bytes choose a container; from then on each batch is one virtual
// call and a plain walk with a pointer over the buffered bytes. A record is not copied: it points
// into the buffer. When the next record is not whole in the buffer the batch ends, and the call
// after it moves the rest to the front and reads on. So nothing is allocated a record, memory does
// not depend on the file's size, and a pipe is read like a file.
//
// Invariants.
//  1. Records before damage are always delivered. Damage is looked at only when it stands at the
//     front of a batch: a walk that meets it ends its batch, and the next call reports it.
//  2. Every length of the file is compared with a limit before it is used: kRecordBytesMax for
//     what must be buffered whole; blocks that are not read are passed over without buffering.
//  3. After an error or the end, next_batch() returns 0 for ever and status() does not change.
//
// What is read: pcap with microseconds and nanoseconds in both byte orders and the "modified" form
// of A. Kuznetzov; pcapng 1.0 with any number of sections in either byte order, enhanced, simple
// and obsolete packet blocks; snoop of version 2. All other blocks are passed over. Options of
// interfaces are kept with them (capture_interface.h), those of packets are read by who asks
// (packet_options.h). Not here: decompression (the bytes arrive plain). Source:
// draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 1761, libpcap sf-pcap.c and sf-pcapng.c.
//
// Threads: one reader belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "capture/capture_interface.h"
#include "capture/capture_record.h"
#include "capture/read_buffer.h"

namespace portacl {

// The longest record, or pcapng block that is read, with its own header. Twice what a jumbogram
// needs in practice and 64 times libpcap's largest snap length.
inline constexpr uint32_t kRecordBytesMax = 16u << 20;

// One container format: where records begin and how their headers are laid out.
class CaptureFormat {
 public:
  virtual ~CaptureFormat() = default;

  // As CaptureReader::next_batch; writes `status` only when it returns 0.
  virtual size_t next_batch(ReadBuffer& buffer, std::span<CaptureRecord> out, Status& status) = 0;

  // As CaptureReader::interfaces.
  virtual std::span<const CaptureInterface> interfaces() const = 0;
};

class CaptureReader {
 public:
  explicit CaptureReader(std::unique_ptr<ByteSource> source,
                         size_t buffer_bytes = ReadBuffer::kBufferBytes);
  ~CaptureReader();

  // Whether a file that begins so is of a format that is read; eight bytes are enough.
  static bool is_capture(std::span<const uint8_t> head);

  // Reads the file's header; next_batch() does it itself when this was not called.
  // Errors: those of the source; kCaptureEmpty; kCaptureUnknownFormat (`detail`: the first four
  // bytes, first byte highest); kCaptureVersion (`detail`: major << 16 | minor); kCaptureCut;
  // kCaptureLinkType for a pcap header whose reserved bits are set, or a snoop header (`detail`:
  // kSnoopLinkBase and the number).
  const Status& open();

  // Fills `out` from its front and returns how many records it holds; 0 is the end or an error,
  // and status() tells which. The records' bytes stay valid until the next call. Fewer records
  // than `out` has room for mean nothing.
  // Errors, `offset` being the first byte of the damaged record or block:
  //   kCaptureCut               `detail`: the length the record claims, 0 if that is cut too
  //   kCaptureRecordLength      `detail`: that length
  //   kCaptureLinkType          `detail`: the number; raised at the first packet of that type
  //   kCaptureUnknownInterface  `detail`: the index
  //   kCaptureBlock             `detail`: the field that contradicts the block
  //   kCaptureVersion           as above, for a later section
  size_t next_batch(std::span<CaptureRecord> out);

  const Status& status() const { return status_; }

  // Keeps the bytes of the last batch beyond the next call, until it is let go by the thread that
  // reads.
  std::shared_ptr<const void> hold() const { return buffer_.hold(); }

  // The interfaces described so far in the section of the last batch, by index; one for a classic
  // capture. A batch never spans sections, so interfaces()[record.interface_index] is that of any
  // of its records. Valid until the next call of next_batch().
  std::span<const CaptureInterface> interfaces() const {
    return format_ ? format_->interfaces() : std::span<const CaptureInterface>{};
  }

  // Bytes of the source up to the end of the last batch: for a progress line.
  uint64_t bytes_read() const { return buffer_.offset(); }

 private:
  ReadBuffer buffer_;
  std::unique_ptr<CaptureFormat> format_;
  Status status_;
  bool done_ = false;
};

}  // namespace portacl

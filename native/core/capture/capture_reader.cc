#include "capture/capture_reader.h"

#include <utility>

#include "base/ip.h"
#include "capture/pcap.h"
#include "capture/pcapng.h"
#include "capture/snoop.h"

namespace portacl {

CaptureReader::CaptureReader(std::unique_ptr<ByteSource> source, size_t buffer_bytes)
    : buffer_(std::move(source), buffer_bytes) {}

CaptureReader::~CaptureReader() = default;

bool CaptureReader::is_capture(std::span<const uint8_t> head) {
  if (head.size() >= kSnoopMagicBytes && is_snoop(head.data())) return true;
  return head.size() >= 4 && (is_pcap(head.data()) || is_pcapng(head.data()));
}

const Status& CaptureReader::open() {
  if (format_ || done_) return status_;
  if (!buffer_.fill(4)) {
    status_ = buffer_.status();
    if (status_.ok()) {
      status_.code =
          buffer_.size() == 0 ? ErrorCode::kCaptureEmpty : ErrorCode::kCaptureUnknownFormat;
    }
  } else if (is_pcap(buffer_.data())) {
    format_ = open_pcap(buffer_, status_);
  } else if (is_pcapng(buffer_.data())) {
    format_ = open_pcapng(buffer_, status_);
  } else if (buffer_.fill(kSnoopMagicBytes) && is_snoop(buffer_.data())) {
    format_ = open_snoop(buffer_, status_);
  } else {
    status_ = buffer_.status();
    if (status_.ok()) {
      status_ = {ErrorCode::kCaptureUnknownFormat, 0, load_be32(buffer_.data())};
    }
  }
  done_ = !format_;
  return status_;
}

size_t CaptureReader::next_batch(std::span<CaptureRecord> out) {
  open();
  if (done_ || out.empty()) return 0;
  const size_t count = format_->next_batch(buffer_, out, status_);
  done_ = count == 0;
  return count;
}

}  // namespace portacl

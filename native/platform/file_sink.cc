#include "platform/file_sink.h"

#include <algorithm>
#include <cerrno>

#include "platform/descriptor.h"

namespace portacl {

FileSink::FileSink(const std::string& path)
    : descriptor_(descriptor::open_to_write(path.c_str())), owned_(descriptor_ >= 0) {
  if (descriptor_ < 0) fail(errno);
}

FileSink::~FileSink() { close(); }

const Status& FileSink::close() {
  flush();
  if (owned_ && descriptor::close(descriptor_) != 0 && !stopped()) fail(errno);
  owned_ = false;
  return status();
}

void FileSink::fail(int error_number) {
  stop({ErrorCode::kFileUnwritable, bytes_written(), static_cast<uint64_t>(error_number)});
}

// A reader that has gone is seen as EPIPE: Node ignores SIGPIPE for the whole process.
bool FileSink::write(const char* bytes, size_t size) {
  while (size != 0) {
    const int64_t count =
        descriptor::write(descriptor_, bytes, std::min(size, descriptor::kTransferBytesMax));
    if (count >= 0) {
      bytes += count;
      size -= static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      descriptor::wait_until_writable(descriptor_);
    } else if (errno == EPIPE || errno == ECONNRESET) {  // the latter of a socket with bytes unread
      stop({});
      return false;
    } else if (errno != EINTR) {
      fail(errno);
      return false;
    }
  }
  return true;
}

}  // namespace portacl

// Bytes to a file or to a descriptor that is open already, e.g. standard output.
#pragma once

#include <string>

#include "base/text_sink.h"

namespace portacl {

class FileSink final : public TextSink {
 public:
  // A sink on `path`, made or emptied. A failure shows in status(): kFileUnwritable, `detail` the
  // system's error number.
  explicit FileSink(const std::string& path);

  // A sink on an open descriptor, which stays open: it is the caller's.
  explicit FileSink(int descriptor) : descriptor_(descriptor) {}

  // Flushes. Call close() first where a failure of the last bytes must be seen.
  ~FileSink() override;

  // Flushes and closes what the sink itself has opened.
  // Errors: kFileUnwritable, `offset` the bytes written before it.
  const Status& close();

 protected:
  // Handles short writes, waits where the descriptor does not block. A pipe whose reader has gone
  // stops the sink without an error: `head` has seen enough.
  bool write(const char* bytes, size_t size) override;

 private:
  void fail(int error_number);

  int descriptor_ = -1;
  bool owned_ = false;
};

}  // namespace portacl

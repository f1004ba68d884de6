// The few system calls that files need, under one name on POSIX systems and on Windows.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#ifdef _WIN32
#include <io.h>
#else
#include <poll.h>
#include <unistd.h>
#endif

namespace portacl::descriptor {

// One call moves at most this much: Windows counts in int, Linux stops short of 2 GiB.
inline constexpr size_t kTransferBytesMax = size_t{1} << 30;

// A pipe, of which no other program gets an end unless it is handed one.
struct Pipe {
  int read_end;
  int write_end;
};

#ifdef _WIN32
inline int open_to_read(const char* path) { return ::_open(path, _O_RDONLY | _O_BINARY); }
inline int open_to_write(const char* path) {
  return ::_open(path, _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY, _S_IREAD | _S_IWRITE);
}
inline int64_t read(int descriptor, void* to, size_t size) {
  return ::_read(descriptor, to, static_cast<unsigned>(size));
}
inline int64_t write(int descriptor, const void* from, size_t size) {
  return ::_write(descriptor, from, static_cast<unsigned>(size));
}
inline int close(int descriptor) { return ::_close(descriptor); }
inline bool is_directory(int descriptor) {
  struct _stat64 about;
  return ::_fstat64(descriptor, &about) == 0 && (about.st_mode & _S_IFDIR) != 0;
}
// Bytes of a file; below 0 when the system does not say.
inline int64_t size_of(int descriptor) {
  struct _stat64 about;
  return ::_fstat64(descriptor, &about) == 0 ? about.st_size : -1;
}
inline int64_t position_of(int descriptor) { return ::_lseeki64(descriptor, 0, SEEK_CUR); }
// Whether waiting on the descriptor may take for ever: a pipe, a terminal, a socket.
inline bool may_wait(int) { return false; }
inline bool is_readable_within(int, int) { return true; }
inline void wait_until_writable(int) {}
// False where there is none to be had.
inline bool open_pipe(Pipe&) { return false; }
#else
// Does not wait for the writer of a named pipe: reading does.
inline int open_to_read(const char* path) {
  return ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}
inline int open_to_write(const char* path) {
  return ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}
inline int64_t read(int descriptor, void* to, size_t size) { return ::read(descriptor, to, size); }
inline int64_t write(int descriptor, const void* from, size_t size) {
  return ::write(descriptor, from, size);
}
inline int close(int descriptor) { return ::close(descriptor); }
inline bool is_directory(int descriptor) {
  struct stat about;
  return ::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode);
}
// Bytes of a file; below 0 when the system does not say.
inline int64_t size_of(int descriptor) {
  struct stat about;
  return ::fstat(descriptor, &about) == 0 ? about.st_size : -1;
}
// Where all that have the file open in this way read on; below 0 for a pipe.
inline int64_t position_of(int descriptor) { return ::lseek(descriptor, 0, SEEK_CUR); }
// Whether waiting on the descriptor may take for ever: a pipe, a terminal, a socket.
inline bool may_wait(int descriptor) {
  struct stat about;
  return ::fstat(descriptor, &about) == 0 && !S_ISREG(about.st_mode);
}
inline bool is_readable_within(int descriptor, int milliseconds) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, milliseconds) != 0;
}
inline void wait_until_writable(int descriptor) {
  pollfd ready{descriptor, POLLOUT, 0};
  ::poll(&ready, 1, -1);
}
inline bool open_pipe(Pipe& out) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#ifdef F_SETPIPE_SZ
  // As much as an unprivileged program may ask for on Linux: both sides work on at a time, not in
  // turn. Where the user has no room for so much it stays as it was.
  constexpr int kPipeBytes = 1 << 20;
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
#endif
  out = {ends[0], ends[1]};
  return true;
}
#endif

}  // namespace portacl::descriptor

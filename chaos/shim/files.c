// Writes, sizes and syncs: slow, failing, hanging, and noted while a power cut is being prepared.
#define _GNU_SOURCE
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <sys/uio.h>
#include <unistd.h>

#define HANG_POLL_MS 2

static void rest_us(uint64_t microseconds) {
  struct timespec span = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};
  while (nanosleep(&span, &span) != 0 && errno == EINTR) continue;
}

/** The error to give to whoever makes a file as long as `end`; 0 for none. A full disk has room for what it holds. */
static int write_error(const struct stat *file, uint64_t end) {
  COUNT(writes);
  uint32_t delay = STEERED(write_delay_us);
  if (delay > 0) rest_us(delay);
  switch (STEERED(write_fault)) {
  case WRITE_DISK_FULL:
    if (end <= (uint64_t)file->st_size) return 0;
    COUNT(writes_hurt);
    return ENOSPC;
  case WRITE_FAILS:
    COUNT(writes_hurt);
    return EIO;
  default:
    return 0;
  }
}

static size_t total(const struct iovec *parts, int count) {
  size_t sum = 0;
  for (int i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

/** Does `call`, which writes `length_` bytes at `offset_` to a file that may be watched. */
#define WRITING(fd, offset_, length_, call)                                                                            \
  struct stat file;                                                                                                    \
  if (!shim_is_watched(fd, &file)) return call;                                                                        \
  off_t offset = offset_;                                                                                              \
  size_t length = length_;                                                                                             \
  int error = write_error(&file, (uint64_t)offset + length);                                                           \
  if (error != 0) {                                                                                                    \
    errno = error;                                                                                                     \
    return -1;                                                                                                         \
  }                                                                                                                    \
  bool noted = journal_begin();                                                                                        \
  /* Another thread may have made it longer since. */                                                                  \
  if (noted && fstat(fd, &file) == 0) journal_write(fd, &file, offset, length);                                        \
  ssize_t result = call;                                                                                               \
  if (noted) journal_end();                                                                                            \
  return result

#define WHERE_IT_STANDS(fd) (shim_appends(fd) ? file.st_size : lseek(fd, 0, SEEK_CUR))

ssize_t write(int fd, const void *bytes, size_t count) {
  WRITING(fd, WHERE_IT_STANDS(fd), count, REAL(write)(fd, bytes, count));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  WRITING(fd, WHERE_IT_STANDS(fd), total(parts, count), REAL(writev)(fd, parts, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  WRITING(fd, at, count, REAL(pwrite)(fd, bytes, count, at));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  WRITING(fd, at, total(parts, count), REAL(pwritev)(fd, parts, count, at));
}

int ftruncate(int fd, off_t size) {
  struct stat file;
  if (!shim_is_watched(fd, &file)) return REAL(ftruncate)(fd, size);
  int error = write_error(&file, size);
  if (error != 0) {
    errno = error;
    return -1;
  }
  bool noted = journal_begin();
  if (noted && fstat(fd, &file) == 0) journal_resize(fd, &file, size);
  int result = REAL(ftruncate)(fd, size);
  if (noted) journal_end();
  return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  struct stat file;
  if (!shim_is_watched(fd, &file)) return REAL(fallocate)(fd, mode, offset, length);
  int error = write_error(&file, (uint64_t)offset + length);
  // Callers fall back on writing, which is noted.
  errno = error != 0 ? error : EOPNOTSUPP;
  return -1;
}

int posix_fallocate(int fd, off_t offset, off_t length) {
  struct stat file;
  if (!shim_is_watched(fd, &file)) return REAL(posix_fallocate)(fd, offset, length);
  int error = write_error(&file, (uint64_t)offset + length);
  return error != 0 ? error : EOPNOTSUPP;
}

/** Waits as a slow or hanging disk would. False: it fails, with errno. */
static bool sync_may_go_on(void) {
  COUNT(syncs);
  uint32_t delay = STEERED(sync_delay_ms);
  if (delay > 0) rest_us((uint64_t)delay * 1000);
  uint32_t fault = STEERED(sync_fault);
  if (fault != SYNC_WORKS) COUNT(syncs_hurt);
  while (STEERED(sync_fault) == SYNC_HANGS) rest_us(HANG_POLL_MS * 1000);
  if (STEERED(sync_fault) != SYNC_FAILS) return true;
  errno = EIO;
  return false;
}

static int synced(int fd, int (*sync)(int)) {
  struct stat file;
  if (!shim_is_watched(fd, &file)) return sync(fd);
  if (!sync_may_go_on()) return -1;
  uint64_t position = 0;
  if (journal_begin()) {
    position = journal_position();
    journal_end();
  }
  int result = sync(fd);
  if (result == 0 && journal_begin()) {
    journal_synced(&file, position);
    journal_end();
  }
  return result;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

// Where offsets have 64 bits anyway, both names of a function are one.
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) __attribute__((alias("pwrite")));
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) __attribute__((alias("pwritev")));
int ftruncate64(int fd, off_t size) __attribute__((alias("ftruncate")));
int fallocate64(int fd, int mode, off_t offset, off_t length) __attribute__((alias("fallocate")));
int posix_fallocate64(int fd, off_t offset, off_t length) __attribute__((alias("posix_fallocate")));

// Names: files that are opened, made, renamed and removed. LevelDB writes through streams (fopen), whose writes the C library
// keeps to itself: a watched one is given a stream of ours instead, which writes where files.c sees it.
#define _GNU_SOURCE
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE 0666

/** Opens a watched file. What is written must be readable, too, to be noted before it is overwritten. */
static int open_watched(const char *path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) == O_WRONLY) flags = (flags & ~O_ACCMODE) | O_RDWR;
  bool noted = journal_begin();
  struct stat file;
  bool was_there = stat(path, &file) == 0;
  bool cuts = was_there && (flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY;
  int fd = REAL(open)(path, flags & ~O_TRUNC, mode);
  if (fd >= 0) {
    if (noted && !was_there) journal_create(path);
    if (noted && cuts) journal_resize(fd, &file, 0);
    if (cuts) REAL(ftruncate)(fd, 0);
    shim_opened(fd, (flags & O_APPEND) != 0);
  }
  if (noted) journal_end();
  return fd;
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return shim_watches(path) ? open_watched(path, flags, mode) : REAL(open)(path, flags, mode);
}

int close(int fd) {
  shim_closed(fd);
  return REAL(close)(fd);
}

#define STREAMS_MAX 256

/** Streams of ours. Their descriptor is asked for by LevelDB, to sync it. */
static struct stream {
  FILE *stream;
  int fd;
} streams[STREAMS_MAX];
static pthread_mutex_t streams_mutex = PTHREAD_MUTEX_INITIALIZER;

static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
  struct stream *own = cookie;
  size_t done = 0;
  while (done < count) {
    ssize_t written = write(own->fd, bytes + done, count - done);
    // A stream's error is told by 0.
    if (written <= 0) return 0;
    done += written;
  }
  return done;
}

static int stream_close(void *cookie) {
  struct stream *own = cookie;
  int result = close(own->fd);
  pthread_mutex_lock(&streams_mutex);
  own->stream = NULL;
  own->fd = -1;
  pthread_mutex_unlock(&streams_mutex);
  return result;
}

static FILE *open_stream(const char *path, const char *mode) {
  int flags = O_RDWR | O_CREAT | O_CLOEXEC | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
  int fd = open_watched(path, flags, FILE_MODE);
  if (fd < 0) return NULL;
  pthread_mutex_lock(&streams_mutex);
  struct stream *own = streams;
  while (own < streams + STREAMS_MAX && own->stream != NULL) own++;
  if (own < streams + STREAMS_MAX) {
    own->fd = fd;
    own->stream = fopencookie(own, mode, (cookie_io_functions_t){.write = stream_write, .close = stream_close});
  }
  FILE *stream = own < streams + STREAMS_MAX ? own->stream : NULL;
  pthread_mutex_unlock(&streams_mutex);
  if (stream == NULL) {
    close(fd);
    errno = EMFILE;
  }
  return stream;
}

FILE *fopen(const char *path, const char *mode) {
  bool writes_only = (mode[0] == 'w' || mode[0] == 'a') && strchr(mode, '+') == NULL;
  return writes_only && shim_watches(path) ? open_stream(path, mode) : REAL(fopen)(path, mode);
}

int fileno(FILE *stream) {
  int fd = -1;
  pthread_mutex_lock(&streams_mutex);
  for (struct stream *own = streams; own < streams + STREAMS_MAX; own++)
    if (own->stream == stream && stream != NULL) fd = own->fd;
  pthread_mutex_unlock(&streams_mutex);
  return fd >= 0 ? fd : REAL(fileno)(stream);
}

/** Does `call`, which changes names, with `note` before it when a watched path is concerned. */
#define NAMING(watched, note, call)                                                                                    \
  bool noted = (watched) && journal_begin();                                                                           \
  if (noted) note;                                                                                                     \
  int result = call;                                                                                                   \
  if (noted) journal_end();                                                                                            \
  return result

int rename(const char *from, const char *to) {
  NAMING(shim_watches(from) || shim_watches(to), journal_rename(from, to), REAL(rename)(from, to));
}

int unlink(const char *path) { NAMING(shim_watches(path), journal_remove(path), REAL(unlink)(path)); }
int rmdir(const char *path) { NAMING(shim_watches(path), journal_remove(path), REAL(rmdir)(path)); }
int remove(const char *path) { NAMING(shim_watches(path), journal_remove(path), REAL(remove)(path)); }

int mkdir(const char *path, mode_t mode) {
  bool noted = shim_watches(path) && journal_begin();
  int result = REAL(mkdir)(path, mode);
  if (noted && result == 0) journal_create(path);
  if (noted) journal_end();
  return result;
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));

// The journal of what a power cut could still undo. Before each change that is not synced yet, what was there is written to
// a file of its own, which outlives kill -9; a sync that has succeeded is noted behind them. chaos/shim/journal.ts reads it.
//
// One mutex is held from a note until its change is done, so that notes stand in the order of the changes. A change that
// then fails has a note of nothing: undoing it restores what is there.
#define _GNU_SOURCE
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, RESIZE = 2, CREATE = 3, REMOVE = 4, RENAME = 5, SYNCED = 6 };

/** The beginning of a note; two paths, the name of a saved file and the bytes that were there follow. */
struct note {
  uint32_t magic;
  uint32_t kind;
  /** The file that is changed (RENAME: moved), and the folders whose sync makes it last. Inode numbers. */
  uint64_t inode;
  uint64_t parent;
  uint64_t parent_to;
  /** WRITE: where and how much. RESIZE: `length` is the new size. SYNCED: `offset` is the journal's end when it began. */
  uint64_t offset;
  uint64_t length;
  uint64_t size_before;
  uint32_t path_length;
  uint32_t path_to_length;
  uint32_t saved_length;
  uint32_t unused;
  uint64_t bytes_length;
};
#define MAGIC 0x4a524e51u

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int journal_fd = -1;
static uint64_t saved_files;

static const char *folder(void) { return getenv("QUORATE_SHIM_JOURNAL"); }

/** Locks the journal. False, and nothing is locked: none is kept now. */
bool journal_begin(void) {
  if (STEERED(journal) == 0 || folder() == NULL) return false;
  int error = errno;
  pthread_mutex_lock(&mutex);
  if (journal_fd < 0) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/journal", folder());
    journal_fd = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  }
  errno = error;
  if (journal_fd >= 0) return true;
  pthread_mutex_unlock(&mutex);
  return false;
}

void journal_end(void) { pthread_mutex_unlock(&mutex); }

static void append(struct note *note, const char *path, const char *path_to, const char *saved, const void *bytes) {
  note->magic = MAGIC;
  note->path_length = strlen(path);
  note->path_to_length = strlen(path_to);
  note->saved_length = strlen(saved);
  struct iovec parts[] = {
      {note, sizeof *note},
      {(void *)path, note->path_length},
      {(void *)path_to, note->path_to_length},
      {(void *)saved, note->saved_length},
      {(void *)bytes, note->bytes_length},
  };
  // A note that cannot be written whole ends the experiment: from here on nothing could be undone.
  size_t all = sizeof *note + note->path_length + note->path_to_length + note->saved_length + note->bytes_length;
  if (REAL(writev)(journal_fd, parts, 5) != (ssize_t)all) abort();
}

/** The bytes that are there in a range, cut at the end of the file. */
static void *read_range(int fd, const struct stat *file, uint64_t from, uint64_t to, uint64_t *length) {
  uint64_t end = to < (uint64_t)file->st_size ? to : (uint64_t)file->st_size;
  *length = end > from ? end - from : 0;
  char *bytes = malloc(*length + 1);
  if (bytes == NULL) abort();
  for (uint64_t done = 0; done < *length;) {
    ssize_t count = pread(fd, bytes + done, *length - done, from + done);
    if (count <= 0) abort();
    done += count;
  }
  return bytes;
}

static void append_range(int fd, struct note *note, const struct stat *file, uint64_t from, uint64_t to) {
  note->inode = file->st_ino;
  note->size_before = file->st_size;
  void *bytes = read_range(fd, file, from, to, &note->bytes_length);
  append(note, "", "", "", bytes);
  free(bytes);
}

void journal_write(int fd, const struct stat *file, off_t offset, uint64_t length) {
  struct note note = {.kind = WRITE, .offset = offset, .length = length};
  append_range(fd, &note, file, offset, offset + length);
}

void journal_resize(int fd, const struct stat *file, off_t length) {
  struct note note = {.kind = RESIZE, .offset = length, .length = length};
  append_range(fd, &note, file, length, file->st_size);
}

static uint64_t inode_of(const char *path) {
  struct stat file;
  return lstat(path, &file) == 0 ? file.st_ino : 0;
}

static uint64_t parent_of(const char *path) {
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  return inode_of(dirname(copy));
}

/** The file itself under a second name, so that its name can be given back with what it holds. "" if there is none. */
static void save_file(const char *path, char saved[PATH_MAX]) {
  struct stat file;
  saved[0] = '\0';
  if (lstat(path, &file) != 0 || S_ISDIR(file.st_mode)) return;
  snprintf(saved, PATH_MAX, "%s/saved-%d-%llu", folder(), getpid(), (unsigned long long)saved_files++);
  if (link(path, saved) != 0) abort();
}

/** Something new stands at the path now. */
void journal_create(const char *path) {
  struct note note = {.kind = CREATE, .inode = inode_of(path), .parent = parent_of(path)};
  append(&note, path, "", "", "");
}

void journal_remove(const char *path) {
  struct note note = {.kind = REMOVE, .inode = inode_of(path), .parent = parent_of(path)};
  char saved[PATH_MAX];
  save_file(path, saved);
  append(&note, path, "", saved, "");
}

void journal_rename(const char *from, const char *to) {
  struct note note = {
      .kind = RENAME, .inode = inode_of(from), .parent = parent_of(from), .parent_to = parent_of(to)};
  char saved[PATH_MAX];
  save_file(to, saved);
  append(&note, from, to, saved, "");
}

uint64_t journal_position(void) {
  off_t end = lseek(journal_fd, 0, SEEK_END);
  return end < 0 ? 0 : end;
}

void journal_synced(const struct stat *file, uint64_t position) {
  struct note note = {.kind = SYNCED, .inode = file->st_ino, .offset = position};
  append(&note, "", "", "", "");
}

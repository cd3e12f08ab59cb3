// Who steers the shim, which files it watches, and which of them are open.
#define _GNU_SOURCE
#include "shim.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536

struct control *shim_control;
static char root[4096];
static size_t root_length;

/** What is known of a descriptor. A closed one may come back as something else behind our back: the file is compared. */
static struct {
  bool watched;
  bool appends;
  dev_t device;
  ino_t inode;
} descriptors[DESCRIPTORS_MAX];

__attribute__((constructor)) static void connect_to_control(void) {
  const char *page = getenv("QUORATE_SHIM_CONTROL");
  const char *watched = getenv("QUORATE_SHIM_ROOT");
  if (page == NULL || watched == NULL || strlen(watched) >= sizeof root) return;
  int fd = open(page, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REAL(close)(fd);
  if (mapped == MAP_FAILED) return;
  root_length = strlen(watched);
  memcpy(root, watched, root_length + 1);
  shim_control = mapped;
}

bool shim_watches(const char *path) {
  if (shim_control == NULL || path == NULL) return false;
  if (strncmp(path, root, root_length) != 0 || (path[root_length] != '/' && path[root_length] != '\0')) return false;
  const char *name = strrchr(path, '/');
  name = name == NULL ? path : name + 1;
  return strcmp(name, "LOG") != 0 && strcmp(name, "LOG.old") != 0 && strcmp(name, "lock") != 0;
}

void shim_opened(int fd, bool appends) {
  struct stat file;
  if (fd < 0 || fd >= DESCRIPTORS_MAX || fstat(fd, &file) != 0) return;
  descriptors[fd].device = file.st_dev;
  descriptors[fd].inode = file.st_ino;
  descriptors[fd].appends = appends;
  descriptors[fd].watched = true;
}

void shim_closed(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS_MAX) descriptors[fd].watched = false;
}

bool shim_is_watched(int fd, struct stat *file) {
  if (shim_control == NULL || fd < 0 || fd >= DESCRIPTORS_MAX || !descriptors[fd].watched) return false;
  if (fstat(fd, file) != 0) return false;
  return file->st_dev == descriptors[fd].device && file->st_ino == descriptors[fd].inode;
}

bool shim_appends(int fd) { return descriptors[fd].appends; }

// The fault shim: a library that is preloaded into a server's process (LD_PRELOAD) and stands between it and the C library.
// What it does is said by a control page that the experiment maps, too; without one it passes everything on.
//
// It sees the calls that Node.js (libuv, on its pool and on worker threads) and LevelDB make; see chaos/README.md.
#pragma once
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/** The C library's own function of that name, from where a function of ours stands before it. */
#define REAL(name)                                                                                                     \
  ({                                                                                                                   \
    static __typeof__(&name) real;                                                                                     \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                               \
    real;                                                                                                              \
  })

enum sync_fault { SYNC_WORKS = 0, SYNC_FAILS = 1, SYNC_HANGS = 2 };
enum write_fault { WRITE_WORKS = 0, WRITE_DISK_FULL = 1, WRITE_FAILS = 2 };

/** The control page; chaos/shim/control.ts knows the same offsets. */
struct control {
  uint32_t sync_fault;
  uint32_t sync_delay_ms;
  uint32_t write_fault;
  uint32_t write_delay_us;
  /** Not 0: what is not synced is kept in the journal, to be undone. */
  uint32_t journal;
  uint32_t unused;
  /** Added to the wall clock. */
  int64_t clock_offset_ns;
  /** Counted by the shim. */
  uint64_t syncs;
  uint64_t syncs_hurt;
  uint64_t writes;
  uint64_t writes_hurt;
};
_Static_assert(offsetof(struct control, clock_offset_ns) == 24 && sizeof(struct control) == 64, "control.ts counts on it");

/** NULL: nobody steers. */
extern struct control *shim_control;

#define STEERED(field) (shim_control == NULL ? 0 : __atomic_load_n(&shim_control->field, __ATOMIC_RELAXED))
#define COUNT(field) __atomic_add_fetch(&shim_control->field, 1, __ATOMIC_RELAXED)

/** True for files that faults may befall: those below the watched folder, but for LevelDB's diary and the lock. */
bool shim_watches(const char *path);

/** Open files that are watched. */
void shim_opened(int fd, bool appends);
void shim_closed(int fd);
/** Answers whether a descriptor is a watched file's still, and of which file (undefined otherwise). */
bool shim_is_watched(int fd, struct stat *file);
bool shim_appends(int fd);

/** One range that is about to be written, or one size that is about to change. Returns 0, or the error to give. */
int shim_before_write(int fd, off_t offset, size_t length);
int shim_before_resize(int fd, off_t length);

/** The journal of what a power cut could still undo (journal.c). All calls between begin and end are one step of it. */
bool journal_begin(void);
void journal_end(void);
void journal_write(int fd, const struct stat *file, off_t offset, uint64_t length);
void journal_resize(int fd, const struct stat *file, off_t length);
void journal_create(const char *path);
void journal_remove(const char *path);
void journal_rename(const char *from, const char *to);
/** Where the journal ends now: a sync that begins here covers what stands before. */
uint64_t journal_position(void);
void journal_synced(const struct stat *file, uint64_t position);

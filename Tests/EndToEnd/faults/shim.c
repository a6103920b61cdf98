// A disk that fails, and one that forgets: preloaded into a node, it stands between the program and the file system, for
// the files below one folder only.
//
//   FAULTS_FOLDER   the folder
//   FAULTS_SEED     what the faults follow from
//   FAULTS_EVERY    an operation in so many fails, on average; 0 or unset for none
//   FAULTS_AFTER    operations that are left alone at first
//   FAULTS_KINDS    which kinds, of: read write space short sync
//   FAULTS_STICKY   1: once the space was short or a sync failed, it is so for good
//   FAULTS_LOG      where each fault is written down
//   POWER_JOURNAL   where everything is written down that a power cut would undo; power.py undoes it
//   POWER_SHADOW    a folder of the same file system, for what was removed and could come back
//
// With a journal, syncs are noted and not done, which makes them quick: the process dies, the machine does not.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { MAX_FD = 1 << 16 };
enum { KIND_READ = 1, KIND_WRITE = 2, KIND_SPACE = 4, KIND_SHORT = 8, KIND_SYNC = 16 };

typedef struct {
  char kind;  // 0: not ours, 'f': file, 'd': folder
  uint64_t ino;
  char *path;  // of folders
} Descriptor;

static Descriptor descriptors[MAX_FD];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static size_t folder_length;
static uint64_t state, every, left_alone, saved_count;
static int kinds, sticky, no_space, no_sync, fault_log = -1, journal = -1;
static char shadow[4096];

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_fclose)(FILE *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_fallocate)(int, int, off_t, off_t);

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

// Other libraries open and close files before our turn comes: whoever is first starts the shim.
__attribute__((constructor)) static void start(void) {
  if (real_open) return;
  real_open = dlsym(RTLD_NEXT, "open");
  real_close = dlsym(RTLD_NEXT, "close");
  real_fclose = dlsym(RTLD_NEXT, "fclose");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_pread = dlsym(RTLD_NEXT, "pread");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_mkdir = dlsym(RTLD_NEXT, "mkdir");
  real_fallocate = dlsym(RTLD_NEXT, "fallocate");
  const char *value = setting("FAULTS_FOLDER");
  if (!value) return;
  snprintf(folder, sizeof folder, "%s", value);
  folder_length = strlen(folder);
  if ((value = setting("FAULTS_SEED"))) state = strtoull(value, NULL, 10) * 0x9E3779B97F4A7C15ull;
  if ((value = setting("FAULTS_EVERY"))) every = strtoull(value, NULL, 10);
  if ((value = setting("FAULTS_AFTER"))) left_alone = strtoull(value, NULL, 10);
  if ((value = setting("FAULTS_STICKY"))) sticky = *value == '1';
  if ((value = setting("FAULTS_KINDS"))) {
    if (strstr(value, "read")) kinds |= KIND_READ;
    if (strstr(value, "write")) kinds |= KIND_WRITE;
    if (strstr(value, "space")) kinds |= KIND_SPACE;
    if (strstr(value, "short")) kinds |= KIND_SHORT;
    if (strstr(value, "sync")) kinds |= KIND_SYNC;
  }
  if ((value = setting("FAULTS_LOG"))) fault_log = real_open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if ((value = setting("POWER_JOURNAL"))) journal = real_open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if ((value = setting("POWER_SHADOW"))) snprintf(shadow, sizeof shadow, "%s", value);
}

static int is_ours(const char *path) {
  if (!folder_length || strncmp(path, folder, folder_length) != 0) return 0;
  if (path[folder_length] != '/' && path[folder_length] != 0) return 0;
  // RocksDB's own log is for people; it is written past this shim.
  const char *name = strrchr(path, '/');
  return !name || strncmp(name, "/LOG", 4) != 0;
}

static Descriptor *descriptor(int fd) {
  return fd >= 0 && fd < MAX_FD && descriptors[fd].kind ? &descriptors[fd] : NULL;
}

// Faults

static uint64_t chance(void) {  // SplitMix64
  uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ z >> 27) * 0x94D049BB133111EBull;
  return z ^ z >> 31;
}

static void note(const char *operation, int fd, const char *fault) {
  if (fault_log < 0) return;
  char target[256] = "", link[64], line[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length > 0) target[length] = 0;
  int count = snprintf(line, sizeof line, "%s %s %s\n", operation, fault, target);
  if (count > 0) syscall(SYS_write, fault_log, line, (size_t)count);
}

/// Whether an operation fails, of those kinds; the kind. Under the lock.
static int draw(int possible) {
  possible &= kinds;
  if (no_space && possible & (KIND_SPACE | KIND_WRITE)) return KIND_SPACE;
  if (no_sync && possible & KIND_SYNC) return KIND_SYNC;
  if (!every || !possible) return 0;
  if (left_alone) {
    left_alone--;
    return 0;
  }
  if (chance() % every) return 0;
  int kind;
  do kind = 1 << chance() % 5;
  while (!(kind & possible));
  if (sticky && kind == KIND_SPACE) no_space = 1;
  if (sticky && kind == KIND_SYNC) no_sync = 1;
  return kind;
}

// The journal: records of a letter, numbers and bytes, little-endian, each with its length before it

typedef struct {
  char *bytes;
  size_t count, room;
} Record;

static void put(Record *record, const void *bytes, size_t count) {
  if (record->count + count > record->room) {
    record->room = (record->count + count) * 2 + 64;
    record->bytes = realloc(record->bytes, record->room);
  }
  memcpy(record->bytes + record->count, bytes, count);
  record->count += count;
}

static void put_number(Record *record, uint64_t number) { put(record, &number, 8); }

static void put_bytes(Record *record, const void *bytes, size_t count) {
  put_number(record, count);
  if (count) put(record, bytes, count);
}

static void put_text(Record *record, const char *text) { put_bytes(record, text, strlen(text)); }

static Record begin(char kind) {
  Record record = {0};
  put_number(&record, 0);
  put(&record, &kind, 1);
  return record;
}

static void finish(Record *record) {
  uint64_t count = record->count - 8;
  memcpy(record->bytes, &count, 8);
  // One write, so that a kill leaves whole records.
  syscall(SYS_write, journal, record->bytes, record->count);
  free(record->bytes);
}

static void journal_write(int fd, const Descriptor *file, const void *bytes, size_t count, off_t offset) {
  struct stat status;
  if (fstat(fd, &status) != 0) return;
  Record record = begin('W');
  put_number(&record, file->ino);
  put_number(&record, (uint64_t)offset);
  put_number(&record, (uint64_t)status.st_size);
  size_t old = offset < status.st_size ? (size_t)(status.st_size - offset) : 0;
  if (old > count) old = count;
  char *before = malloc(old + 1);
  // The descriptor may be open for writing only.
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (old) {
    int reader = real_open(link, O_RDONLY | O_CLOEXEC);
    ssize_t found = reader >= 0 ? syscall(SYS_pread64, reader, before, old, offset) : -1;
    if (reader >= 0) syscall(SYS_close, reader);
    if (found < 0) old = 0;
  }
  put_bytes(&record, before, old);
  put_bytes(&record, bytes, count);
  free(before);
  finish(&record);
}

static void journal_entry(char kind, const char *path, uint64_t number) {
  Record record = begin(kind);
  put_text(&record, path);
  put_number(&record, number);
  finish(&record);
}

/// Keeps what stands at a path under another name; the number in it, 0 where there is nothing.
static uint64_t save(const char *path) {
  char name[4200];
  snprintf(name, sizeof name, "%s/%llu", shadow, (unsigned long long)saved_count + 1);
  if (link(path, name) != 0) return 0;
  return ++saved_count;
}

/// The descriptor is closed; its number will stand for another file.
static void forget(int fd) {
  pthread_mutex_lock(&lock);
  free(descriptors[fd].path);
  memset(&descriptors[fd], 0, sizeof(Descriptor));
  pthread_mutex_unlock(&lock);
}

// What the program calls

static int opened(const char *path, int flags, mode_t mode, int existed) {
  int fd = real_open(path, flags, mode);
  if (fd < 0 || fd >= MAX_FD) return fd;
  struct stat status;
  if (fstat(fd, &status) != 0) return fd;
  pthread_mutex_lock(&lock);
  Descriptor *found = &descriptors[fd];
  found->kind = S_ISDIR(status.st_mode) ? 'd' : 'f';
  found->ino = status.st_ino;
  free(found->path);
  found->path = S_ISDIR(status.st_mode) ? strdup(path) : NULL;
  if (journal >= 0 && !existed) journal_entry('C', path, status.st_ino);
  pthread_mutex_unlock(&lock);
  return fd;
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if (!real_open) start();
  if (!is_ours(path)) {
    int fd = real_open(path, flags, mode);
    if (descriptor(fd)) forget(fd);
    return fd;
  }
  int existed = access(path, F_OK) == 0;
  if (flags & O_CREAT && !existed) {
    pthread_mutex_lock(&lock);
    int kind = draw(KIND_SPACE | KIND_WRITE);
    pthread_mutex_unlock(&lock);
    if (kind) {
      note(path, -1, "open");
      errno = kind == KIND_SPACE ? ENOSPC : EIO;
      return -1;
    }
  }
  if (existed && flags & O_TRUNC && journal >= 0) {
    // As if it were cut by hand.
    int fd = opened(path, flags & ~O_TRUNC, mode, 1);
    if (fd >= 0 && ftruncate(fd, 0) != 0) {
      real_close(fd);
      return -1;
    }
    return fd;
  }
  return opened(path, flags, mode, existed);
}

int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open(path, flags, mode);
}

int close(int fd) {
  if (descriptor(fd)) forget(fd);
  return real_close ? real_close(fd) : (int)syscall(SYS_close, fd);
}

// Closes the descriptor without a call of close that could be seen.
int fclose(FILE *stream) {
  if (!real_fclose) start();
  int fd = fileno(stream);
  if (descriptor(fd)) forget(fd);
  return real_fclose(stream);
}

static ssize_t written(int fd, const void *bytes, size_t count, off_t offset, int is_positioned) {
  pthread_mutex_lock(&lock);
  int kind = draw(KIND_WRITE | KIND_SPACE | (count > 1 ? KIND_SHORT : 0));
  ssize_t result = -1;
  if (kind == KIND_SHORT) {
    note("write", fd, "short");
    count = 1 + chance() % (count - 1);
  }
  if (kind == KIND_WRITE || kind == KIND_SPACE) {
    note("write", fd, kind == KIND_SPACE ? "ENOSPC" : "EIO");
    errno = kind == KIND_SPACE ? ENOSPC : EIO;
  } else {
    if (journal >= 0) {
      off_t place = offset;
      if (!is_positioned) {
        struct stat status;
        // Files are written one after the other, or at their end.
        place = lseek(fd, 0, SEEK_CUR);
        if (fcntl(fd, F_GETFL) & O_APPEND && fstat(fd, &status) == 0) place = status.st_size;
      }
      journal_write(fd, &descriptors[fd], bytes, count, place);
    }
    result = is_positioned ? real_pwrite(fd, bytes, count, offset) : real_write(fd, bytes, count);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  if (!real_write) return syscall(SYS_write, fd, bytes, count);
  return descriptor(fd) ? written(fd, bytes, count, 0, 0) : real_write(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return descriptor(fd) ? written(fd, bytes, count, offset, 1) : real_pwrite(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
  if (descriptor(fd)) {
    pthread_mutex_lock(&lock);
    int kind = draw(KIND_READ);
    if (kind) note("read", fd, "EIO");
    pthread_mutex_unlock(&lock);
    if (kind) {
      errno = EIO;
      return -1;
    }
  }
  return real_pread(fd, bytes, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t count, off_t offset) { return pread(fd, bytes, count, offset); }

static int synced(int fd, int (*real)(int)) {
  Descriptor *found = descriptor(fd);
  if (!found) return real(fd);
  pthread_mutex_lock(&lock);
  int kind = draw(KIND_SYNC), result = 0;
  if (kind) {
    note("sync", fd, "EIO");
    errno = EIO;
    result = -1;
  } else if (journal >= 0) {
    if (found->kind == 'd') {
      journal_entry('D', found->path, 0);
    } else {
      Record record = begin('S');
      put_number(&record, found->ino);
      finish(&record);
    }
  } else {
    result = real(fd);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int ftruncate(int fd, off_t size) {
  Descriptor *found = descriptor(fd);
  if (!found) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int kind = draw(KIND_WRITE), result = -1;
  if (kind) {
    note("truncate", fd, "EIO");
    errno = EIO;
  } else {
    struct stat status;
    if (journal >= 0 && fstat(fd, &status) == 0 && status.st_size != size) {
      Record record = begin('T');
      put_number(&record, found->ino);
      put_number(&record, (uint64_t)size);
      put_number(&record, (uint64_t)status.st_size);
      size_t count = status.st_size > size ? (size_t)(status.st_size - size) : 0;
      char *tail = malloc(count + 1), link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
      int reader = count ? real_open(link, O_RDONLY | O_CLOEXEC) : -1;
      if (reader >= 0) {
        ssize_t read = syscall(SYS_pread64, reader, tail, count, size);
        syscall(SYS_close, reader);
        if (read < 0) count = 0;
      } else {
        count = 0;
      }
      put_bytes(&record, tail, count);
      free(tail);
      finish(&record);
    }
    result = real_ftruncate(fd, size);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fallocate(int fd, int mode, off_t offset, off_t count) {
  if (!descriptor(fd)) return real_fallocate(fd, mode, offset, count);
  pthread_mutex_lock(&lock);
  int kind = draw(KIND_SPACE);
  if (kind) note("allocate", fd, "ENOSPC");
  pthread_mutex_unlock(&lock);
  if (kind) {
    errno = ENOSPC;
    return -1;
  }
  return real_fallocate(fd, mode, offset, count);
}

int fallocate64(int fd, int mode, off_t offset, off_t count) { return fallocate(fd, mode, offset, count); }

int rename(const char *from, const char *to) {
  if (!is_ours(from)) return real_rename(from, to);
  pthread_mutex_lock(&lock);
  int kind = draw(KIND_WRITE), result = -1;
  if (kind) {
    note(from, -1, "rename EIO");
    errno = EIO;
  } else {
    uint64_t saved = journal >= 0 ? save(to) : 0;
    result = real_rename(from, to);
    if (result == 0 && journal >= 0) {
      Record record = begin('R');
      put_text(&record, from);
      put_text(&record, to);
      put_number(&record, saved);
      finish(&record);
    }
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  if (!is_ours(path)) return real_unlink(path);
  pthread_mutex_lock(&lock);
  uint64_t saved = journal >= 0 ? save(path) : 0;
  int result = real_unlink(path);
  if (result == 0 && journal >= 0) journal_entry('U', path, saved);
  pthread_mutex_unlock(&lock);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  int result = real_mkdir(path, mode);
  if (result == 0 && journal >= 0 && is_ours(path)) {
    pthread_mutex_lock(&lock);
    journal_entry('M', path, 0);
    pthread_mutex_unlock(&lock);
  }
  return result;
}

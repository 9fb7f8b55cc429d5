#define _GNU_SOURCE
#include "csupport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_DEPTH 64

struct walk {
  size_t max_entries;
  uint64_t key[2];
  dev_t device;
  struct csupport_tree_stamp *out;
};

/* SipHash-1-3 of whole words. */
static uint64_t sip(const uint64_t key[2], const uint64_t *words, size_t count) {
  uint64_t a = key[0] ^ 0x736f6d6570736575ULL, b = key[1] ^ 0x646f72616e646f6dULL;
  uint64_t c = key[0] ^ 0x6c7967656e657261ULL, d = key[1] ^ 0x7465646279746573ULL;
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define ROUND                                                                                                          \
  a += b, b = ROTATE(b, 13) ^ a, a = ROTATE(a, 32), c += d, d = ROTATE(d, 16) ^ c, a += d, d = ROTATE(d, 21) ^ a,    \
      c += b, b = ROTATE(b, 17) ^ c, c = ROTATE(c, 32)
  for (size_t i = 0; i < count; i++) {
    d ^= words[i];
    ROUND;
    a ^= words[i];
  }
  d ^= (uint64_t)count << 56;
  ROUND;
  a ^= (uint64_t)count << 56;
  c ^= 0xff;
  ROUND;
  ROUND;
  ROUND;
  return a ^ b ^ c ^ d;
#undef ROUND
#undef ROTATE
}

/* Adds what stands at a name; the order of names does not matter. Returns the hash of the name in its place. */
static uint64_t add(struct walk *walk, uint64_t place, const char *name, size_t length, const struct stat *info) {
  uint64_t words[32 + 10] = {place};
  memcpy(words + 1, name, length < 256 ? length : 255);
  size_t count = 1 + (length + 8) / 8;
  uint64_t here = sip(walk->key, words, count);
  uint64_t facts[10] = {
      here, info->st_mode, info->st_ino, (uint64_t)info->st_size, (uint64_t)info->st_mtim.tv_sec,
      (uint64_t)info->st_mtim.tv_nsec, (uint64_t)info->st_ctim.tv_sec, (uint64_t)info->st_ctim.tv_nsec,
      (uint64_t)info->st_uid << 32 | info->st_gid, info->st_nlink};
  uint64_t second[2] = {walk->key[1], ~walk->key[0]};
  walk->out->sum[0] += sip(walk->key, facts, 10);
  walk->out->sum[1] += sip(second, facts, 10);
  walk->out->entries++;
  /* Until then a change could still leave the time as it is: the clock of file times ticks every 10 ms or faster, or every
     second where nanoseconds are not kept. */
  int64_t settled = (int64_t)info->st_ctim.tv_sec * 1000000000 + info->st_ctim.tv_nsec +
                    (info->st_ctim.tv_nsec == 0 ? 2000000000 : 50000000);
  if (settled > walk->out->settled_ns) walk->out->settled_ns = settled;
  return here;
}

static int visit(struct walk *walk, int fd, uint64_t place, int depth) {
  if (depth > MAX_DEPTH) {
    close(fd);
    return ELOOP;
  }
  DIR *directory = fdopendir(fd);
  if (directory == NULL) {
    int error = errno;
    close(fd);
    return error;
  }
  int result = 0;
  while (result == 0) {
    errno = 0;
    struct dirent *entry = readdir(directory);
    if (entry == NULL) {
      result = errno;
      break;
    }
    const char *name = entry->d_name;
    if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
    if (strcmp(name, ".git") == 0) {
      if (depth == 0) continue;
      /* What another repository lists depends on what is in there. */
      result = EXDEV;
      break;
    }
    size_t length = strlen(name);
    if (walk->out->entries >= walk->max_entries) {
      result = E2BIG;
      break;
    }
    struct stat info;
    if (fstatat(dirfd(directory), name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      result = errno;
      break;
    }
    if (info.st_dev != walk->device) {
      result = EXDEV;
      break;
    }
    uint64_t here = add(walk, place, name, length, &info);
    if (!S_ISDIR(info.st_mode)) continue;
    int child = openat(dirfd(directory), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (child < 0) {
      result = errno;
      break;
    }
    result = visit(walk, child, here, depth + 1);
  }
  closedir(directory);
  return result;
}

int csupport_tree_stamp(const char *root, size_t max_entries, const uint64_t key[2], struct csupport_tree_stamp *out) {
  memset(out, 0, sizeof *out);
  int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  struct statfs system;
  struct stat info;
  if (fstatfs(fd, &system) != 0 || fstat(fd, &info) != 0) {
    int error = errno;
    close(fd);
    return error;
  }
  switch ((uint32_t)system.f_type) {
  case 0xEF53:     /* ext4 */
  case 0x58465342: /* xfs */
  case 0x9123683E: /* btrfs */
  case 0xF2F52010: /* f2fs */
  case 0x794C7630: /* overlayfs */
    break;
  default:
    /* Elsewhere a write through mmap (tmpfs) or by another machine (network) can leave the times as they are. */
    close(fd);
    return ENOTSUP;
  }
  struct walk walk = {max_entries, {key[0], key[1]}, info.st_dev, out};
  return visit(&walk, fd, add(&walk, 0, "", 0, &info), 0);
}

#define _GNU_SOURCE
#include "csupport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t csupport_clock_ns(int clock) {
  struct timespec t;
  if (clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t) != 0) return 0;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t csupport_birth_ns(const char *path) {
  struct statx info;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &info) != 0 || !(info.stx_mask & STATX_BTIME)) return -1;
  return (int64_t)info.stx_btime.tv_sec * 1000000000 + info.stx_btime.tv_nsec;
}

int csupport_open_beneath(int dirfd, const char *path, int flags, unsigned mode) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC);
  /* A mode without O_CREAT is EINVAL; O_TMPFILE contains the bit of O_DIRECTORY. */
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) how.mode = mode & 07777;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < 64; tries++) {
    long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    if (fd >= 0) return (int)fd;
    /* EAGAIN: a rename raced with the look-up of "..". */
    if (errno != EAGAIN && errno != EINTR) return -errno;
  }
  return -EAGAIN;
}

int csupport_flock(int fd, int operation) {
  int op = operation == 0 ? LOCK_UN : (operation == 1 ? LOCK_SH : LOCK_EX) | LOCK_NB;
  while (flock(fd, op) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

int csupport_sync(int fd, int data_only) {
  while ((data_only ? fdatasync(fd) : fsync(fd)) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

ssize_t csupport_find(const uint8_t *haystack, size_t count, const uint8_t *needle, size_t needle_count) {
  const uint8_t *found = memmem(haystack, count, needle, needle_count);
  return found ? found - haystack : -1;
}

int csupport_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

int csupport_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd, int in_fd, int out_fd,
                   int err_fd, int new_session, int die_with_parent, pid_t *pid, int *pidfd) {
  const struct csupport_start start = {.path = path, .argv = argv, .envp = envp, .directory = cwd, .in_fd = in_fd,
      .out_fd = out_fd, .err_fd = err_fd, .new_session = new_session, .die_with_parent = die_with_parent, .ruleset = -1};
  pid_t command;
  return csupport_start_process(&start, pid, &command, pidfd);
}

int csupport_pipe(int *ends) {
  if (!ends) return EFAULT;
  return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
}

int csupport_memory_file(const uint8_t *bytes, size_t count) {
  int fd = memfd_create("stdin", MFD_CLOEXEC);
  if (fd < 0) return -errno;
  for (size_t done = 0; done < count;) {
    ssize_t n = write(fd, bytes + done, count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      int error = n < 0 ? errno : EIO;
      close(fd);
      return -error;
    }
    done += (size_t)n;
  }
  if (lseek(fd, 0, SEEK_SET) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

struct thread_start {
  void (*body)(void *);
  void *context;
};

static void *thread_main(void *raw) {
  struct thread_start start = *(struct thread_start *)raw;
  free(raw);
  start.body(start.context);
  return NULL;
}

int csupport_start_thread(void (*body)(void *), void *context) {
  struct thread_start *start = malloc(sizeof *start);
  if (!start) return ENOMEM;
  *start = (struct thread_start){body, context};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 4u << 20);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, thread_main, start);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  if (error) free(start);
  return error;
}

struct process {
  pid_t pid, parent, group, session;
  char state;
  char member;
};

static ssize_t read_proc(int proc, pid_t pid, const char *name, char *buffer, size_t capacity) {
  char path[64];
  snprintf(path, sizeof path, "%d/%s", (int)pid, name);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t total = 0;
  while (total < capacity) {
    ssize_t n = read(fd, buffer + total, capacity - total);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    total += (size_t)n;
  }
  close(fd);
  return (ssize_t)total;
}

static int read_stat(int proc, pid_t pid, struct process *out) {
  char buffer[512];
  ssize_t count = read_proc(proc, pid, "stat", buffer, sizeof buffer - 1);
  if (count <= 0) return 0;
  buffer[count] = 0;
  char *name_end = strrchr(buffer, ')');
  int parent, group, session;
  if (!name_end || sscanf(name_end + 1, " %c %d %d %d", &out->state, &parent, &group, &session) != 4) return 0;
  out->pid = pid;
  out->parent = parent;
  out->group = group;
  out->session = session;
  out->member = 0;
  return 1;
}

/* Every process, or only those that may be younger than `root`; NULL when /proc cannot be read. */
static struct process *read_processes(int *proc_fd, pid_t root, int all, size_t *count) {
  *count = 0;
  DIR *directory = opendir("/proc");
  if (!directory) return NULL;
  int proc = *proc_fd = fcntl(dirfd(directory), F_DUPFD_CLOEXEC, 3);
  size_t capacity = 256;
  struct process *list = proc < 0 ? NULL : malloc(capacity * sizeof *list);
  struct dirent *entry;
  while (list && (entry = readdir(directory))) {
    char *end;
    long pid = strtol(entry->d_name, &end, 10);
    if (*end || pid <= 0 || pid == getpid() || (!all && pid < root)) continue;
    if (*count == capacity) {
      struct process *more = capacity >= 65536 ? NULL : realloc(list, capacity * 2 * sizeof *list);
      if (!more) break;
      list = more;
      capacity *= 2;
    }
    if (read_stat(proc, (pid_t)pid, &list[*count])) ++*count;
  }
  closedir(directory);
  if (!list && proc >= 0) close(proc);
  return list;
}

int csupport_process_tree(pid_t root, const char *marker, int all, pid_t *out, int capacity) {
  int proc;
  size_t count;
  struct process *list = read_processes(&proc, root, all, &count);
  if (!list) return -1;
  size_t environment_size = 256 << 10;
  char *environment = malloc(environment_size);
  for (size_t i = 0; i < count; i++) {
    struct process *p = &list[i];
    if (p->pid == root) continue;
    p->member = p->group == root || p->session == root || p->parent == root;
    if (p->member || p->state == 'Z' || !environment || !*marker) continue;
    ssize_t size = read_proc(proc, p->pid, "environ", environment, environment_size);
    p->member = size > 0 && memmem(environment, (size_t)size, marker, strlen(marker)) != NULL;
  }
  free(environment);
  for (int changed = 1; changed;) {
    changed = 0;
    for (size_t i = 0; i < count; i++) {
      if (list[i].member || list[i].pid == root) continue;
      for (size_t k = 0; k < count; k++)
        if (list[k].member && list[k].pid == list[i].parent) {
          list[i].member = 1;
          changed = 1;
          break;
        }
    }
  }
  int found = 0;
  for (size_t i = 0; i < count; i++) {
    if (!list[i].member) continue;
    if (list[i].state == 'Z' || list[i].state == 'X') {
      if (list[i].parent == getpid()) waitpid(list[i].pid, NULL, WNOHANG);
    } else if (found < capacity) {
      out[found++] = list[i].pid;
    }
  }
  free(list);
  close(proc);
  return found;
}

int csupport_reap_orphans(const pid_t *kept, int kept_count) {
  int proc;
  size_t count;
  struct process *list = read_processes(&proc, 0, 1, &count);
  if (!list) return -1;
  int reaped = 0;
  for (size_t i = 0; i < count; i++) {
    int is_kept = list[i].state != 'Z' || list[i].parent != getpid();
    for (int k = 0; k < kept_count && !is_kept; k++) is_kept = kept[k] == list[i].pid;
    if (!is_kept && waitpid(list[i].pid, NULL, WNOHANG) == list[i].pid) reaped++;
  }
  free(list);
  close(proc);
  return reaped;
}

int csupport_reap(pid_t pid) {
  int status = 0;
  pid_t got;
  while ((got = waitpid(pid, &status, WNOHANG)) < 0 && errno == EINTR) {}
  if (got == pid) return status;
  return got == 0 ? -2 : -1;
}

int csupport_has_ended(int pidfd) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result;
  while ((result = waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT)) < 0 && errno == EINTR) {}
  return result < 0 || info.si_pid != 0;
}

int csupport_wait_readable(int fd, int timeout_ms) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  int n;
  while ((n = poll(&p, 1, timeout_ms)) < 0 && errno == EINTR) {}
  return n < 0 ? -errno : n;
}

void csupport_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

static int signal_pipe_write = -1;

static void signal_to_pipe(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  (void)!write(signal_pipe_write, &byte, 1);
  errno = saved;
}

int csupport_signal_pipe(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  signal_pipe_write = ends[1];
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = signal_to_pipe;
  action.sa_flags = SA_RESTART;
  const int numbers[3] = {SIGINT, SIGTERM, SIGHUP};
  for (int i = 0; i < 3; i++)
    if (sigaction(numbers[i], &action, NULL) != 0) return -errno;
  return ends[0];
}

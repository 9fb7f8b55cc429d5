/* A process between us and a command: it adopts every orphan among the command's descendants, so that they all can be found
   however they were started, and ends them when the command has ended or when we have, even by SIGKILL. It is a fork of us
   that never execs: everything here is async-signal-safe, without malloc. */
#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_PROCESSES 32768
/* After the end of the command: when what is left gets SIGTERM, when SIGKILL; nanoseconds. As in ProcessCall.swift. */
#define ASK_AFTER 50000000
#define KILL_AFTER 110000000
/* From CSUPPORT_END_ALL to SIGKILL (CONTRACT 8: 3 s). */
#define GRACE 3000000000

static struct {
  pid_t pid, parent;
  char member;
} table[MOST_PROCESSES];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int number(const char *text) {
  int value = 0;
  if (*text < '1' || *text > '9') return 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (*text - '0');
  return *text ? 0 : value;
}

/* The parent of a process, 0 when it is gone or a zombie. */
static pid_t parent_of(int proc, const char *name) {
  char path[32], text[512];
  size_t length = strlen(name);
  if (length > 16) return 0;
  memcpy(path, name, length);
  memcpy(path + length, "/stat", 6);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  if (count <= 0) return 0;
  text[count] = 0;
  char *end = strrchr(text, ')');
  if (!end || end + 4 >= text + count || end[2] == 'Z' || end[2] == 'X') return 0;
  pid_t value = 0;
  for (char *p = end + 4; *p >= '0' && *p <= '9'; p++) value = value * 10 + (*p - '0');
  return value;
}

static int read_table(void) {
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
  if (proc < 0) return 0;
  char buffer[32768];
  long size;
  while ((size = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < size;) {
      struct {
        uint64_t inode;
        int64_t offset;
        unsigned short length;
        unsigned char type;
        char name[];
      } *entry = (void *)(buffer + at);
      at += entry->length;
      pid_t pid = number(entry->name), parent;
      if (pid <= 0 || count == MOST_PROCESSES || (parent = parent_of(proc, entry->name)) <= 0) continue;
      table[count].pid = pid;
      table[count].parent = parent;
      table[count++].member = parent == getpid();
    }
  close(proc);
  return count;
}

/* Sends a signal to every living descendant and says how many there are. */
static int signal_descendants(int number) {
  int count = read_table(), found = 0;
  for (int changed = 1; changed;) {
    changed = 0;
    for (int i = 0; i < count; i++)
      for (int k = 0; !table[i].member && k < count; k++)
        if (table[k].member && table[k].pid == table[i].parent) table[i].member = 1, changed = 1;
  }
  for (int i = 0; i < count; i++)
    if (table[i].member) {
      found++;
      if (number) kill(table[i].pid, number);
    }
  return found;
}

/* The command and how it ended. */
static struct {
  pid_t pid;
  int ended, status;
} command;

static void reap(void) {
  int got;
  pid_t pid;
  while ((pid = waitpid(-1, &got, WNOHANG)) > 0)
    if (pid == command.pid) {
      command.status = got;
      command.ended = 1;
    }
}

static void pause_for(long nanoseconds) {
  struct timespec t = {0, nanoseconds};
  nanosleep(&t, NULL);
}

/* Freezes all first, so that none can fork while it is looked for. Gives up after ten seconds (a process in the kernel). */
static void kill_descendants(void) {
  int64_t start = now();
  for (int last = -1, seen = signal_descendants(SIGSTOP); seen != last && now() - start < 200000000;) {
    last = seen;
    seen = signal_descendants(SIGSTOP);
  }
  while (signal_descendants(SIGKILL) > 0 && now() - start < 10000000000) {
    reap();
    pause_for(2000000);
  }
  reap();
}

static void end_like(int status) {
  if (WIFSIGNALED(status)) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(status), SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, WTERMSIG(status));
    kill(getpid(), WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}

static void watch(pid_t parent) {
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  sigaddset(&news, CSUPPORT_KILL_ALL);
  sigaddset(&news, CSUPPORT_END_ALL);
  int asked = 0;
  int64_t ended_at = 0, kill_at = 0;
  for (;;) {
    reap();
    if (getppid() != parent) {
      kill_descendants();
      _exit(137);
    }
    if (kill_at && now() >= kill_at) {
      kill_descendants();
      kill_at = 0;
    }
    if (command.ended) {
      if (!ended_at) ended_at = now();
      int64_t age = now() - ended_at;
      if (signal_descendants(0) == 0) end_like(command.status);
      if (age >= KILL_AFTER) {
        kill_descendants();
        end_like(command.status);
      }
      if (age >= ASK_AFTER && !asked) {
        asked = 1;
        signal_descendants(SIGTERM);
        signal_descendants(SIGCONT);
      }
    }
    struct timespec limit = {command.ended || kill_at ? 0 : 3600, command.ended ? 5000000 : kill_at ? 50000000 : 0};
    switch (sigtimedwait(&news, NULL, &limit)) {
    case CSUPPORT_KILL_ALL:
      kill_descendants();
      _exit(137);
    case CSUPPORT_END_ALL:
      if (kill_at) break;
      kill_at = now() + GRACE;
      signal_descendants(SIGHUP);
      signal_descendants(SIGTERM);
      signal_descendants(SIGCONT);
    }
  }
}

void csupport_supervise(struct spawn_order *order, int report) {
  struct supervisor_report news = {0, 0};
  pid_t parent = order->parent;
  /* All signals are blocked: they wait for sigtimedwait, and nothing but SIGKILL ends this. */
  prctl(PR_SET_NAME, "ct-supervisor", 0, 0, 0);
  setsid();
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, CSUPPORT_KILL_ALL, 0, 0, 0) != 0)
    news.error = errno;
  if (getppid() != parent) _exit(137);
  const unsigned long standard[8] = {0};
  syscall(SYS_rt_sigaction, SIGCHLD, standard, NULL, 8);
  if (!news.error) {
    order->parent = getpid();
    pid_t child = vfork();
    if (child == 0) csupport_child_after_vfork(order);
    news.error = child < 0 ? errno : order->error;
    news.pid = child;
  }
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++)
    if (null < 0 || dup2(null, i) < 0) close(i);
  ssize_t sent;
  while ((sent = write(report, &news, sizeof news)) < 0 && errno == EINTR) {}
  syscall(SYS_close_range, 3u, ~0u, 0u);
  (void)!chdir("/");
  if (news.error || sent < 0) _exit(127);
  command.pid = news.pid;
  watch(parent);
  __builtin_unreachable();
}

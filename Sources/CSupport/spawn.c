#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void csupport_child_after_vfork(struct spawn_order *order) {
  const struct csupport_start *start = order->start;
  /* The kernel's struct sigaction, all 0: SIG_DFL. glibc refuses 32 and 33, which a careless parent may have ignored. */
  const unsigned long standard[8] = {0};
  for (int i = 1; i < 65; i++) syscall(SYS_rt_sigaction, i, standard, NULL, 8);
  if (start->new_session ? setsid() < 0 : setpgid(0, 0) < 0) goto failed;
  if (start->die_with_parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) goto failed;
    if (getppid() != order->parent) {
      errno = ESRCH;
      goto failed;
    }
  }
  for (int i = 0; i < 3; i++)
    if (dup2(order->from[i], i) < 0) goto failed;
  if (start->terminal && ioctl(0, TIOCSCTTY, 0) < 0) goto failed;
  syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  if (start->directory && chdir(start->directory) != 0) {
    order->error = -errno;
    _exit(127);
  }
  if (start->ruleset >= 0 && (errno = csupport_restrict_self(start->ruleset, start->filter)) != 0) goto failed;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(start->path, start->argv, start->envp);
failed:
  order->error = errno ? errno : ESRCH;
  _exit(127);
}

static void reap(pid_t child) {
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

/* Waits for what the supervisor says. Its end without a word is no failure to start: the command may have killed it already, and
   how it ended is told when it is reaped. */
static int read_report(int from, struct supervisor_report *report) {
  ssize_t count;
  while ((count = read(from, report, sizeof *report)) < 0 && errno == EINTR) {}
  return count == (ssize_t)sizeof *report ? report->error : 0;
}

int csupport_start_process(const struct csupport_start *start, pid_t *pid, pid_t *command, int *pidfd) {
  /* The three descriptors may be any of 0, 1, 2 themselves: move copies out of the way first. */
  struct spawn_order order = {.start = start, .from = {-1, -1, -1}, .parent = getpid(), .error = 0};
  int wanted[3] = {start->in_fd, start->out_fd, start->err_fd}, ends[2] = {-1, -1};
  for (int i = 0; i < 3; i++)
    if ((order.from[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3)) < 0) order.error = errno;
  if (!order.error && start->supervised && pipe2(ends, O_CLOEXEC) != 0) order.error = errno;
  if (!order.error) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t child = start->supervised ? _Fork() : vfork();
    if (child == 0) {
      if (start->supervised) csupport_supervise(&order, ends[1]);
      csupport_child_after_vfork(&order);
    }
    if (child < 0) order.error = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (child > 0 && start->supervised) {
      struct supervisor_report report = {0, 0};
      close(ends[1]);
      ends[1] = -1;
      order.error = read_report(ends[0], &report);
      *command = report.pid > 0 ? report.pid : child;
    } else {
      *command = child;
    }
    if (child > 0 && order.error) {
      reap(child);
    } else if (child > 0) {
      *pid = child;
      *pidfd = (int)syscall(SYS_pidfd_open, child, 0); /* close-on-exec by itself */
      if (*pidfd < 0) {
        order.error = errno;
        kill(child, start->supervised ? CSUPPORT_KILL_ALL : SIGKILL);
        if (!start->supervised) kill(-child, SIGKILL);
        reap(child);
      }
    }
  }
  for (int i = 0; i < 3; i++)
    if (order.from[i] >= 0) close(order.from[i]);
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0) close(ends[i]);
  return order.error;
}

int csupport_open_terminal(unsigned short rows, unsigned short columns, int *ours, int *theirs) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), unlocked = 0, slave = -1;
  if (master < 0) return errno;
  if (ioctl(master, TIOCSPTLCK, &unlocked) != 0 ||
      (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
    int error = errno;
    close(master);
    return error;
  }
  *ours = master;
  *theirs = slave;
  return csupport_resize_terminal(master, rows, columns);
}

int csupport_resize_terminal(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

int csupport_foreground_group(int terminal) {
  pid_t group = 0;
  return ioctl(terminal, TIOCGPGRP, &group) == 0 ? group : -errno;
}

/* What Swift cannot import from glibc: variadic system calls, macros, and process control between fork and exec. */
#ifndef CSUPPORT_H
#define CSUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clock 0 = CLOCK_REALTIME, 1 = CLOCK_MONOTONIC; nanoseconds. */
int64_t csupport_clock_ns(int clock);

/* When a file was created (a link itself, not what it points to): CLOCK_REALTIME in nanoseconds, or -1 when the file system does
   not say. No program can set it. */
int64_t csupport_birth_ns(const char *path);

/* openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS; returns a descriptor (close-on-exec) or -errno. */
int csupport_open_beneath(int dirfd, const char *path, int flags, unsigned mode);

/* flock: operation 0 = unlock, 1 = shared, 2 = exclusive; never waits. Returns 0 or errno. */
int csupport_flock(int fd, int operation);

/* fsync; fdatasync when data_only. Returns 0 or errno. */
int csupport_sync(int fd, int data_only);

/* First place of needle in haystack, or -1. */
ssize_t csupport_find(const uint8_t *haystack, size_t count, const uint8_t *needle, size_t needle_count);

/* PR_SET_CHILD_SUBREAPER: orphaned descendants become our children. Returns 0 or errno. */
int csupport_become_subreaper(void);

/* Starts a program in a process group (and session, if new_session) of its own, by vfork: 0.3 ms whatever our size.
   Descriptors 0, 1, 2 of the child are in_fd, out_fd, err_fd; every other descriptor is closed. Signals are set back to
   their defaults. With die_with_parent the child gets SIGKILL when the spawning thread ends, so spawn from a thread that
   lives as long as the child should. Returns 0 and sets *pid and *pidfd (close-on-exec), or errno; the errno of a chdir that
   failed is negative. */
int csupport_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd, int in_fd, int out_fd,
                   int err_fd, int new_session, int die_with_parent, pid_t *pid, int *pidfd);

/* A program to start. */
struct csupport_start {
  const char *path;
  char *const *argv;
  char *const *envp;
  const char *directory;
  int in_fd, out_fd, err_fd; /* descriptors 0, 1, 2 of the child; every other one is closed */
  int new_session;           /* else only a group of its own */
  int die_with_parent;       /* SIGKILL when the spawning thread ends (of the supervisor, when there is one) */
  int terminal;              /* in_fd becomes the controlling terminal of the new session */
  int supervised;            /* a supervisor stands between: see csupport_start_process */
  int ruleset;               /* a Landlock ruleset that the child takes on itself, or -1 */
  int filter;                /* with a ruleset: seccomp filter, 0 none, 1 no sockets, 2 only IP sockets */
};

/* To a supervisor: end the command and all that descends from it by SIGKILL, now. */
#define CSUPPORT_KILL_ALL 12 /* SIGUSR2 */
/* The same by SIGHUP and SIGTERM, and after three seconds by SIGKILL. */
#define CSUPPORT_END_ALL 10 /* SIGUSR1 */

/* Starts a program by vfork: 0.3 ms whatever our size. Signals are set back to their defaults.

   A supervisor is a fork of this process that adopts the orphans among the command's descendants. It ends as the command did,
   after what the command left behind was ended (SIGTERM after 50 ms, SIGKILL after 110 ms); when the spawning thread ends
   (so also when this process is killed) it kills the whole tree first. It ignores every signal but SIGKILL and
   these two. *pid is the supervisor then, and *command the program; without one they are the same.

   Returns 0 and sets *pid, *command and *pidfd (of *pid, close-on-exec), or errno; the errno of a chdir that failed is
   negative. */
int csupport_start_process(const struct csupport_start *start, pid_t *pid, pid_t *command, int *pidfd);

/* A pseudo-terminal of this size: *ours (does not block) and *theirs, both close-on-exec. Returns 0 or errno. */
int csupport_open_terminal(unsigned short rows, unsigned short columns, int *ours, int *theirs);

/* Sets the size; the foreground group gets SIGWINCH. Returns 0 or errno. */
int csupport_resize_terminal(int terminal, unsigned short rows, unsigned short columns);

/* The foreground process group of a terminal, or -errno. */
int csupport_foreground_group(int terminal);

/* The version of Landlock that the kernel has, or -errno. */
int csupport_landlock_abi(void);

/* A ruleset (close-on-exec) that denies every file access, signals to processes outside, and TCP unless `network`, as far as
   the kernel's version can; or -errno. */
int csupport_landlock_ruleset(int network);

/* Allows in a ruleset for a path and what is below it: rights 0 = list directories, 1 = read and execute, 2 = everything but
   devices, 3 = use of a device. Returns 0 or errno. */
int csupport_landlock_allow(int ruleset, const char *path, int rights);

/* A pipe, both ends close-on-exec: ends[0] reads, ends[1] writes. Returns 0 or errno. */
int csupport_pipe(int *ends);

/* An anonymous file (close-on-exec) with these bytes, at offset 0; or -errno. */
int csupport_memory_file(const uint8_t *bytes, size_t count);

/* Runs body(context) on a detached thread of its own with all signals blocked. Returns 0 or errno. */
int csupport_start_thread(void (*body)(void *), void *context);

/* The living processes that descend from root: of its group or session, with the text `marker` in their environment, or
   children of such; without root itself. Members that are zombies and our children are reaped. With `all` 0 only processes
   with a larger pid are looked at. Returns how many were stored in out, or -1 when /proc cannot be read. */
int csupport_process_tree(pid_t root, const char *marker, int all, pid_t *out, int capacity);

/* Reaps our zombie children except the given ones. Returns how many, or -1. */
int csupport_reap_orphans(const pid_t *kept, int kept_count);

/* Whether the process of a pidfd has ended (it stays a zombie until it is reaped). */
int csupport_has_ended(int pidfd);

/* Reaps one child; returns its raw wait status, -1 when it is not ours or was reaped, -2 when it still runs. */
int csupport_reap(pid_t pid);

/* poll(2) on one descriptor for reading: 1 ready, 0 time-out, -errno. */
int csupport_wait_readable(int fd, int timeout_ms);

/* Turns SIGINT, SIGTERM and SIGHUP into bytes (the signal's number) that can be read from the descriptor that is returned;
   -errno on failure. Children get the default handlers back. */
int csupport_signal_pipe(void);

/* Ignores SIGPIPE in this process; children get the default back. */
void csupport_ignore_sigpipe(void);

#endif

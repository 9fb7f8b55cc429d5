/* What Swift cannot import from glibc: variadic system calls, macros, and process control between fork and exec. */
#ifndef CSUPPORT_H
#define CSUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clock 0 = CLOCK_REALTIME, 1 = CLOCK_MONOTONIC; nanoseconds. */
int64_t csupport_clock_ns(int clock);

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

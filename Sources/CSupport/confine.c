/* Landlock and seccomp without a helper program: the ruleset is made by the parent, and the child takes it on itself between
   vfork and exec with system calls only. The numbers are spelled out because the headers may be older than the kernel. */
#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { create_ruleset = 444, add_rule = 445, restrict_self = 446 };

#define EXECUTE (1u << 0)
#define WRITE_FILE (1u << 1)
#define READ_FILE (1u << 2)
#define READ_DIR (1u << 3)
#define MAKE_CHAR (1u << 6)
#define MAKE_BLOCK (1u << 11)
#define TRUNCATE (1u << 14)
#define IOCTL_DEV (1u << 15)
#define FILE_RIGHTS (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

struct ruleset {
  uint64_t fs, net, scoped;
};

struct path_rule {
  uint64_t access;
  int32_t parent;
} __attribute__((packed));

int csupport_landlock_abi(void) {
  long abi = syscall(create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
  return abi < 0 ? -errno : (int)abi;
}

static uint64_t handled(int abi) {
  return abi >= 5 ? (1u << 16) - 1 : abi >= 3 ? (1u << 15) - 1 : abi == 2 ? (1u << 14) - 1 : (1u << 13) - 1;
}

int csupport_landlock_ruleset(int network) {
  int abi = csupport_landlock_abi();
  if (abi < 0) return abi;
  struct ruleset ruleset = {.fs = handled(abi), .net = network ? 0 : 3, .scoped = 3};
  size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  long fd = syscall(create_ruleset, &ruleset, size, 0u);
  return fd < 0 ? -errno : (int)fd;
}

int csupport_landlock_allow(int ruleset, const char *path, int rights) {
  static const uint64_t kinds[] = {
      READ_DIR, EXECUTE | READ_FILE | READ_DIR, ~(uint64_t)(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV),
      READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV | READ_DIR};
  if (rights < 0 || rights > 3) return EINVAL;
  int abi = csupport_landlock_abi();
  if (abi < 0) return -abi;
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return errno;
  struct stat info;
  struct path_rule rule = {.access = kinds[rights] & handled(abi), .parent = fd};
  int error = fstat(fd, &info) == 0 ? 0 : errno;
  if (!error && !S_ISDIR(info.st_mode)) rule.access &= FILE_RIGHTS;
  if (!error && rule.access && syscall(add_rule, ruleset, 1, &rule, 0u) != 0) error = errno;
  close(fd);
  return error;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE(error) ANSWER(SECCOMP_RET_ERRNO | (error))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define DENY(name) UNLESS(SYS_##name, 1), REFUSE(EPERM)

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define OTHER_ABIS BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), REFUSE(ENOSYS),
#define ONLY_HERE DENY(iopl), DENY(ioperm), DENY(modify_ldt), DENY(uselib),
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define OTHER_ABIS
#define ONLY_HERE
#endif

#define NEW_NAMESPACES 0x7E020000u /* CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET */

/* Arguments are 64 bits wide, of which the kernel uses the low half of these. */
#define PROGRAM(...)                                                                                                     \
  LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), LOAD(nr),     \
      OTHER_ABIS ONLY_HERE DENY(ptrace), DENY(process_vm_readv), DENY(process_vm_writev), DENY(unshare), DENY(setns),  \
      DENY(mount), DENY(umount2), DENY(pivot_root), DENY(chroot), DENY(open_tree), DENY(move_mount), DENY(fsopen),     \
      DENY(fsconfig), DENY(fsmount), DENY(fspick), DENY(mount_setattr), DENY(bpf), DENY(userfaultfd),                   \
      DENY(perf_event_open), DENY(io_uring_setup), DENY(io_uring_enter), DENY(io_uring_register), DENY(keyctl),         \
      DENY(add_key), DENY(request_key), DENY(kexec_load), DENY(kexec_file_load), DENY(init_module),                      \
      DENY(finit_module), DENY(delete_module), DENY(swapon), DENY(swapoff), DENY(reboot), DENY(acct), DENY(quotactl),    \
      DENY(settimeofday), DENY(clock_settime), DENY(adjtimex), DENY(clock_adjtime), DENY(sethostname),                   \
      DENY(setdomainname), DENY(open_by_handle_at), DENY(name_to_handle_at), DENY(pidfd_getfd), DENY(lookup_dcookie),    \
      DENY(syslog), DENY(vhangup), UNLESS(435 /* clone3 */, 1), REFUSE(ENOSYS), UNLESS(SYS_clone, 4), LOAD(args[0]),     \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1), REFUSE(EPERM), ANSWER(SECCOMP_RET_ALLOW),              \
      UNLESS(SYS_ioctl, 6), LOAD(args[1]), UNLESS(0x5412 /* TIOCSTI */, 1), REFUSE(EPERM),                               \
      UNLESS(0x541C /* TIOCLINUX */, 1), REFUSE(EPERM), ANSWER(SECCOMP_RET_ALLOW),                                       \
      /* A pair of datagram sockets could be sent to sockets of other programs. */                                       \
      UNLESS(SYS_socketpair, 6), LOAD(args[1]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),                                \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1 /* stream */, 2, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 1, 0),           \
      REFUSE(EACCES), ANSWER(SECCOMP_RET_ALLOW), __VA_ARGS__ ANSWER(SECCOMP_RET_ALLOW)

static const struct sock_filter without_network[] = {PROGRAM(UNLESS(SYS_socket, 1), REFUSE(EACCES), )};
static const struct sock_filter with_network[] = {
    PROGRAM(UNLESS(SYS_socket, 5), LOAD(args[0]), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2 /* IPv4 */, 3, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 10 /* IPv6 */, 2, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 16 /* netlink */, 1, 0), REFUSE(EACCES), )};

int csupport_restrict_self(int ruleset, int filter) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof none);
  for (int i = 0; i < 64; i++) prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* EPERM without CAP_SETPCAP: then there is none to lose */
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &header, none) != 0) return errno;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (syscall(restrict_self, ruleset, 0u) != 0) return errno;
  if (filter == 0) return 0;
  struct sock_fprog program = {0, NULL};
  program.len = filter == 1 ? sizeof without_network / sizeof *without_network : sizeof with_network / sizeof *with_network;
  program.filter = (struct sock_filter *)(filter == 1 ? without_network : with_network);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return errno;
  return 0;
}

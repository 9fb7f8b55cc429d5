/* Between the files of this target. */
#ifndef CSUPPORT_SPAWN_H
#define CSUPPORT_SPAWN_H

#include "csupport.h"

/* What vfork's child and its parent share. */
struct spawn_order {
  const struct csupport_start *start;
  int from[3];
  pid_t parent;
  volatile int error;
};

/* Runs in the memory of the parent, which waits (vfork): async-signal-safe calls only, and nothing but order->error is
   written. Never returns. */
void csupport_child_after_vfork(struct spawn_order *order);

/* Gives up all capabilities and restricts the calling thread for good. Async-signal-safe. Returns 0 or errno. */
int csupport_restrict_self(int ruleset, int filter);

/* The body of a supervisor, after fork: starts the command, tells `report` how it went and watches over it. */
void csupport_supervise(struct spawn_order *order, int report) __attribute__((noreturn));

/* What a supervisor says when it has started its command. */
struct supervisor_report {
  int error;
  pid_t pid;
};

#endif

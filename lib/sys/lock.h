/* SPDX-License-Identifier: MIT */
/*
 * The two locks (design: "Flows"): flock(2), so that the kernel releases them however the holder ends.
 * The file says who holds it: "TOOL PID EPOCH".
 */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include "base/error.h"
#include "base/str.h"

/*
 * Takes the lock PATH for TOOL; the folder is made where missing. WAIT is in seconds: 0 refuses at
 * once, negative waits for ever; a signal ends the wait (128 + n).
 * Returns the descriptor (close-on-exec) that holds the lock until it is closed. Held by another:
 * 75, "'/run/ecs/lock' is locked by 'ecs-update' (pid 12, since 2026-01-02T03:04:05Z): try later, or
 * use --wait"; "by another command" in the moment before the holder has signed.
 */
int lock_take(const char *path, const char *tool, long wait, struct error *e);

/*
 * The descriptor of the lock that this process took last, or -1 where it does not hold it any more. Given to a process
 * that may outlive this one and still changes something, it makes the next command wait for it.
 */
int lock_held(void);

/*
 * Who holds the lock PATH, without touching it (/proc/locks; even a shared flock(2) for a moment would refuse
 * another command): 1 and "'TOOL' (pid PID, since TIME)" added to HOLDER, 0 nobody.
 */
int lock_look(const char *path, struct str *holder, struct error *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What programs have written and the kernel has in memory only. A snapshot of LVM, or its pool, does not yet know of it:
 * it takes room when it is written, at the latest when the volume is unmounted.
 */
#ifndef SYS_DIRTY_H
#define SYS_DIRTY_H

/* In bytes, of all file systems of the machine together (Dirty and Writeback, proc_meminfo(5)); 0 where /proc is silent. */
long long dirty_bytes(void);

/* The same of what MEMINFO says. */
long long dirty_parse(const char *meminfo);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What programs have written and the kernel has in memory only. A snapshot of LVM, or its pool, does not yet know of it:
 * it takes room when it is written, at the latest when the volume is unmounted.
 */
#ifndef SYS_WRITEBACK_H
#define SYS_WRITEBACK_H

/*
 * In bytes, of the file system on the block device PATH: BdiReclaimable and BdiWriteback of its device in debugfs. Where
 * that is not mounted, of the whole machine (Dirty and Writeback, proc_meminfo(5)): too much rather than too little.
 */
long long writeback_bytes(const char *path);

/* The same of what either of the two files says. */
long long writeback_parse(const char *text);

#endif

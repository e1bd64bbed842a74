/* SPDX-License-Identifier: MIT */
/*
 * The journal of one flow: lines appended and flushed one by one with fdatasync(2), the only caller of
 * it in the suite. A line that a power cut tore (no newline) does not count.
 */
#ifndef SYS_JOURNAL_H
#define SYS_JOURNAL_H

#include "base/error.h"
#include "base/str.h"

/*
 * Opens PATH for appending; created, with its folder, where missing. A torn last line is cut off, and
 * 64 KiB are set aside, so that a disk that fills up during a flow does not stop it from being taken
 * back.
 * Returns a descriptor (close-on-exec), the caller closes it.
 */
int journal_open(const char *path, struct error *e);

/* Appends LINE (without newline in it) and flushes it. On failure nothing of it is left. */
int journal_put(int fd, const char *line, struct error *e);

/* The whole lines of PATH; none where it is missing. */
int journal_read(const char *path, struct strlist *lines, struct error *e);

/* The flow is over: removes PATH. */
int journal_remove(const char *path, struct error *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Files, read whole and published whole: O_EXCL temp file beside the target, write, fsync, rename,
 * fsync of the folder. A reader sees the old file or the new one, after a power cut too.
 */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/* For CLEANUP: closes *fd where it is not negative. */
void file_closep(int *fd);

/* Reads all of PATH ("-": stdin); more than MAX bytes are an error (65). Missing: 66. */
int file_read(const char *path, size_t max, struct str *out, struct error *e);

/* The same from a descriptor; NAME stands in messages. */
int file_read_fd(int fd, const char *name, size_t max, struct str *out, struct error *e);

/* Publishes DATA as PATH with MODE, owner as created. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, struct error *e);

/* The same where nothing is at PATH yet; else 73, and what is there stays. */
int file_write_new(const char *path, const void *data, size_t len, mode_t mode, struct error *e);

/*
 * The same without fsync, for what is told again by the next run (metrics): atomic for readers,
 * not durable.
 */
int file_write_quick(const char *path, const void *data, size_t len, mode_t mode, struct error *e);

/* Publishes a copy of the file FROM as TO, whatever its size. */
int file_copy(const char *from, const char *to, mode_t mode, struct error *e);

/* write(2) until all is written. */
int file_write_all(int fd, const void *data, size_t len, struct error *e);

/* Makes PATH and the folders above it where they are missing; those made get MODE, whatever the umask. */
int file_mkdirs(const char *path, mode_t mode, struct error *e);

/* Removes a file, fsync of the folder; a missing one is no error. */
int file_remove(const char *path, struct error *e);

/* rename(2), fsync of both folders. */
int file_rename(const char *from, const char *to, struct error *e);

/* Flushes all of the file system that PATH is in: for a tree that another program wrote. */
int file_sync_all(const char *path, struct error *e);

/* fsync of the folder that PATH is in. */
int file_sync_dir(const char *path, struct error *e);

/*
 * Removes PATH and all beneath it, without following links or crossing mount points and file systems:
 * at such a one it ends with an error. A missing PATH is none.
 */
int file_remove_tree(const char *path, struct error *e);

/*
 * Whether there is something at PATH; links are followed. One that cannot be looked at (EIO, ELOOP) counts as there:
 * whoever opens it next hears why it cannot be.
 */
bool file_exists(const char *path);

/* 1: a folder without entries (lost+found does not count), or missing; 0: not empty; -1: error. */
int file_dir_empty(const char *path, struct error *e);

#endif

/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, and small things that tests of lib/sys/ do with files and processes. */
#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

/* Fixtures of cmocka: *STATE is the folder's path. Mounts beneath it are unmounted, all is removed. */
int temp_make(void **state);
int temp_remove(void **state);

/* DIR/NAME; the caller frees it. */
char *temp_path(void **state, const char *name);

/* Writes TEXT to DIR/NAME, or fails the test. */
void temp_put(void **state, const char *name, const char *text);

/* The content of DIR/NAME (the caller frees it), or NULL where it is missing. */
char *temp_get(void **state, const char *name);

/* How many entries DIR/NAME has. */
int temp_count(void **state, const char *name);

/* A mount namespace of this process' own (tests run as root); false where that is refused. */
bool temp_namespace(void);

/* From here on the permissions of files hold for this process, though it be root's. */
void temp_obey_permissions(void);

/* Mounts a tmpfs of SIZE ("64k") on DIR/NAME, or fails the test. */
void temp_tiny(void **state, const char *name, const char *size);

/* Writes to DIR/NAME until the disk is full. */
void temp_fill(void **state, const char *name);

/* Waits for the child: its exit status, or 128 + the signal that killed it; never more than SECONDS. */
int temp_wait(pid_t pid, int seconds);

/* Waits until FILE is there, at most SECONDS; whether it is. Nothing sleeps for longer than 2 ms. */
bool temp_appears(const char *file, int seconds);

#endif

/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/journal.h"
#include "tests/unit/temp.h"

int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

static int flushes, folder_flushes;
static bool broken;

int __wrap_fdatasync(int fd)
{
	flushes++;
	errno = EIO;
	return broken ? -1 : __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
	folder_flushes++;
	return __real_fsync(fd);
}

static int open_it(const char *path)
{
	struct error e = {0};
	int fd = journal_open(path, &e);

	if (fd < 0)
		fail_msg("%s", e.text);
	return fd;
}

static void assert_lines(const char *path, const char *const *lines)
{
	CLEANUP(strlist_free) struct strlist l = {0};
	struct error e = {0};
	size_t n = 0;

	assert_int_equal(journal_read(path, &l, &e), 0);
	for (; lines[n]; n++) {
		assert_true(n < l.count);
		assert_string_equal(l.item[n], lines[n]);
	}
	assert_int_equal(l.count, n);
}

static void each_line_is_flushed(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "var/lib/journal");
	CLEANUP(file_closep) int fd = -1;
	struct error e = {0};
	struct stat st;

	folder_flushes = flushes = 0;
	fd = open_it(path);
	assert_true(folder_flushes > 0); /* the name is durable before the first line */
	assert_int_equal(flushes, 0);
	folder_flushes = 0;
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(journal_put(fd, "begin a", &e), 0);
	assert_int_equal(journal_put(fd, "", &e), 0);
	assert_int_equal(flushes, 2);
	assert_int_equal(folder_flushes, 0);
	assert_lines(path, (const char *const[]){"begin a", "", NULL});
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, strlen("begin a\n\n"));
	assert_int_equal(journal_remove(path, &e), 0);
	assert_int_equal(folder_flushes, 1);
	assert_false(file_exists(path));
	assert_int_equal(journal_remove(path, &e), 0);
}

static void a_missing_one_has_no_lines(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "none");

	assert_lines(path, (const char *const[]){NULL});
}

/* A power cut may tear the last line anywhere: what stood before is kept, and the next line is whole. */
static void a_torn_line_does_not_count(void **state)
{
	static const char whole[] = "flow x\nbegin a\ndone a\n";
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	struct error e = {0};

	for (size_t n = 0; n < sizeof whole; n++) {
		CLEANUP(mem_freep) char *torn = mem_dupn(whole, n);
		CLEANUP(strlist_free) struct strlist before = {0};
		CLEANUP(strlist_free) struct strlist after = {0};
		CLEANUP(file_closep) int fd = -1;
		size_t lines = 0;

		for (size_t i = 0; i < n; i++)
			lines += torn[i] == '\n';
		temp_put(state, "journal", torn);
		assert_int_equal(journal_read(path, &before, &e), 0);
		assert_int_equal(before.count, lines);
		fd = open_it(path);
		assert_int_equal(journal_put(fd, "next", &e), 0);
		assert_int_equal(journal_read(path, &after, &e), 0);
		assert_int_equal(after.count, lines + 1);
		assert_string_equal(after.item[lines], "next");
	}
}

static void a_flush_that_fails_is_an_error(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	CLEANUP(file_closep) int fd = open_it(path);
	struct error e = {0};

	broken = true;
	assert_int_equal(journal_put(fd, "begin a", &e), -1);
	broken = false;
	assert_int_equal(e.code, EX_IOERR);
}

/* A walk back must be able to write its lines, though the flow has just filled the disk. */
static void a_disk_that_fills_up_leaves_room(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "tiny/journal");
	CLEANUP(mem_freep) char *filler = temp_path(state, "tiny/filler");
	CLEANUP(file_closep) int fd = -1;
	CLEANUP(strlist_free) struct strlist l = {0};
	struct error e = {0};
	size_t put = 0;

	temp_tiny(state, "tiny", "256k");
	fd = open_it(path);
	temp_fill(state, "tiny/filler");
	while (put < 100000 && journal_put(fd, "a line of the journal, as long as they are", &e) == 0)
		put++;
	assert_in_range(put, 1000, 2000); /* 64 KiB of them */
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "No space left"));
	close(fd);
	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC); /* as it stands: opening would mend it */
	assert_int_equal(file_remove(filler, &e), 0);
	assert_int_equal(journal_put(fd, "next", &e), 0); /* nothing of the failed line is left to join */
	assert_int_equal(journal_read(path, &l, &e), 0);
	assert_int_equal(l.count, put + 1);
	for (size_t i = 0; i < put; i++)
		assert_string_equal(l.item[i], "a line of the journal, as long as they are");
	assert_string_equal(l.item[put], "next");
	temp_fill(state, "tiny/filler");
	close(fd);
	fd = open_it(path); /* one that is resolved on a full disk is opened all the same */
}

static void without_room_nothing_begins(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "tiny/journal");
	struct error e = {0};

	temp_tiny(state, "tiny", "64k");
	temp_fill(state, "tiny/filler");
	assert_int_equal(journal_open(path, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
}

static int try_without_privilege(const char *path)
{
	CLEANUP(strlist_free) struct strlist l = {0};
	struct error e = {0};

	temp_obey_permissions();
	if (journal_open(path, &e) != -1 || e.code != EX_NOPERM)
		return 1;
	return journal_read(path, &l, &e) != -1 || e.code != EX_NOPERM;
}

static void what_cannot_be_opened(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	CLEANUP(mem_freep) char *below = temp_path(state, "journal/x");
	struct error e = {0};
	pid_t pid;

	temp_put(state, "journal", "x\n");
	assert_int_equal(journal_open(below, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(chmod(path, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_without_privilege(path));
	assert_int_equal(temp_wait(pid, 60), 0);
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, temp_make, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TEMP(each_line_is_flushed),
		IN_TEMP(a_missing_one_has_no_lines),
		IN_TEMP(a_torn_line_does_not_count),
		IN_TEMP(a_flush_that_fails_is_an_error),
		IN_TEMP(a_disk_that_fills_up_leaves_room),
		IN_TEMP(without_room_nothing_begins),
		IN_TEMP(what_cannot_be_opened),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

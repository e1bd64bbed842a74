/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/journal.h"
#include "sys/file.h"
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

static void read_it(const char *path, struct journal *j)
{
	struct error e = {0};

	if (journal_read(path, j, &e) != 0)
		fail_msg("%s", e.text);
}

static void assert_text(const char *path, const char *text)
{
	CLEANUP(str_free) struct str got = {0};
	struct error e = {0};

	assert_int_equal(file_read(path, 1 << 20, &got, &e), 0);
	assert_string_equal(str_get(&got), text);
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
	assert_int_equal(journal_put(fd, "begin", "a", &e), 0);
	assert_int_equal(journal_put_fact(fd, "name", "100 %\n", &e), 0);
	assert_int_equal(flushes, 2);
	assert_int_equal(folder_flushes, 0);
	assert_text(path, "begin a\nis name 100 %25%0A\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, strlen("begin a\nis name 100 %25%0A\n"));
	assert_int_equal(journal_remove(path, &e), 0);
	assert_int_equal(folder_flushes, 1);
	assert_false(file_exists(path));
	assert_int_equal(journal_remove(path, &e), 0);
}

static void a_missing_one_says_nothing(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "none");
	CLEANUP(journal_free) struct journal j = {0};

	read_it(path, &j);
	assert_null(j.flow);
	assert_int_equal(j.begun.count + j.done.count + j.facts.count, 0);
}

static void what_its_lines_say(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	CLEANUP(journal_free) struct journal j = {0};

	temp_put(state, "journal", "flow x\nis a 1\nbegin one\ndone one\nis a 2 %25\nbegin two\nbegin two\n"
		 "unheard of\nback two\nundone two\n");
	read_it(path, &j);
	assert_string_equal(j.flow, "x");
	assert_string_equal(flow_facts_get(&j.facts, "a"), "2 %");
	assert_int_equal(j.begun.count, 1);
	assert_string_equal(j.begun.item[0], "one");
	assert_int_equal(j.done.count, 1);
	assert_true(j.backward);
}

/* A power cut may tear the last line anywhere: what stood before is kept, and the next line is whole. */
static void a_torn_line_does_not_count(void **state)
{
	static const char whole[] = "flow x\nbegin a\ndone a\n";
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	struct error e = {0};

	for (size_t n = 0; n < sizeof whole; n++) {
		CLEANUP(mem_freep) char *torn = mem_dupn(whole, n);
		CLEANUP(str_free) struct str text = {0};
		CLEANUP(journal_free) struct journal j = {0};
		CLEANUP(file_closep) int fd = -1;
		const char *last = strrchr(torn, '\n');

		temp_put(state, "journal", torn);
		read_it(path, &j);
		assert_int_equal(j.flow != NULL, n >= strlen("flow x\n"));
		assert_int_equal(j.begun.count, n >= strlen("flow x\nbegin a\n"));
		assert_int_equal(j.done.count, n == strlen(whole));
		fd = open_it(path);
		assert_int_equal(journal_put(fd, "begin", "next", &e), 0);
		str_addn(&text, torn, last ? (size_t)(last - torn) + 1 : 0);
		str_add(&text, "begin next\n");
		assert_text(path, text.data);
	}
}

static void a_flush_that_fails_is_an_error(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "journal");
	CLEANUP(file_closep) int fd = open_it(path);
	struct error e = {0};

	broken = true;
	assert_int_equal(journal_put(fd, "begin", "a", &e), -1);
	broken = false;
	assert_int_equal(e.code, EX_IOERR);
}

/* A walk back must be able to write its lines, though the flow has just filled the disk. */
static void a_disk_that_fills_up_leaves_room(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "tiny/journal");
	CLEANUP(mem_freep) char *filler = temp_path(state, "tiny/filler");
	CLEANUP(file_closep) int fd = -1;
	CLEANUP(str_free) struct str lines = {0};
	struct error e = {0};
	size_t put = 0;

	temp_tiny(state, "tiny", "256k");
	fd = open_it(path);
	temp_fill(state, "tiny/filler");
	while (put < 100000 && journal_put(fd, "begin", "a step of a flow, as long as they are", &e) == 0)
		put++;
	assert_in_range(put, 1000, 2000); /* 64 KiB of them */
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "No space left"));
	close(fd);
	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC); /* as it stands: opening would mend it */
	assert_int_equal(file_remove(filler, &e), 0);
	assert_int_equal(journal_put(fd, "begin", "next", &e), 0); /* nothing of the failed line is left to join */
	for (size_t i = 0; i < put; i++)
		str_add(&lines, "begin a step of a flow, as long as they are\n");
	str_add(&lines, "begin next\n");
	assert_text(path, lines.data);
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
	CLEANUP(journal_free) struct journal j = {0};
	struct error e = {0};

	temp_obey_permissions();
	if (journal_open(path, &e) != -1 || e.code != EX_NOPERM)
		return 1;
	return journal_read(path, &j, &e) != -1 || e.code != EX_NOPERM;
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

static int read_below(const char *path)
{
	CLEANUP(journal_free) struct journal j = {0};
	struct error e = {0};

	temp_obey_permissions();
	return journal_read(path, &j, &e) == -1 && e.code == EX_NOPERM ? 0 : 1;
}

/* A folder that may not be searched does not say that there is no journal. */
static void cannot_tell_is_not_none(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "closed/journal");
	CLEANUP(mem_freep) char *dir = temp_path(state, "closed");
	struct error e = {0};
	pid_t pid;

	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, "closed/journal", "flow x\nbegin a\n");
	assert_int_equal(chmod(dir, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(read_below(path));
	assert_int_equal(temp_wait(pid, 60), 0);
	assert_int_equal(chmod(dir, 0700), 0);
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, temp_make, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TEMP(each_line_is_flushed),
		IN_TEMP(a_missing_one_says_nothing),
		IN_TEMP(what_its_lines_say),
		IN_TEMP(a_torn_line_does_not_count),
		IN_TEMP(a_flush_that_fails_is_an_error),
		IN_TEMP(a_disk_that_fills_up_leaves_room),
		IN_TEMP(without_room_nothing_begins),
		IN_TEMP(what_cannot_be_opened),
		IN_TEMP(cannot_tell_is_not_none),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/file.h"
#include "tests/unit/temp.h"

/* --- the calls that publish a file, watched, and hit at the Nth ---------------------------------- */

ssize_t __real_write(int fd, const void *data, size_t n);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *data, size_t n);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);

static struct {
	bool on;
	struct str order;
	int calls, fail_at, kill_at;
	size_t at_most; /* bytes that one write takes; 0: all */
} watch;

static bool hit(const char *name)
{
	if (!watch.on)
		return false;
	str_addf(&watch.order, "%s ", name);
	watch.calls++;
	if (watch.calls == watch.kill_at)
		raise(SIGKILL);
	errno = EIO;
	return watch.calls == watch.fail_at;
}

ssize_t __wrap_write(int fd, const void *data, size_t n)
{
	static bool interrupted;

	if (hit("write"))
		return -1;
	if (!watch.on || !watch.at_most)
		return __real_write(fd, data, n);
	interrupted = !interrupted; /* every second one is a short write */
	errno = EINTR;
	return interrupted ? -1 : __real_write(fd, data, n < watch.at_most ? n : watch.at_most);
}

int __wrap_fsync(int fd)
{
	return hit("fsync") ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd)
{
	int failed = hit("close");

	__real_close(fd);
	return failed ? -1 : 0;
}

int __wrap_rename(const char *from, const char *to)
{
	return hit("rename") ? -1 : __real_rename(from, to);
}

static void watch_begin(void)
{
	str_clear(&watch.order);
	watch.calls = watch.fail_at = watch.kill_at = 0;
	watch.at_most = 0;
	watch.on = true;
}

static void watch_end(void)
{
	watch.on = false;
}

static void assert_content(void **state, const char *name, const char *text)
{
	CLEANUP(mem_freep) char *is = temp_get(state, name);

	assert_non_null(is);
	assert_string_equal(is, text);
}

/* --- publishing ---------------------------------------------------------------------------------- */

static void published_in_the_order_that_is_durable(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	struct error e = {0};

	watch_begin();
	assert_int_equal(file_write(path, "new", 3, 0600, &e), 0);
	watch_end();
	assert_string_equal(watch.order.data, "write fsync close rename fsync close ");
	watch_begin();
	assert_int_equal(file_write_quick(path, "quick", 5, 0600, &e), 0);
	watch_end();
	assert_string_equal(watch.order.data, "write close rename ");
	watch_begin();
	watch.at_most = 2;
	assert_int_equal(file_write(path, "in parts", 8, 0600, &e), 0);
	watch_end();
	assert_content(state, "f", "in parts");
}

static void mode_is_what_was_asked_for(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	struct error e = {0};
	mode_t was = umask(077);
	struct stat st;

	assert_int_equal(file_write(path, "x", 1, 0644, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	umask(0);
	assert_int_equal(file_write(path, "", 0, 0600, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 0);
	umask(was);
}

/* Whatever call fails, the old file is still there, whole, and nothing beside it. */
static void a_failure_of_any_call_leaves_the_old_file(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	int failed = 0;

	for (int n = 1; n < 20; n++) {
		struct error e = {0};
		int r, calls;

		temp_put(state, "f", "old");
		watch_begin();
		watch.fail_at = n;
		r = file_write(path, "new", 3, 0600, &e);
		watch_end();
		calls = watch.calls;
		if (calls < n)
			break; /* there is no Nth call: N - 1 were tried */
		assert_int_equal(temp_count(state, "."), 1);
		/* the folder's flush comes after the rename, and its close tells nothing */
		assert_int_equal(r, n == 6 ? 0 : -1);
		assert_content(state, "f", n <= 4 ? "old" : "new");
		assert_true(r == 0 || e.code == EX_IOERR || e.code == EX_CANTCREAT);
		failed++;
	}
	assert_int_equal(failed, 6);
}

/* Killed before any of the calls: the old file or the new one, never a part. */
static void a_kill_at_any_call_leaves_old_or_new(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");

	for (int n = 1; n <= 6; n++) {
		struct error e = {0};
		pid_t pid;

		temp_put(state, "f", "old");
		pid = fork();
		if (pid == 0) {
			watch_begin();
			watch.kill_at = n;
			file_write(path, "new", 3, 0600, &e);
			_exit(0);
		}
		assert_int_equal(temp_wait(pid, 60), 128 + SIGKILL);
		assert_content(state, "f", n <= 4 ? "old" : "new");
		assert_int_equal(file_write(path, "next", 4, 0600, &e), 0); /* the next run is not in its way */
		assert_content(state, "f", "next");
	}
}

static void a_reader_never_sees_a_part(void **state)
{
	static char a[200000], b[200000];
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	struct error e = {0};
	int status, seen = 0;
	pid_t pid;

	memset(a, 'a', sizeof a);
	memset(b, 'b', sizeof b);
	assert_int_equal(file_write_quick(path, a, sizeof a, 0600, &e), 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0;; i++)
			file_write_quick(path, i % 2 ? a : b, sizeof a, 0600, &e);
	}
	while (seen < 200) {
		CLEANUP(str_free) struct str text = {0};

		assert_int_equal(file_read(path, sizeof a, &text, &e), 0);
		assert_int_equal(text.len, sizeof a);
		assert_memory_equal(text.data, text.data[0] == 'a' ? a : b, sizeof a);
		seen++;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	static char huge[256 << 10];
	CLEANUP(mem_freep) char *path = temp_path(state, "tiny/f");
	struct error e = {0};

	temp_tiny(state, "tiny", "64k");
	assert_int_equal(file_write(path, "old", 3, 0600, &e), 0);
	assert_int_equal(file_write(path, huge, sizeof huge, 0600, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "No space left on device"));
	assert_content(state, "tiny/f", "old");
	assert_int_equal(temp_count(state, "tiny"), 1);
}

/* Runs TEST in a child for which permissions hold; its exit status must be 0. */
static void without_privilege(int (*test)(const char *dir), const char *dir)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		temp_obey_permissions();
		_exit(test(dir));
	}
	assert_int_equal(temp_wait(pid, 60), 0);
}

static int try_read_only(const char *dir)
{
	CLEANUP(mem_freep) char *file = mem_format("%s/f", dir);
	CLEANUP(mem_freep) char *folder = mem_format("%s/a/b", dir);
	struct error e = {0};

	if (file_write(file, "x", 1, 0600, &e) != -1 || e.code != EX_NOPERM)
		return 1;
	if (file_mkdirs(folder, 0755, &e) != -1 || e.code != EX_NOPERM)
		return 2;
	if (file_remove(file, &e) != -1 || e.code != EX_NOPERM)
		return 3;
	if (file_remove_tree(file, &e) != -1 || e.code != EX_NOPERM)
		return 4;
	return file_rename(file, folder, &e) != -1;
}

static int try_unreadable(const char *dir)
{
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(mem_freep) char *file = mem_format("%s/f", dir);
	struct error e = {0};

	if (file_read(file, 100, &text, &e) != -1 || e.code != EX_NOPERM)
		return 1;
	return file_dir_empty(dir, &e) != -1 || e.code != EX_NOPERM;
}

static void permissions_are_told(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "d");
	struct error e = {0};

	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, "d/f", "old");
	assert_int_equal(chmod(dir, 0555), 0);
	without_privilege(try_read_only, dir);
	assert_int_equal(chmod(dir, 0), 0);
	without_privilege(try_unreadable, dir);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_content(state, "d/f", "old");
	assert_int_equal(temp_count(state, "d"), 1);
}

static void no_folder_no_file(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "missing/f");
	CLEANUP(mem_freep) char *folder = temp_path(state, "full");
	struct error e = {0};

	assert_int_equal(file_write(path, "x", 1, 0600, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(file_mkdirs(folder, 0755, &e), 0);
	assert_int_equal(file_write(folder, "x", 1, 0600, &e), -1); /* a folder is in its place */
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(temp_count(state, "."), 1);
}

/* --- reading ------------------------------------------------------------------------------------- */

static void read_whole_within_a_limit(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	CLEANUP(mem_freep) char *missing = temp_path(state, "missing");
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	temp_put(state, "f", "12345");
	assert_int_equal(file_read(path, 5, &text, &e), 0);
	assert_string_equal(text.data, "12345");
	str_clear(&text);
	assert_int_equal(file_read(path, 4, &text, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_int_equal(file_read(missing, 4, &text, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
	assert_int_equal(file_read(*state, 4, &text, &e), -1); /* a folder */
	assert_int_equal(e.code, EX_IOERR);
}

static void a_dash_is_stdin(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};
	int was = dup(0), fd;

	temp_put(state, "f", "from stdin");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	dup2(fd, 0);
	close(fd);
	assert_int_equal(file_read("-", 100, &text, &e), 0);
	dup2(was, 0);
	close(was);
	assert_string_equal(text.data, "from stdin");
}

/* --- folders ------------------------------------------------------------------------------------- */

static void folders_are_made_with_their_mode(void **state)
{
	CLEANUP(mem_freep) char *deep = temp_path(state, "a/b/c");
	CLEANUP(mem_freep) char *middle = temp_path(state, "a/b");
	CLEANUP(mem_freep) char *slash = temp_path(state, "a/d/");
	struct error e = {0};
	mode_t was = umask(077);
	struct stat st;

	assert_int_equal(file_mkdirs(deep, 0755, &e), 0);
	assert_int_equal(file_mkdirs(deep, 0700, &e), 0); /* there already: left as it is */
	umask(was);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(middle, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(file_mkdirs(slash, 0750, &e), 0);
	assert_int_equal(file_mkdirs("/", 0755, &e), 0);
	assert_int_equal(file_mkdirs(".", 0755, &e), 0);
}

static void what_is_no_folder_is_in_the_way(void **state)
{
	CLEANUP(mem_freep) char *file = temp_path(state, "f");
	CLEANUP(mem_freep) char *below = temp_path(state, "f/a/b");
	CLEANUP(mem_freep) char *dangling = temp_path(state, "link");
	struct error e = {0};

	temp_put(state, "f", "");
	assert_int_equal(file_mkdirs(file, 0755, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(file_mkdirs(below, 0755, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(file_mkdirs(dangling, 0755, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
}

static void an_empty_folder_is_told(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "d");
	CLEANUP(mem_freep) char *found = temp_path(state, "d/lost+found");
	CLEANUP(mem_freep) char *file = temp_path(state, "d/.hidden");
	struct error e = {0};

	assert_int_equal(file_dir_empty(dir, &e), 1); /* missing */
	assert_int_equal(file_mkdirs(found, 0755, &e), 0);
	assert_int_equal(file_dir_empty(dir, &e), 1);
	temp_put(state, "d/.hidden", "");
	assert_int_equal(file_dir_empty(dir, &e), 0);
	assert_int_equal(file_dir_empty(file, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

static void rename_flushes_both_folders(void **state)
{
	CLEANUP(mem_freep) char *from = temp_path(state, "f");
	CLEANUP(mem_freep) char *dir = temp_path(state, "d");
	CLEANUP(mem_freep) char *to = temp_path(state, "d/g");
	struct error e = {0};

	temp_put(state, "f", "x");
	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	watch_begin();
	assert_int_equal(file_rename(from, to, &e), 0);
	watch_end();
	assert_string_equal(watch.order.data, "rename fsync close fsync close ");
	assert_true(file_exists(to) && !file_exists(from));
	assert_int_equal(file_rename(from, to, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

/* --- removing ------------------------------------------------------------------------------------ */

static void a_file_is_removed_once_or_more(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "f");
	CLEANUP(mem_freep) char *below = temp_path(state, "f/x");
	CLEANUP(mem_freep) char *nowhere = temp_path(state, "no/f");
	struct error e = {0};

	temp_put(state, "f", "x");
	assert_int_equal(file_remove(below, &e), 0); /* beneath a file there is none */
	watch_begin();
	assert_int_equal(file_remove(path, &e), 0);
	watch_end();
	assert_string_equal(watch.order.data, "fsync close ");
	watch_begin(); /* a killed run may have removed it and not flushed the folder */
	assert_int_equal(file_remove(path, &e), 0);
	watch_end();
	assert_string_equal(watch.order.data, "fsync close ");
	assert_int_equal(file_remove(nowhere, &e), 0);
	assert_int_equal(file_remove(*state, &e), -1); /* a folder */
}

static void a_tree_is_removed_and_links_are_not_followed(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree");
	CLEANUP(mem_freep) char *deep = temp_path(state, "tree/a/b/c");
	CLEANUP(mem_freep) char *outside = temp_path(state, "outside");
	CLEANUP(mem_freep) char *inner = temp_path(state, "tree/a/link");
	CLEANUP(mem_freep) char *file = temp_path(state, "tree/a/file-link");
	CLEANUP(mem_freep) char *link = temp_path(state, "link");
	struct error e = {0};

	assert_int_equal(file_mkdirs(deep, 0755, &e), 0);
	assert_int_equal(file_mkdirs(outside, 0755, &e), 0);
	temp_put(state, "outside/kept", "x");
	temp_put(state, "tree/a/b/f", "x");
	assert_int_equal(symlink(outside, inner), 0);
	assert_int_equal(symlink("../../outside/kept", file), 0);
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(file_remove_tree(tree, &e), 0);
	assert_false(file_exists(tree));
	assert_int_equal(file_remove_tree(link, &e), 0); /* the link, not what it names */
	assert_content(state, "outside/kept", "x");
	assert_int_equal(temp_count(state, "."), 1);
	assert_int_equal(file_remove_tree(tree, &e), 0); /* there is none */
	temp_put(state, "f", "x");
	CLEANUP(mem_freep) char *plain = temp_path(state, "f");
	assert_int_equal(file_remove_tree(plain, &e), 0);
	assert_false(file_exists(plain));
}

/* Other file systems, and other mounts of the same one, keep what they hold. */
static void a_mount_in_a_tree_keeps_its_content(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree");
	CLEANUP(mem_freep) char *other = temp_path(state, "tree/other");
	CLEANUP(mem_freep) char *bind = temp_path(state, "tree/bind");
	CLEANUP(mem_freep) char *kept = temp_path(state, "kept");
	struct error e = {0};

	assert_int_equal(file_mkdirs(tree, 0755, &e), 0);
	temp_tiny(state, "tree/other", "64k");
	temp_put(state, "tree/other/f", "x");
	assert_int_equal(file_remove_tree(tree, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_content(state, "tree/other/f", "x");
	assert_int_equal(file_remove_tree(other, &e), -1); /* nor is it emptied when it is named */
	assert_content(state, "tree/other/f", "x");
	assert_int_equal(umount(other), 0);

	assert_int_equal(file_mkdirs(bind, 0755, &e), 0);
	assert_int_equal(file_mkdirs(kept, 0755, &e), 0);
	temp_put(state, "kept/f", "x");
	assert_int_equal(mount(kept, bind, NULL, MS_BIND, NULL), 0);
	assert_int_equal(file_remove_tree(tree, &e), -1);
	assert_non_null(strstr(e.text, "mount point"));
	assert_content(state, "kept/f", "x");
	assert_int_equal(umount(bind), 0);
	assert_int_equal(file_remove_tree(tree, &e), 0);
}

/* What cannot be looked at is not taken for missing. */
static void cannot_tell_is_not_none(void **state)
{
	CLEANUP(mem_freep) char *loop = temp_path(state, "loop"), *beneath = mem_format("%s/file", loop);

	assert_false(file_exists(loop));
	assert_int_equal(symlink("loop", loop), 0);
	assert_true(file_exists(loop));
	assert_true(file_exists(beneath));
}

static void closep_closes_once(void **state)
{
	int fd = dup(0), same = fd;

	(void)state;
	assert_true(fd >= 0);
	file_closep(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(same, F_GETFD), -1);
	file_closep(&fd);
	assert_int_equal(fd, -1);
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, temp_make, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TEMP(published_in_the_order_that_is_durable),
		IN_TEMP(mode_is_what_was_asked_for),
		IN_TEMP(a_failure_of_any_call_leaves_the_old_file),
		IN_TEMP(a_kill_at_any_call_leaves_old_or_new),
		IN_TEMP(a_reader_never_sees_a_part),
		IN_TEMP(a_full_disk_leaves_the_old_file),
		IN_TEMP(permissions_are_told),
		IN_TEMP(no_folder_no_file),
		IN_TEMP(read_whole_within_a_limit),
		IN_TEMP(a_dash_is_stdin),
		IN_TEMP(folders_are_made_with_their_mode),
		IN_TEMP(what_is_no_folder_is_in_the_way),
		IN_TEMP(an_empty_folder_is_told),
		IN_TEMP(rename_flushes_both_folders),
		IN_TEMP(a_file_is_removed_once_or_more),
		IN_TEMP(a_tree_is_removed_and_links_are_not_followed),
		IN_TEMP(a_mount_in_a_tree_keeps_its_content),
		IN_TEMP(cannot_tell_is_not_none),
		cmocka_unit_test(closep_closes_once),
	};
	int failed;

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	failed = cmocka_run_group_tests_name("file", tests, NULL, NULL);
	str_free(&watch.order);
	return failed;
}

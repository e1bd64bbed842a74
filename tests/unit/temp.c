/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "tests/unit/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/mounts.h"

int temp_make(void **state)
{
	const char *base = getenv("TMPDIR");
	char *dir = mem_format("%s/ecs-unit-XXXXXX", base ? base : "/tmp");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

/* The last mount first, so that none is in the way of one below it. */
static void unmount_beneath(const char *dir)
{
	struct mounts_table t = {0};
	struct error e = {0};

	if (mounts_read(&t, &e) != 0)
		return;
	for (size_t i = t.count; i-- > 0;)
		if (str_begins(t.entry[i].target, dir))
			umount2(t.entry[i].target, MNT_DETACH);
	mounts_free(&t);
}

int temp_remove(void **state)
{
	struct error e = {0};
	int r;

	unmount_beneath(*state);
	r = file_remove_tree(*state, &e);
	if (r != 0)
		fprintf(stderr, "%s\n", e.text);
	free(*state);
	return r;
}

char *temp_path(void **state, const char *name)
{
	return path_join(*state, name);
}

void temp_put(void **state, const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = temp_path(state, name);
	struct error e = {0};

	if (file_write_quick(path, text, strlen(text), 0644, &e) != 0)
		fail_msg("%s", e.text);
}

char *temp_get(void **state, const char *name)
{
	CLEANUP(mem_freep) char *path = temp_path(state, name);
	struct str text = {0};
	struct error e = {0};

	if (!file_exists(path))
		return NULL;
	if (file_read(path, 1 << 20, &text, &e) != 0)
		fail_msg("%s", e.text);
	str_add(&text, "");
	return text.data;
}

int temp_count(void **state, const char *name)
{
	CLEANUP(mem_freep) char *path = temp_path(state, name);
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static bool map(const char *file, unsigned id)
{
	CLEANUP(mem_freep) char *text = mem_format("0 %u 1", id);
	CLEANUP(file_closep) int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}

bool temp_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();
	CLEANUP(file_closep) int fd = -1;

	if (uid == 0)
		return unshare(CLONE_NEWNS) == 0 &&
		       mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "deny", 4) == 4 && map("/proc/self/uid_map", uid) &&
	       map("/proc/self/gid_map", gid) &&
	       mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0;
}

void temp_obey_permissions(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (syscall(SYS_capset, &head, none) != 0)
		abort();
}

void temp_tiny(void **state, const char *name, const char *size)
{
	CLEANUP(mem_freep) char *path = temp_path(state, name);
	CLEANUP(mem_freep) char *options = mem_format("size=%s", size);

	if (mkdir(path, 0755) != 0 || mount("tiny", path, "tmpfs", 0, options) != 0)
		fail_msg("cannot mount '%s'", path);
}

void temp_fill(void **state, const char *name)
{
	static const char zeros[1024];
	CLEANUP(mem_freep) char *path = temp_path(state, name);
	CLEANUP(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof zeros) > 0)
		;
}

int temp_wait(pid_t pid, int seconds)
{
	struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int status, n;

	if (p.fd < 0)
		fail_msg("no child to wait for");
	n = poll(&p, 1, seconds * 1000);
	close(p.fd);
	if (n != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		fail_msg("a child did not end within %d s", seconds);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool temp_appears(const char *file, int seconds)
{
	static const struct timespec moment = {0, 2000000};

	for (int i = 0; i < seconds * 500 && !file_exists(file); i++)
		nanosleep(&moment, NULL);
	return file_exists(file);
}

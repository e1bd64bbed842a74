/* SPDX-License-Identifier: MIT */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

static struct {
	int fd;
	struct stat file;
} last = {.fd = -1};

int lock_held(void)
{
	struct stat now;

	/* closed, and perhaps its number used again: the file tells */
	if (last.fd < 0 || fstat(last.fd, &now) != 0 || now.st_ino != last.file.st_ino ||
	    now.st_dev != last.file.st_dev)
		return -1;
	return last.fd;
}

/*
 * Adds "'TOOL' (pid PID, since TIME)", as far as the file tells: it is written a moment after the lock was
 * taken, and until then names the holder before, who is gone: "another command" then.
 */
static void name_holder(int fd, struct str *who)
{
	char text[256] = "", tool[64], when[CLOCK_TEXT];
	long pid;
	long long since;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	if (n <= 0 || sscanf(text, "%63s %ld %lld", tool, &pid, &since) != 3 ||
	    (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
		str_add(who, "another command");
	else
		str_addf(who, "'%s' (pid %ld, since %s)", tool, pid, clock_text((time_t)since, when));
}

static int held(int fd, const char *path, struct error *e)
{
	CLEANUP(str_free) struct str who = {0};

	name_holder(fd, &who);
	return error_set(e, EX_TEMPFAIL, "'%s' is locked by %s: try later, or use --wait", path, who.data);
}

/* "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF" (proc(5)) */
static bool is_flock_of(const char *line, const struct stat *st)
{
	unsigned major_nr, minor_nr;
	unsigned long long inode;

	return sscanf(line, "%*s FLOCK %*s WRITE %*d %x:%x:%llu", &major_nr, &minor_nr, &inode) == 3 &&
	       makedev(major_nr, minor_nr) == st->st_dev && inode == st->st_ino;
}

int lock_look(const char *path, struct str *who, struct error *e)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(mem_freep) char *line = NULL;
	size_t cap = 0;
	struct stat st;
	FILE *locks;
	int found = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot open the lock '%s'", path);
	locks = fopen("/proc/locks", "re");
	if (locks == NULL || fstat(fd, &st) != 0) {
		error_errno(e, EX_IOERR, "cannot look at the lock '%s'", path);
		if (locks)
			fclose(locks);
		return -1;
	}
	while (!found && getline(&line, &cap, locks) > 0)
		found = is_flock_of(line, &st);
	fclose(locks);
	if (found)
		name_holder(fd, who);
	return found;
}

static void nothing(int number)
{
	(void)number;
}

/*
 * flock(2) knows no deadline: an interval timer interrupts it ten times a second, so that neither a
 * signal nor the deadline that comes just before the call is missed.
 */
static int wait_for(int fd, const char *path, long wait, struct error *e)
{
	struct sigaction now = {.sa_handler = nothing}, was;
	struct itimerval tick = {{0, 100000}, {0, 100000}}, off = {{0, 0}, {0, 0}};
	long long until = clock_ms() + wait * 1000LL;
	int r, err;

	sigaction(SIGALRM, &now, &was);
	setitimer(ITIMER_REAL, &tick, NULL);
	do {
		r = flock(fd, LOCK_EX);
		err = errno;
	} while (r != 0 && err == EINTR && !signals_pending() && (wait < 0 || clock_ms() < until));
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &was, NULL);
	if (r == 0)
		return 0;
	if (signals_pending())
		return signals_error(e);
	if (err == EINTR)
		return held(fd, path, e);
	errno = err;
	return error_errno(e, EX_IOERR, "cannot lock '%s'", path);
}

static int sign(int fd, const char *path, const char *tool, struct error *e)
{
	char text[128];
	int n = snprintf(text, sizeof text, "%s %ld %lld\n", tool, (long)getpid(),
			 (long long)clock_now());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return error_errno(e, EX_IOERR, "cannot write '%s'", path);
	return 0;
}

int lock_take(const char *path, const char *tool, long wait, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(file_closep) int fd = -1;
	int got;

	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(e, errno == EACCES ? EX_NOPERM : EX_CANTCREAT,
				   "cannot open the lock '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return error_errno(e, EX_IOERR, "cannot lock '%s'", path);
		if (wait == 0)
			return held(fd, path, e);
		if (wait_for(fd, path, wait, e) != 0)
			return -1;
	}
	if (sign(fd, path, tool, e) != 0)
		return -1;
	if (fstat(fd, &last.file) == 0)
		last.fd = fd;
	got = fd;
	fd = -1;
	return got;
}

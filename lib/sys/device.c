/* SPDX-License-Identifier: MIT */
#include "sys/device.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/file.h"

/* A folder that every machine has; the child alone sees it covered. */
static const char place[] = "/tmp";

enum { CHILD_DONE, CHILD_MISSING, CHILD_ERRNO /* + errno of what failed */ };

/* In the child; returns its exit status. */
static int child(const char *device, const char *type, const char *path, int out)
{
	struct error e;
	int dir, fd;
	char buf[65536];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		return CHILD_ERRNO + errno;
	if (mount(device, place, type, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		return CHILD_ERRNO + errno;
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1 : openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? CHILD_MISSING : CHILD_ERRNO + errno;
	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (file_write_all(out, buf, (size_t)n, &e) != 0)
			return CHILD_ERRNO + errno;
	return n < 0 ? CHILD_ERRNO + errno : CHILD_DONE;
}

int device_read_file(const char *device, const char *type, const char *path, size_t max, struct str *out,
	      struct error *e)
{
	CLEANUP(file_closep) int from = -1;
	int pipes[2], status, rc;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	from = pipes[0];
	pid = fork();
	if (pid == 0)
		_exit(child(device, type, path, pipes[1]));
	close(pipes[1]);
	if (pid < 0)
		return error_errno(e, EX_OSERR, "cannot fork");
	rc = file_read_fd(from, path, max, out, e);
	if (rc != 0)
		file_closep(&from); /* the child ends by SIGPIPE or EPIPE */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc != 0)
		return -1;
	errno = !WIFEXITED(status) ? EIO : WEXITSTATUS(status) - CHILD_ERRNO;
	if (errno >= 0)
		return error_errno(e, 0, "cannot read '%s' on '%s' as %s", path, device, type);
	return WEXITSTATUS(status) == CHILD_DONE;
}

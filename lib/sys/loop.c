/* SPDX-License-Identifier: MIT */
#include "sys/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/loop.h>

#include "base/str.h"
#include "sys/file.h"

enum { TRIES = 10 /* another process may take the free device first */ };

static char *backing(const char *name)
{
	CLEANUP(mem_freep) char *path = mem_format("/sys/block/%s/loop/backing_file", name);
	CLEANUP(str_free) struct str text = {0};
	struct error ignored = {0};

	if (!file_exists(path) || file_read(path, 8192, &text, &ignored) != 0)
		return NULL;
	return mem_dupn(str_get(&text), strcspn(str_get(&text), "\n"));
}

char *loop_file(const char *device)
{
	return str_begins(device, "/dev/loop") ? backing(device + strlen("/dev/")) : NULL;
}

/* The device that FILE has already; NULL: none. */
static char *find(const char *file)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *d;
	char *device = NULL;

	while (dir && device == NULL && (d = readdir(dir))) {
		CLEANUP(mem_freep) char *behind = str_begins(d->d_name, "loop") ? backing(d->d_name) : NULL;

		if (behind && strcmp(behind, file) == 0)
			device = mem_format("/dev/%s", d->d_name);
	}
	if (dir)
		closedir(dir);
	return device;
}

/* Sets up a free device. Returns its descriptor; -1 with errno EBUSY when another took it. */
static int make(int fd, const char *file, char **device)
{
	struct loop_config config = {.fd = (__u32)fd, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
	CLEANUP(file_closep) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE), loop;
	char *path;

	if (number < 0)
		return -1;
	path = mem_format("/dev/loop%d", number);
	memcpy(config.info.lo_file_name, file, strnlen(file, LO_NAME_SIZE - 1));
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
		*device = path;
		return loop;
	}
	free(path);
	file_closep(&loop);
	return -1;
}

int loop_attach(const char *file, char **device, struct error *e)
{
	CLEANUP(file_closep) int fd = open(file, O_RDWR | O_CLOEXEC);
	CLEANUP(mem_freep) char *real = realpath(file, NULL);
	int loop = -1;

	if (fd < 0 || real == NULL)
		return error_errno(e, 0, "cannot open '%s'", file);
	*device = find(real);
	if (*device && (loop = open(*device, O_RDONLY | O_CLOEXEC)) < 0) {
		free(*device); /* gone in between */
		*device = NULL;
	}
	for (int i = 0; loop < 0 && i < TRIES; i++) {
		loop = make(fd, real, device);
		if (loop < 0 && errno != EBUSY)
			break;
	}
	return loop < 0 ? error_errno(e, EX_OSERR, "cannot set up a loop device for '%s'", file) : loop;
}

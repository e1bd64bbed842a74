/* SPDX-License-Identifier: MIT */
#include "sys/processes.h"

#include <dirent.h>
#include <stdio.h>

#include "base/str.h"

int processes_each(int (*fn)(void *arg, long pid, struct error *e), void *arg, struct error *e)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int r = 0;

	if (proc == NULL)
		return error_errno(e, EX_OSERR, "cannot read '/proc'");
	while (r == 0 && (d = readdir(proc))) {
		unsigned long long pid;

		if (str_number(d->d_name, 1 << 30, &pid))
			r = fn(arg, (long)pid, e);
	}
	closedir(proc);
	return r;
}

bool processes_read(long pid, const char *name, char *buf, size_t size)
{
	CLEANUP(mem_freep) char *path = mem_format("/proc/%ld/%s", pid, name);
	FILE *file = fopen(path, "re");
	size_t n = 0;

	if (file) {
		n = fread(buf, 1, size - 1, file);
		fclose(file);
	}
	buf[n] = '\0';
	return n > 0;
}

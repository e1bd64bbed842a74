/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <string.h>

#include "base/str.h"

char *path_root(const char *root, const char *path)
{
	return mem_format("%s%s", root, path);
}

char *path_join(const char *dir, const char *name)
{
	return mem_format("%s/%s", dir, name);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_dup(".");
	if (slash == path)
		return mem_dup("/");
	return mem_dupn(path, (size_t)(slash - path));
}

bool path_is_name(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";
	size_t n = strlen(text);

	return n > 0 && n <= 64 && strspn(text, allowed) == n;
}

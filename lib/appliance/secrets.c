/* SPDX-License-Identifier: MIT */
#include "appliance/secrets.h"

#include <sys/random.h>

#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"

#define SECRET_DATABASE NAME_SECRETS_DIR "/database"
#define SECRET_DJANGO NAME_SECRETS_DIR "/django"

enum { SECRET_BYTES = 32, SECRET_MAX = 4096 };

static int make_secret(const char *root, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	unsigned char bytes[SECRET_BYTES];
	CLEANUP(str_free) struct str text = {0};

	if (file_exists(path))
		return 0;
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return error_errno(e, EX_OSERR, "cannot get random bytes");
	for (size_t i = 0; i < sizeof bytes; i++)
		str_addf(&text, "%02x", bytes[i]);
	str_addc(&text, '\n');
	return file_write(path, text.data, text.len, 0600, e);
}

int secrets_make(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_SECRETS_DIR);

	if (file_mkdirs(dir, 0700, e) != 0)
		return -1;
	return make_secret(root, SECRET_DATABASE, e) != 0 ? -1 : make_secret(root, SECRET_DJANGO, e);
}

bool secrets_are_made(const char *root)
{
	CLEANUP(mem_freep) char *database = path_root(root, SECRET_DATABASE);
	CLEANUP(mem_freep) char *django = path_root(root, SECRET_DJANGO);

	return file_exists(database) && file_exists(django);
}

static char *read_secret(const char *root, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	CLEANUP(str_free) struct str text = {0};

	if (file_exists(path) && file_read(path, SECRET_MAX, &text, e) != 0)
		return NULL;
	str_trim(&text);
	return mem_dup(str_get(&text));
}

char *secrets_password(const char *root, struct error *e)
{
	return read_secret(root, SECRET_DATABASE, e);
}

char *secrets_django_key(const char *root, struct error *e)
{
	return read_secret(root, SECRET_DJANGO, e);
}

/* SPDX-License-Identifier: MIT */
#include "sys/attributes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

enum { MAX = 1 << 16 }; /* XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel */

static const char capability[] = "security.capability";

/* The name in its folder, which is open: nothing on the way to it is followed. */
static char *path_of(const struct tree_item *item)
{
	return mem_format("/proc/self/fd/%d/%s", item->dir, item->name);
}

static bool is_kept(const char *name)
{
	return str_begins(name, "user.") || str_begins(name, "system.posix_acl_") || strcmp(name, capability) == 0;
}

static int list_names(const struct tree_item *item, const char *path, struct strlist *names, struct error *e)
{
	char few[256];
	CLEANUP(mem_freep) char *many = NULL;
	const char *list = few;
	ssize_t n = llistxattr(path, few, sizeof few);

	if (n < 0 && errno == ERANGE) {
		list = many = mem_alloc(MAX);
		n = llistxattr(path, many, MAX);
	}
	if (n < 0)
		return errno == ENOTSUP ? 0 : error_errno(e, EX_IOERR, "cannot read the attributes of '%s'", item->path);
	for (const char *name = list; name < list + n; name += strlen(name) + 1)
		if (is_kept(name))
			strlist_add(names, name);
	strlist_sort(names);
	return 0;
}

static void add_name(struct str *out, const char *name)
{
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		str_addf(out, isalnum(*p) || strchr(".-_", *p) ? "%c" : "%%%02X", *p);
}

int attributes_read(const struct tree_item *item, char **text, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_of(item);
	CLEANUP(mem_freep) unsigned char *value = NULL;
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str out = {0};

	*text = NULL;
	if (list_names(item, path, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		ssize_t n;

		value = value ? value : mem_alloc(MAX);
		n = lgetxattr(path, names.item[i], value, MAX);
		if (n < 0)
			return error_errno(e, EX_IOERR, "cannot read an attribute of '%s'", item->path);
		str_add(&out, i ? "," : "");
		add_name(&out, names.item[i]);
		str_addc(&out, '=');
		for (ssize_t k = 0; k < n; k++)
			str_addf(&out, "%02x", value[k]);
	}
	*text = names.count ? mem_dup(out.data) : NULL;
	return 0;
}

static unsigned hex_at(const char *text)
{
	unsigned value = 0;

	sscanf(text, "%2x", &value);
	return value;
}

/* One of "NAME=HEX,…": its name decoded, and its value; returns what is behind it. */
static const char *parse(const char *text, struct str *name, struct str *value)
{
	str_clear(name);
	str_clear(value);
	for (; *text && *text != '=' && *text != ','; text++) {
		bool coded = *text == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2]);

		str_addc(name, coded ? (char)hex_at(text + 1) : *text);
		text += coded ? 2 : 0;
	}
	text += *text == '=';
	for (; isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]); text += 2)
		str_addc(value, (char)hex_at(text));
	text += strcspn(text, ",");
	return text + (*text == ',');
}

int attributes_write(const struct tree_item *item, const char *text, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_of(item);
	CLEANUP(strlist_free) struct strlist names = {0}, wanted = {0};
	CLEANUP(str_free) struct str name = {0}, value = {0};

	while (text && *text) {
		text = parse(text, &name, &value);
		if (!is_kept(str_get(&name)) || strcmp(str_get(&name), capability) == 0)
			continue;
		strlist_add(&wanted, str_get(&name));
		if (lsetxattr(path, str_get(&name), str_get(&value), value.len, 0) != 0)
			return error_errno(e, EX_IOERR, "cannot set an attribute of '%s'", item->path);
	}
	if (list_names(item, path, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (!strlist_has(&wanted, names.item[i]) && lremovexattr(path, names.item[i]) != 0 && errno != ENODATA)
			return error_errno(e, EX_IOERR, "cannot remove an attribute of '%s'", item->path);
	return 0;
}

int attributes_remove_capability(const struct tree_item *item, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_of(item);

	if (lgetxattr(path, capability, NULL, 0) < 0)
		return errno == ENODATA || errno == ENOTSUP ? 0 : error_errno(e, EX_IOERR,
			"cannot read the attributes of '%s'", item->path);
	if (lremovexattr(path, capability) != 0)
		return error_errno(e, EX_IOERR, "cannot remove an attribute of '%s'", item->path);
	return 1;
}

void attributes_drop_capability(char *text)
{
	char *at = text;
	size_t len;

	while (at && *at) {
		char *next = at + strcspn(at, ",");

		next += *next == ',';
		if (str_begins(at, capability) && at[sizeof capability - 1] == '=')
			memmove(at, next, strlen(next) + 1);
		else
			at = next;
	}
	len = text ? strlen(text) : 0;
	if (len && text[len - 1] == ',')
		text[len - 1] = '\0';
}

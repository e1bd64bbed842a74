/* SPDX-License-Identifier: MIT */
#include "env/userdata.h"

#include <string.h>

#include "env/mime.h"
#include "wrap/gzip.h"

/* The cloud-config parts of a multipart. */
struct found {
	const char *name;
	struct str text; /* the one to take */
	bool any, ours;  /* there is one; it holds a tree of ours */
};

static int gunzip(const char *name, struct str *data, struct error *e)
{
	struct str plain = {0};

	if (gzip_unpack(name, data->data, data->len, ENV_MAX, &plain, e) != 0) {
		str_free(&plain);
		return error_set(e, EX_DATAERR,
				 "%s:1:1: broken gzip data, or more than 1 MiB in it", name);
	}
	str_free(data);
	*data = plain;
	return 0;
}

static bool begins(const struct str *s, const char *with)
{
	return s->len >= strlen(with) && memcmp(s->data, with, strlen(with)) == 0;
}

/* Whether a line of TEXT begins one of our trees. */
static bool holds_trees(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (str_begins(line, "appliance:") || str_begins(line, "ecs:"))
			return true;
	}
	return false;
}

static int on_part(void *arg, const char *type, struct str *body, struct error *e)
{
	struct found *f = arg;
	bool named = strcmp(type, "text/cloud-config") == 0, ours;

	if (gzip_is(body->data, body->len) && gunzip(f->name, body, e) != 0)
		return -1;
	if (!named && !begins(body, ENV_FIRST_LINE))
		return 0;
	ours = holds_trees(str_get(body));
	if (f->ours && ours)
		return error_set(e, EX_DATAERR,
				 "%s:1:1: two parts hold an 'appliance' or 'ecs' tree", f->name);
	if (f->any && !ours)
		return 0;
	str_clear(&f->text);
	if (!begins(body, ENV_FIRST_LINE))
		str_addf(&f->text, "%s\n", ENV_FIRST_LINE);
	str_addn(&f->text, str_get(body), body->len);
	f->any = true;
	f->ours = ours;
	return 0;
}

int userdata_unpack(const char *name, struct str *data, struct error *e)
{
	struct found f = {.name = name};

	if (gzip_is(data->data, data->len) && gunzip(name, data, e) != 0)
		return -1;
	if (!mime_is(str_get(data), data->len))
		return 0;
	if (mime_each(name, data->data, data->len, on_part, &f, e) != 0) {
		str_free(&f.text);
		return -1;
	}
	if (!f.any)
		return 0;
	str_free(data);
	*data = f.text;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "env/userdata.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "env/mime.h"
#include "wrap/gzip.h"
#include "wrap/yaml.h"

/* The cloud-config parts of a multipart. */
struct found {
	const char *name;
	struct str text; /* the one to take */
	bool any, ours;  /* there is one; it holds a tree of ours */
};

static bool begins(const struct str *s, const char *with)
{
	return s->len >= strlen(with) && memcmp(s->data, with, strlen(with)) == 0;
}

static void replace(struct str *data, struct str *by)
{
	str_free(data);
	*data = *by;
}

/* --- how it is packed ------------------------------------------------------------------------- */

static int gunzip(const char *name, struct str *data, struct error *e)
{
	struct str plain = {0};

	if (!gzip_is(data->data, data->len))
		return 0;
	if (gzip_unpack(name, data->data, data->len, ENV_MAX, &plain, e) != 0) {
		str_free(&plain);
		return error_set(e, EX_DATAERR,
				 "%s:1:1: the gzip data are broken, or unpack to more than 1 MiB", name);
	}
	replace(data, &plain);
	return 0;
}

/* Base64 of something that user-data can be; other text may be base64 by chance, and stays as it is. */
static void decode(struct str *data)
{
	struct str plain = {0};

	if (data->len && base64_decode(data->data, data->len, &plain) &&
	    (gzip_is(plain.data, plain.len) || begins(&plain, ENV_FIRST_LINE) || begins(&plain, USERDATA_BOM) ||
	     mime_is(str_get(&plain), plain.len)))
		replace(data, &plain);
	else
		str_free(&plain);
}

/* --- how it is written ------------------------------------------------------------------------ */

static bool is_utf16(const struct str *s)
{
	static const char *const begin[] = {"\xFF\xFE#", "\xFE\xFF\0#", "#\0c", "\0#\0c"};
	static const size_t len[] = {3, 4, 3, 4};

	for (size_t i = 0; i < sizeof len / sizeof *len; i++)
		if (s->len >= len[i] && memcmp(s->data, begin[i], len[i]) == 0)
			return true;
	return false;
}

/* "## template: jinja" over a cloud-config: cloud-init would fill it in. */
static bool is_template(const char *text)
{
	const char *line = strchr(text, '\n');

	if (!str_begins(text, "##") || line == NULL || !str_begins(line + 1, ENV_FIRST_LINE))
		return false;
	text += 2 + strspn(text + 2, " \t");
	return strncasecmp(text, "template:", 9) == 0;
}

/* Leaves out a byte-order mark; what is text of another kind is named for what it is. */
static int plain_text(const char *name, struct str *data, struct error *e)
{
	if (begins(data, USERDATA_BOM)) {
		struct str rest = {0};

		str_addn(&rest, data->data + strlen(USERDATA_BOM), data->len - strlen(USERDATA_BOM));
		replace(data, &rest);
	}
	if (is_utf16(data))
		return error_set(e, EX_DATAERR, "%s:1:1: the text is UTF-16: save it as UTF-8", name);
	if (is_template(str_get(data)))
		return error_set(e, EX_DATAERR,
				 "%s:1:1: this is a template that only cloud-init can fill in: write the "
				 "values out",
				 name);
	return 0;
}

/* --- the parts of a multipart ----------------------------------------------------------------- */

/* Whether the cloud-config TEXT holds a tree of ours: 1 yes, 0 no, -1 it is no YAML. */
static int holds_trees(const char *name, const struct str *text, struct error *e)
{
	static const char *const ours[] = {"appliance", "ecs", "recover", NULL};
	CLEANUP(yv_deletep) struct yv_doc *doc = NULL;
	bool any = false;

	if (yv_parse(name, str_get(text), text->len, &doc, e) != 0)
		return -1;
	for (const char *const *o = ours; *o; o++)
		any = any || yv_get(yv_root(doc), *o);
	return any;
}

static int on_part(void *arg, const char *type, struct str *body, struct error *e)
{
	struct found *f = arg;
	bool named = strcmp(type, "text/cloud-config") == 0;
	CLEANUP(str_free) struct str text = {0};
	int ours;

	if (gunzip(f->name, body, e) != 0 || plain_text(f->name, body, e) != 0)
		return -1;
	if (!named && !begins(body, ENV_FIRST_LINE))
		return 0;
	if (!begins(body, ENV_FIRST_LINE))
		str_addf(&text, "%s\n", ENV_FIRST_LINE);
	str_addn(&text, str_get(body), body->len);
	ours = holds_trees(f->name, &text, e);
	if (ours < 0)
		return -1;
	if (f->ours && ours)
		return error_set(e, EX_DATAERR, "%s:1:1: two parts contain an 'appliance', 'ecs' or 'recover' tree",
				 f->name);
	if (f->any && !ours)
		return 0;
	str_clear(&f->text);
	str_addn(&f->text, text.data, text.len);
	f->any = true;
	f->ours = ours;
	return 0;
}

int userdata_unpack(const char *name, struct str *data, struct error *e)
{
	struct found f = {.name = name};

	decode(data);
	if (gunzip(name, data, e) != 0 || plain_text(name, data, e) != 0)
		return -1;
	if (!mime_is(str_get(data), data->len))
		return 0;
	if (mime_each(name, data->data, data->len, on_part, &f, e) != 0) {
		str_free(&f.text);
		return -1;
	}
	if (f.any)
		replace(data, &f.text);
	return 0;
}

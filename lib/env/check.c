/* SPDX-License-Identifier: MIT */
#include "env/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/flatten.h"
#include "env/nearest.h"
#include "env/schema.h"
#include "wrap/yaml.h"

enum {
	WARNINGS_MAX = 100, /* nobody reads more */
	MESSAGE_MAX = 300   /* bytes */
};

struct check {
	const char *file;
	struct strlist *warnings;
	struct error *e;
	struct str name; /* where the walk is: "appliance.extra.files[].path" */
};

/* What is said of a place in the file: one line, however strange the texts quoted in it. */
static char *message(const char *fmt, va_list ap)
{
	char *what = mem_vformat(fmt, ap);

	for (size_t i = 0; what[i]; i++) {
		if ((unsigned char)what[i] < ' ' || what[i] == 0x7F)
			what[i] = '?';
		if (i >= MESSAGE_MAX && (what[i] & 0xC0) != 0x80)
			what[i] = '\0';
	}
	return what;
}

static int fault(struct check *c, const struct yv_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fault(struct check *c, const struct yv_node *at, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = message(fmt, ap);
	va_end(ap);
	return error_set(c->e, EX_DATAERR, "%s:%u:%u: %s", c->file, at->line, at->column, what);
}

static void warn(struct check *c, const struct yv_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void warn(struct check *c, const struct yv_node *at, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *what = NULL;
	va_list ap;

	if (c->warnings->count >= WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	what = message(fmt, ap);
	va_end(ap);
	strlist_addf(c->warnings, "%s:%u:%u: %s", c->file, at->line, at->column, what);
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool is_merge(const struct yv_node *key)
{
	return key->tag ? strcmp(key->tag, "tag:yaml.org,2002:merge") == 0
			: key->plain && strcmp(key->text, "<<") == 0;
}

/* A character that looks like a blank but is not one in YAML: copied from a web page, it turns indentation into a part of the key. */
static const char *odd_blank(const char *text)
{
	static const struct {
		const char *bytes, *name;
	} blanks[] = {
		{"\xC2\xA0", "a no-break space (U+00A0)"},
		{"\xE2\x80\x87", "a figure space (U+2007)"},
		{"\xE2\x80\xAF", "a narrow no-break space (U+202F)"},
		{"\xE2\x80\x8B", "a zero-width space (U+200B)"},
		{"\xE3\x80\x80", "an ideographic space (U+3000)"},
		{"\xEF\xBB\xBF", "a byte-order mark (U+FEFF)"},
	};

	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
		if (strstr(text, blanks[i].bytes))
			return blanks[i].name;
	return NULL;
}

/* What holds for a key of any map that we look at, the top level too. */
static int check_key(struct check *c, const struct yv_node *key)
{
	const char *blank = key->kind == YV_SCALAR ? odd_blank(key->text) : NULL;

	if (key->kind != YV_SCALAR)
		return fault(c, key, "a key must be a text");
	if (is_merge(key))
		return fault(c, key, "merge keys ('<<') are not supported: write the members out");
	if (strlen(key->text) != key->len)
		return fault(c, key, "the key contains a zero byte");
	if (blank)
		return fault(c, key, "the key '%s' contains %s: use ordinary spaces instead", key->text, blank);
	return 0;
}

/* What holds for a key of our own trees beyond that. */
static int check_name(struct check *c, const struct yv_node *key)
{
	static const char allowed[] =
		"_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const char *text = key->text;

	if (yv_is_null(key) || yv_bool(key) >= 0)
		return fault(c, key, "YAML does not read the key '%s' as text: put it in quotes", text);
	if (*text == '\0' || (*text >= '0' && *text <= '9') || text[strspn(text, allowed)])
		return fault(c, key, "the key '%s' is not a valid name of an environment variable: "
			     "use letters, digits and '_'", text);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const struct yv_node *x = *(const struct yv_node *const *)a,
			     *y = *(const struct yv_node *const *)b;
	int order = strcmp(x->text, y->text);

	if (order == 0)
		order = x->line != y->line ? (x->line > y->line) - (x->line < y->line)
					   : (x->column > y->column) - (x->column < y->column);
	return order;
}

/* Sorted, so that a map of 100,000 keys is checked quickly. */
static int check_double(struct check *c, const struct yv_node *map)
{
	size_t n = map->count / 2;
	CLEANUP(mem_freep) const struct yv_node **keys = mem_alloc((n + 1) * sizeof *keys);

	for (size_t i = 0; i < n; i++)
		keys[i] = map->item[2 * i];
	qsort(keys, n, sizeof *keys, by_text);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i]->text, keys[i - 1]->text) == 0)
			return fault(c, keys[i],
				     "the key '%s' is used twice: first in line %u",
				     keys[i]->text, keys[i - 1]->line);
	return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool is_list_type(enum schema_type type)
{
	return type == SCHEMA_HOSTS || type == SCHEMA_PATHS || type == SCHEMA_WORDS ||
	       type == SCHEMA_LINES;
}

static const char *kind_name(const struct yv_node *n)
{
	return n->kind == YV_LIST ? "a list" : n->kind == YV_MAP ? "a map" : "a text";
}

static int check_tag(struct check *c, const struct yv_node *n)
{
	static const char *const known[] = {"str",  "int", "float", "bool",
					    "null", "seq", "map",   NULL};
	static const char standard[] = "tag:yaml.org,2002:";

	if (n->tag == NULL || strcmp(n->tag, "!") == 0)
		return 0;
	for (const char *const *k = known; *k && str_begins(n->tag, standard); k++)
		if (strcmp(n->tag + strlen(standard), *k) == 0)
			return 0;
	return fault(c, n, "the tag '%s' is not part of YAML", n->tag);
}

static int check_one(struct check *c, const struct schema_key *key, const struct yv_node *n,
		     const char *text)
{
	bool secret = key->flags & SCHEMA_SECRET;

	if (schema_value_ok(key->type, text))
		return 0;
	return fault(c, n, "'%s' is not %s%s%.60s%s", key->name, schema_type_name(key->type),
		     secret ? "" : ": '", secret ? "" : text, secret ? "" : "'");
}

/* A list that is written as one text is judged word by word. */
static int check_words(struct check *c, const struct schema_key *key, const struct yv_node *n,
		       const char *text)
{
	size_t len;

	for (; (len = schema_word(key->type, &text)) > 0; text += len) {
		CLEANUP(mem_freep) char *word = mem_dupn(text, len);

		if (check_one(c, key, n, word) != 0)
			return -1;
	}
	return 0;
}

static int check_scalar(struct check *c, const struct schema_key *key, const struct yv_node *n,
			bool member)
{
	CLEANUP(mem_freep) char *text = NULL;
	int truth = yv_bool(n);

	if (n->kind != YV_SCALAR)
		return fault(c, n, "'%s' is %s: expected %s", c->name.data, kind_name(n),
			     schema_type_name(key->type));
	if (yv_is_null(n))
		return 0;
	text = truth >= 0 ? mem_dup(truth ? "true" : "false") : flat_strip(n->text, n->len);
	if (is_list_type(key->type) && !member)
		return check_words(c, key, n, text);
	return check_one(c, key, n, text);
}

static int check_value(struct check *c, const struct schema_key *key, const struct yv_node *n)
{
	if (key->flags & SCHEMA_PENDING && !yv_is_null(n))
		warn(c, n, "'%s' has no effect yet", c->name.data);
	if (n->kind != YV_LIST || !is_list_type(key->type))
		return check_scalar(c, key, n, false);
	for (size_t i = 0; i < n->count; i++)
		if (check_scalar(c, key, n->item[i], true) != 0)
			return -1;
	return 0;
}

/* --- the shape of our trees, known or not ----------------------------------------------------- */

static int check_shape(struct check *c, const struct yv_node *n);

static int check_map(struct check *c, const struct yv_node *map)
{
	for (size_t i = 0; i < map->count; i += 2)
		if (check_key(c, map->item[i]) != 0 || check_name(c, map->item[i]) != 0 ||
		    check_shape(c, map->item[i + 1]) != 0)
			return -1;
	return check_double(c, map);
}

static int check_shape(struct check *c, const struct yv_node *n)
{
	if (check_tag(c, n) != 0)
		return -1;
	if (n->kind == YV_MAP)
		return check_map(c, n);
	if (n->kind == YV_SCALAR)
		return strlen(n->text) == n->len ? 0 : fault(c, n, "the text contains a zero byte");
	for (size_t i = 0; i < n->count; i++)
		if (check_shape(c, n->item[i]) != 0)
			return -1;
	return 0;
}

/* --- the types of what is known --------------------------------------------------------------- */

static int check_members(struct check *c, const struct yv_node *map);

/* Goes to NAME beneath the present place; returns where to go back to. */
static size_t go_down(struct check *c, const char *name)
{
	size_t was = c->name.len;

	if (was && name[0] != '[')
		str_addc(&c->name, '.');
	str_add(&c->name, name);
	return was;
}

static void go_up(struct check *c, size_t was)
{
	c->name.len = was;
	c->name.data[was] = '\0';
}

static int check_kind(struct check *c, const struct yv_node *n, enum yv_kind kind)
{
	if (n->kind == kind)
		return 0;
	return fault(c, n, "'%s' is %s: expected %s", c->name.data, kind_name(n),
		     kind == YV_MAP ? "a map" : "a list");
}

static int check_maps(struct check *c, const struct yv_node *list)
{
	size_t was = go_down(c, "[]");

	for (size_t i = 0; i < list->count; i++)
		if (!yv_is_null(list->item[i]) && (check_kind(c, list->item[i], YV_MAP) != 0 ||
						   check_members(c, list->item[i]) != 0))
			return -1;
	go_up(c, was);
	return 0;
}

/* The top level is cloud-init's too: there only a slip of the pen is worth a word. */
static void warn_unknown(struct check *c, const struct yv_node *key)
{
	CLEANUP(mem_freep) char *near = nearest_key(c->name.data);

	if (near)
		warn(c, key, "the key '%s' is unknown: did you mean '%s'?", c->name.data, near);
	else if (strchr(c->name.data, '.'))
		warn(c, key, "the key '%s' is unknown", c->name.data);
}

/* The value N of KEY, whose name is the present place. */
static int check_member(struct check *c, const struct yv_node *key, const struct yv_node *n)
{
	const struct schema_key *known = NULL;

	switch (schema_place(c->name.data, &known)) {
	case SCHEMA_KEY:
		return check_value(c, known, n);
	case SCHEMA_MAP:
		return yv_is_null(n) ? 0 : check_kind(c, n, YV_MAP) != 0 ? -1 : check_members(c, n);
	case SCHEMA_LIST:
		return yv_is_null(n) ? 0 : check_kind(c, n, YV_LIST) != 0 ? -1 : check_maps(c, n);
	case SCHEMA_UNKNOWN:
		warn_unknown(c, key);
	}
	return 0;
}

static int check_members(struct check *c, const struct yv_node *map)
{
	for (size_t i = 0; i < map->count; i += 2) {
		size_t was = go_down(c, map->item[i]->text);

		if (check_member(c, map->item[i], map->item[i + 1]) != 0)
			return -1;
		go_up(c, was);
	}
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int check_top(struct check *c, const struct yv_node *root)
{
	static const char *const ours[] = {"appliance", "ecs", "recover", NULL};

	if (root->kind != YV_MAP)
		return fault(c, root, "%s: expected a map with 'appliance' and 'ecs'",
			     kind_name(root));
	for (size_t i = 0; i < root->count; i += 2)
		if (check_key(c, root->item[i]) != 0)
			return -1;
	if (check_double(c, root) != 0)
		return -1;
	for (const char *const *o = ours; *o; o++)
		if (yv_get(root, *o) && check_shape(c, yv_get(root, *o)) != 0)
			return -1;
	return check_members(c, root);
}

int check_tree(const char *file, const struct yv_node *root, struct strlist *warnings,
	       struct error *e)
{
	struct check c = {.file = file, .warnings = warnings, .e = e};
	int rc = root && !yv_is_null(root) ? check_top(&c, root) : 0;

	str_free(&c.name);
	if (rc == 0 && yv_get(root, "appliance") == NULL && yv_get(root, "ecs") == NULL)
		strlist_addf(warnings, "%s:1:1: the file has neither 'appliance' nor 'ecs'", file);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "wrap/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"

/* Memory of a document: blocks in a chain, freed together. */
struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

struct yv_doc {
	struct block *blocks;
	const struct yv_node *root;
};

struct anchor {
	const char *name;
	const struct yv_node *node; /* NULL while its node is not complete */
	size_t weight, height;
};

/* A list or map that is being read. */
struct open_node {
	struct yv_node *node;
	size_t cap;
	size_t before; /* weight of all that came before it */
	size_t height; /* of the highest member so far */
	size_t anchor; /* 1 + index of its anchor, or 0 */
};

struct reader {
	yaml_parser_t parser;
	const char *name, *text;
	struct yv_doc *doc;
	struct open_node open[YV_DEPTH];
	size_t depth;
	size_t weight; /* of all that was read, aliases written out */
	struct anchor *anchor;
	size_t anchors;
	struct error *e;
};

static void *take(struct yv_doc *doc, size_t size)
{
	struct block *b = doc->blocks;
	size_t step = _Alignof(max_align_t);
	void *p;

	size = (size + step - 1) / step * step;
	if (b == NULL || b->size - b->used < size) {
		size_t room = size > 16384 ? size : 16384;

		b = mem_alloc(sizeof *b + room);
		b->size = room;
		b->next = doc->blocks;
		doc->blocks = b;
	}
	p = (char *)b->data + b->used;
	b->used += size;
	return p;
}

static const char *keep(struct yv_doc *doc, const void *bytes, size_t len)
{
	char *p = take(doc, len + 1);

	memcpy(p, bytes, len);
	p[len] = '\0';
	return p;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static int fail_at(struct reader *r, yaml_mark_t at, const char *what)
{
	return error_set(r->e, EX_DATAERR, "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1,
			 what);
}

/* Line and column of a byte, where libyaml tells its offset only. */
static yaml_mark_t mark_of(const char *text, size_t offset)
{
	yaml_mark_t at = {.index = offset};

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			at.line++;
			at.column = 0;
		} else if ((text[i] & 0xC0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static int fail_parser(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *what = p->problem ? p->problem : "not readable";

	if (p->error == YAML_READER_ERROR) {
		bool bytes = strstr(what, "UTF-8") != NULL;

		return fail_at(r, mark_of(r->text, p->problem_offset),
			       bytes ? "bytes that are not UTF-8"
				     : "a character that YAML allows only as an escape");
	}
	if (p->error == YAML_MEMORY_ERROR)
		return error_set(r->e, EX_OSERR, "out of memory");
	fail_at(r, p->problem_mark, what);
	if (p->context && p->context_mark.line != p->problem_mark.line)
		error_append(r->e, "%s of line %zu", p->context, p->context_mark.line + 1);
	return -1;
}

/* Puts NODE, of that many levels, into the list or map that is open, or makes it the root. */
static void attach(struct reader *r, const struct yv_node *node, size_t height)
{
	struct open_node *o;

	if (r->depth == 0) {
		r->doc->root = node;
		return;
	}
	o = &r->open[r->depth - 1];
	if (o->node->count == o->cap) {
		const struct yv_node **more;

		o->cap = o->cap ? o->cap * 2 : 8;
		more = take(r->doc, o->cap * sizeof *more);
		if (o->node->count)
			memcpy(more, o->node->item, o->node->count * sizeof *more);
		o->node->item = more;
	}
	o->node->item[o->node->count++] = node;
	if (height > o->height)
		o->height = height;
}

static struct yv_node *node_at(struct reader *r, enum yv_kind kind, yaml_mark_t at,
			       const yaml_char_t *tag)
{
	struct yv_node *n = take(r->doc, sizeof *n);

	*n = (struct yv_node){
		.kind = kind, .line = (unsigned)at.line + 1, .column = (unsigned)at.column + 1};
	if (tag)
		n->tag = keep(r->doc, tag, strlen((const char *)tag));
	return n;
}

/* Remembers an anchor, whose node is not complete yet; returns 1 + its index, 0 for none. */
static size_t anchor_new(struct reader *r, const yaml_char_t *name)
{
	if (name == NULL || r->anchors == YV_ANCHORS)
		return 0;
	r->anchor = mem_grow(r->anchor, (r->anchors + 1) * sizeof *r->anchor);
	r->anchor[r->anchors] = (struct anchor){
		.name = keep(r->doc, name, strlen((const char *)name)),
	};
	return ++r->anchors;
}

static void anchor_done(struct reader *r, size_t index, const struct yv_node *node, size_t before,
			size_t height)
{
	if (index) {
		r->anchor[index - 1].node = node;
		r->anchor[index - 1].weight = r->weight - before;
		r->anchor[index - 1].height = height;
	}
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	static const char *const typed[] = {YAML_NULL_TAG, YAML_BOOL_TAG, YAML_INT_TAG,
					    YAML_FLOAT_TAG, NULL};
	size_t len = event->data.scalar.length, before = r->weight;
	struct yv_node *n = node_at(r, YV_SCALAR, event->start_mark, event->data.scalar.tag);

	n->text = keep(r->doc, event->data.scalar.value, len);
	n->len = len;
	n->plain = n->tag ? is_one_of(n->tag, typed)
			  : event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	r->weight += len + 1;
	anchor_done(r, anchor_new(r, event->data.scalar.anchor), n, before, 0);
	attach(r, n, 0);
	return 0;
}

static int on_open(struct reader *r, const yaml_event_t *event, enum yv_kind kind,
		   const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct yv_node *n;

	if (r->depth == YV_DEPTH)
		return fail_at(r, event->start_mark, "nested too deeply");
	n = node_at(r, kind, event->start_mark, tag);
	attach(r, n, 1);
	r->open[r->depth++] = (struct open_node){
		.node = n,
		.before = r->weight,
		.anchor = anchor_new(r, anchor),
	};
	r->weight++;
	return 0;
}

static int on_close(struct reader *r)
{
	const struct open_node *o = &r->open[--r->depth];
	size_t height = o->height + 1;

	anchor_done(r, o->anchor, o->node, o->before, height);
	if (r->depth && height > o[-1].height)
		r->open[r->depth - 1].height = height;
	return 0;
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *a = NULL;

	for (size_t i = r->anchors; i > 0 && a == NULL; i--) /* the latest of a name counts */
		if (strcmp(r->anchor[i - 1].name, name) == 0)
			a = &r->anchor[i - 1];
	if (a == NULL)
		return fail_at(r, event->start_mark,
			       r->anchors == YV_ANCHORS ? "too many anchors"
							: "an alias without an anchor");
	if (a->node == NULL)
		return fail_at(r, event->start_mark, "an alias inside its own anchor");
	r->weight += a->weight;
	if (r->weight > YV_EXPANDED)
		return fail_at(r, event->start_mark, "aliases that expand to too much");
	if (r->depth + a->height > YV_DEPTH)
		return fail_at(r, event->start_mark, "nested too deeply");
	attach(r, a->node, a->height);
	return 0;
}

static int on_event(struct reader *r, const yaml_event_t *event, bool *end)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, event, YV_LIST, event->data.sequence_start.anchor,
			       event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, event, YV_MAP, event->data.mapping_start.anchor,
			       event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(r);
	case YAML_ALIAS_EVENT:
		return on_alias(r, event);
	case YAML_DOCUMENT_START_EVENT:
		if (r->doc->root)
			return fail_at(r, event->start_mark, "a second document");
		return 0;
	case YAML_STREAM_END_EVENT:
		*end = true;
		return 0;
	default:
		return 0;
	}
}

static int read_events(struct reader *r)
{
	bool end = false;
	int rc = 0;

	while (!end && rc == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r->parser, &event))
			return fail_parser(r);
		rc = on_event(r, &event, &end);
		yaml_event_delete(&event);
	}
	return rc;
}

int yv_parse(const char *name, const char *text, size_t len, struct yv_doc **doc, struct error *e)
{
	struct reader r = {.name = name, .text = text, .e = e};
	int rc;

	*doc = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return error_set(e, EX_OSERR, "out of memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	r.doc = mem_alloc(sizeof *r.doc);
	rc = read_events(&r);
	yaml_parser_delete(&r.parser);
	free(r.anchor);
	if (rc == 0)
		*doc = r.doc;
	else
		yv_delete(r.doc);
	return rc;
}

void yv_delete(struct yv_doc *doc)
{
	if (doc == NULL)
		return;
	while (doc->blocks) {
		struct block *next = doc->blocks->next;

		free(doc->blocks);
		doc->blocks = next;
	}
	free(doc);
}

void yv_deletep(struct yv_doc **doc)
{
	yv_delete(*doc);
	*doc = NULL;
}

const struct yv_node *yv_root(const struct yv_doc *doc)
{
	return doc->root;
}

const struct yv_node *yv_get(const struct yv_node *map, const char *key)
{
	if (map == NULL || map->kind != YV_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i += 2)
		if (map->item[i]->kind == YV_SCALAR && strcmp(map->item[i]->text, key) == 0)
			return map->item[i + 1];
	return NULL;
}

bool yv_is_null(const struct yv_node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return n->kind == YV_SCALAR && n->plain && is_one_of(n->text, words);
}

int yv_bool(const struct yv_node *n)
{
	static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
					  "YES",  "on",   "On",   "ON",  NULL};
	static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
					 "NO",    "off",   "Off",   "OFF", NULL};

	if (n->kind != YV_SCALAR || !n->plain)
		return -1;
	return is_one_of(n->text, yes) ? 1 : is_one_of(n->text, no) ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
/*
 * YAML 1.1 by libyaml, whose own names begin with yaml_: ours begin with yv_. A document becomes a
 * tree of nodes that know where they stand and how they were written.
 *
 * Refused here, whatever the tree holds: bytes that are not UTF-8, more than one document, an alias
 * without or inside its anchor, nesting deeper than YV_DEPTH, aliases that expand to more than
 * YV_EXPANDED. Duplicate keys, merge keys and tags are kept: whose tree it is decides about them.
 */
#ifndef WRAP_YAML_H
#define WRAP_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	YV_DEPTH = 100,    /* nested lists and maps */
	YV_ANCHORS = 1000, /* of a document; an alias to a later one is refused */
	YV_EXPANDED =
		4 << 20 /* bytes of all scalars, and one a node, with every alias written out */
};

enum yv_kind { YV_SCALAR, YV_LIST, YV_MAP };

struct yv_node {
	enum yv_kind kind;
	bool plain; /* a scalar without quotes and block style, or with a tag that says its type:
				  null and booleans are told by their text */
	unsigned line,
		column; /* from 1; columns in characters; an alias has those of its anchor's node */
	const char *tag;  /* written out ("tag:yaml.org,2002:str", "!x"), or NULL */
	const char *text; /* of a scalar; ends with a 0 that LEN does not count */
	size_t len;
	/*
	 * A list's members; a map's keys and values by turns, so that COUNT is even. Shared by
	 * aliases.
	 */
	const struct yv_node **item;
	size_t count;
};

struct yv_doc; /* opaque: owns its nodes */

/*
 * Parses TEXT; NAME stands in messages: 65, "NAME:LINE:COLUMN: what". Nothing but comments gives a
 * document without root.
 */
int yv_parse(const char *name, const char *text, size_t len, struct yv_doc **doc, struct error *e);
void yv_delete(struct yv_doc *doc);
void yv_deletep(struct yv_doc **doc); /* for CLEANUP */

const struct yv_node *yv_root(const struct yv_doc *doc); /* or NULL */

/* The value of the first KEY of a map; NULL if there is none or it is not a map. */
const struct yv_node *yv_get(const struct yv_node *map, const char *key);

/* A plain scalar that YAML 1.1 reads as null: "", ~, null, Null, NULL. */
bool yv_is_null(const struct yv_node *n);

/*
 * 1 or 0 for a plain scalar that is a boolean: yes no true false on off, in lower case, upper case
 * or with a capital; -1 for all else (y and n too).
 */
int yv_bool(const struct yv_node *n);

#endif

/* SPDX-License-Identifier: MIT */
/* What a search for user-data (metadata.h) asks its caller, and what it found. */
#ifndef ADAPTER_METADATA_RESULT_H
#define ADAPTER_METADATA_RESULT_H

#include "base/error.h"
#include "base/str.h"

/*
 * Judges what a source gave, and may replace it by what is packed in it. 1: it is what is looked
 * for; 0: it is something else, look on; -1: it is broken (error set), and the search ends with
 * that.
 */
typedef int metadata_judge(const char *where, struct str *data, struct error *e);

struct metadata {
	const char *source;   /* one of the names in metadata.h */
	char *where;          /* path, device or URL */
	struct str data;      /* as the judge left it */
	struct strlist tried; /* "SOURCE: why not" of each source before it, or of all */
};

#endif

/* SPDX-License-Identifier: MIT */
#include "adapter/lvm/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sys/run.h"
#include "wrap/json.h"

void lvm_report_free(struct lvm_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct lvm_lv *lv = &r->item[i];

		free(lv->group);
		free(lv->name);
		free(lv->path);
		free(lv->dm_path);
		free(lv->type);
		free(lv->attr);
		free(lv->pool);
		free(lv->origin);
		free(lv->tags);
	}
	free(r->item);
	*r = (struct lvm_report){0};
}

static char *text_of(const struct json *row, const char *key)
{
	const char *text = jv_get_text(row, key);

	return mem_dup(text ? text : "");
}

static double percent_of(const struct json *row, const char *key)
{
	const char *text = jv_get_text(row, key);

	return text && *text ? strtod(text, NULL) : -1;
}

static void read_row(const struct json *row, struct lvm_report *r)
{
	struct lvm_lv *lv;

	r->item = mem_grow(r->item, (r->count + 1) * sizeof *r->item);
	lv = &r->item[r->count++];
	*lv = (struct lvm_lv){
		.group = text_of(row, "vg_name"),
		.name = text_of(row, "lv_name"),
		.path = text_of(row, "lv_path"),
		.dm_path = text_of(row, "lv_dm_path"),
		.type = text_of(row, "segtype"),
		.attr = text_of(row, "lv_attr"),
		.pool = text_of(row, "pool_lv"),
		.origin = text_of(row, "origin"),
		.tags = text_of(row, "lv_tags"),
		.size = jv_number(jv_get(row, "lv_size"), 0),
		.created = jv_number(jv_get(row, "lv_time"), 0),
		.group_free = jv_number(jv_get(row, "vg_free"), 0),
		.extent = jv_number(jv_get(row, "vg_extent_size"), 0),
		.data = percent_of(row, "data_percent"),
		.metadata = percent_of(row, "metadata_percent"),
	};
}

int lvm_parse(const char *text, size_t len, struct lvm_report *r, struct error *e)
{
	CLEANUP(jv_deletep) struct json *j = jv_parse(text, len, "lvs", e);
	const struct json *rows = jv_get(jv_at(jv_get(j, "report"), 0), "lv");

	if (j == NULL || !jv_is_array(rows)) {
		if (j)
			error_set(e, 0, "it names no volumes");
		e->code = EX_SOFTWARE;
		return error_context(e, "cannot read the report of lvs");
	}
	for (size_t i = 0; i < jv_count(rows); i++)
		read_row(jv_at(rows, i), r);
	return 0;
}

static char attribute(const struct lvm_lv *lv, size_t index)
{
	return strlen(lv->attr) > index ? lv->attr[index] : '-';
}

bool lvm_is_writable(const struct lvm_lv *lv)
{
	return attribute(lv, 1) == 'w';
}

bool lvm_is_active(const struct lvm_lv *lv)
{
	return attribute(lv, 4) != '-';
}

bool lvm_is_broken(const struct lvm_lv *lv)
{
	char state = attribute(lv, 4);

	return state == 'I' || state == 'S' || state == 'm' || state == 'M';
}

bool lvm_is_classic_snapshot(const struct lvm_lv *lv)
{
	return attribute(lv, 0) == 's' || attribute(lv, 0) == 'S';
}

bool lvm_is_merging(const struct lvm_lv *lv)
{
	return attribute(lv, 0) == 'O';
}

/* The first tag that begins with WHAT, behind that; NULL: none. The caller frees it. */
static char *tag_of(const struct lvm_lv *lv, const char *what)
{
	for (const char *p = lv->tags; *p;) {
		size_t n = strcspn(p, ","), skip = strlen(what);

		if (n >= skip && strncmp(p, what, skip) == 0)
			return mem_dupn(p + skip, n - skip);
		p += n + (p[n] == ',');
	}
	return NULL;
}

bool lvm_has_tag(const struct lvm_lv *lv, const char *tag)
{
	CLEANUP(mem_freep) char *rest = tag_of(lv, tag);

	return rest && *rest == '\0';
}

long long lvm_expires(const struct lvm_lv *lv)
{
	CLEANUP(mem_freep) char *text = tag_of(lv, LVM_EXPIRES);
	unsigned long long value;

	return text && str_number(text, INT64_MAX, &value) ? (long long)value : 0;
}

int lvm_report(const char *group, struct lvm_report *out, struct error *e)
{
	const char *const argv[] = {
		"lvs", "--reportformat", "json", "--units", "b", "--nosuffix", "--config",
		"report{time_format=\"%s\"}", "-o",
		"vg_name,lv_name,lv_path,lv_dm_path,segtype,lv_attr,pool_lv,origin,lv_tags,lv_size,lv_time,"
		"vg_free,vg_extent_size,data_percent,metadata_percent",
		group, NULL};
	const struct run r = {.argv = argv};
	CLEANUP(run_free) struct run_result res = {0};

	if (run_check(&r, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	return lvm_parse(str_get(&res.out), res.out.len, out, e);
}

const struct lvm_lv *lvm_find(const struct lvm_report *r, const char *group, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->item[i].group, group) == 0 && strcmp(r->item[i].name, name) == 0)
			return &r->item[i];
	return NULL;
}

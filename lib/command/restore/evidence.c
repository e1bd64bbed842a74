/* SPDX-License-Identifier: MIT */
#include "command/restore/evidence.h"

#include "appliance/gauges.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { EVIDENCE_DIFFERENCES = 1000 };

static void write_metrics(const struct evidence *v)
{
	const struct gauge all[] = {
		{"ecs_drill_good", "Whether the last drill proved the backup.", v->fault == NULL},
		{"ecs_drill_seconds", "When the last drill ended.", clock_now()},
		{"ecs_drill_instant_seconds", "The time of the state that its backup holds.", v->f->head.when},
		{"ecs_drill_milliseconds", "How long a restore took there.", v->ms},
	};

	gauges_write(v->f->root, "ecs-restore-drill.prom", all, sizeof all / sizeof *all);
}

static void set_time(struct json *j, const char *key, time_t when)
{
	char text[CLOCK_TEXT];

	jv_set_text(j, key, when ? clock_text(when, text) : NULL);
}

static struct json *steps_json(const struct evidence *v)
{
	struct json *j = jv_object();

	for (size_t i = 0; i < v->steps; i++)
		jv_set_number(j, v->step[i].name, v->step[i].ms);
	return j;
}

/* The worst of them: the listing has all. */
static struct json *differences_json(const struct verify_report *r)
{
	struct json *all = jv_array();

	for (size_t i = 0; i < r->count && i < EVIDENCE_DIFFERENCES; i++) {
		CLEANUP(str_free) struct str path = {0};
		struct json *one = jv_object();

		manifest_format_name(&path, r->item[i].path);
		jv_set_text(one, "what", verify_word(r->item[i].what));
		jv_set_text(one, "path", path.data);
		jv_set_text(one, "wanted", r->item[i].wanted);
		jv_set_text(one, "got", r->item[i].got);
		jv_add(all, one);
	}
	return all;
}

static void format(const struct evidence *v, struct str *out)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();
	const struct fetched *f = v->f;

	jv_set_bool(j, "good", v->fault == NULL);
	jv_set_text(j, "fault", v->fault);
	set_time(j, "drilled", clock_now());
	jv_set_text(j, "from", f->repository.shown);
	jv_set_text(j, "backup", f->point.id);
	set_time(j, "stored", f->point.when);
	set_time(j, "instant", f->head.when);
	jv_set_bool(j, "manifest", f->known);
	jv_set_bool(j, "signed", f->signed_);
	jv_set_number(j, "files", f->totals.files);
	jv_set_number(j, "bytes", f->totals.bytes);
	jv_set_number(j, "mended", f->report.mended);
	jv_set_number(j, "differences", f->report.differences);
	jv_set(j, "differing", differences_json(&f->report));
	jv_set_number(j, "tables", (long long)f->head.tables);
	jv_set_number(j, "rows", f->head.rows);
	jv_set_text(j, "revision", f->head.revision);
	jv_set_text(j, "postgres", f->head.postgres);
	jv_set_number(j, "pending_migrations", v->pending);
	jv_set_number(j, "ms", v->ms);
	jv_set(j, "steps_ms", steps_json(v));
	jv_write(j, 1, out);
	str_addc(out, '\n');
}

int evidence_write(const struct evidence *v, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(v->f->root, NAME_DRILL_EVIDENCE);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(str_free) struct str text = {0};

	write_metrics(v);
	format(v, &text);
	return file_mkdirs(dir, 0700, e) != 0 ? -1 : file_write(path, text.data, text.len, 0600, e);
}

void evidence_say(const struct evidence *v)
{
	const struct fetched *f = v->f;
	char when[CLOCK_TEXT];

	if (f->known)
		log_say("the backup of %s can be restored: %lld files, %zu tables with %lld rows, as its manifest "
			"says, in %lld s; evidence in '%s%s'", clock_text(f->head.when, when), f->totals.files,
			f->head.tables, f->head.rows, v->ms / 1000, f->root, NAME_DRILL_EVIDENCE);
	else
		log_warn("the backup of %s can be loaded, in %lld s; it has no manifest, so nobody knows whether it is complete",
			 clock_text(f->point.when, when), v->ms / 1000);
	if (v->pending)
		log_say("the application would apply %ld migrations to it", v->pending);
}

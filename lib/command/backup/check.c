/* SPDX-License-Identifier: MIT */
#include "command/backup/backup.h"

#include <string.h>

#include "sys/clock.h"
#include "wrap/json.h"

enum { FRESH_S = 36 * 3600 }; /* a nightly backup that is older was missed */

static int open_to_look(const char *root, const struct env *env, struct repository *d, struct driver_points *p,
			struct error *e)
{
	*p = (struct driver_points){0};
	if (repository_open(root, env, NULL, false, d, e) != 0)
		return -1;
	if (d->driver.table->list(&d->driver, p, e) == 0)
		return 0;
	return error_context(e, "'%s'", d->shown);
}

static int judge(const struct lastbackup *last, const struct repository *d, const struct driver_points *p,
		 struct error *e)
{
	char when[CLOCK_TEXT];

	if (last->when == 0)
		return error_set(e, EXIT_FAILED, "no backup was made yet");
	if (strcmp(last->target, d->id) != 0)
		return error_set(e, EXIT_FAILED, "the last backup went to '%s', not to '%s'", last->shown,
				 d->shown);
	if (last->when < clock_now() - FRESH_S)
		return error_set(e, EXIT_FAILED, "the last backup is of %s", clock_text(last->when, when));
	if (p->count == 0 || strcmp(p->item[p->count - 1].id, last->point) != 0)
		return error_set(e, EXIT_FAILED, "'%s' does not hold the last backup, of %s", d->shown,
				 clock_text(last->when, when));
	if (last->read_back == 0)
		return error_set(e, EXIT_FAILED, "nothing of the last backup was read back");
	return 0;
}

int backup_check(const char *root, const struct env *env, struct error *e)
{
	CLEANUP(lastbackup_free) struct lastbackup last = {0};
	CLEANUP(driver_points_free) struct driver_points points = {0};
	CLEANUP(repository_free) struct repository d = {0};

	lastbackup_read(root, &last);
	if (open_to_look(root, env, &d, &points, e) != 0)
		return -1;
	return judge(&last, &d, &points, e);
}

static void print_json(const struct driver_points *p, FILE *to)
{
	CLEANUP(jv_freep) struct json *all = jv_array();
	CLEANUP(str_free) struct str text = {0};
	char when[CLOCK_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		struct json *one = jv_object();

		jv_set_text(one, "time", clock_text(p->item[i].when, when));
		jv_set_bool(one, "full", p->item[i].full);
		jv_set_text(one, "id", p->item[i].id);
		jv_add(all, one);
	}
	jv_write(all, 1, &text);
	fprintf(to, "%s\n", text.data);
}

int backup_list(const char *root, const struct env *env, bool json, FILE *to, struct error *e)
{
	CLEANUP(driver_points_free) struct driver_points points = {0};
	CLEANUP(repository_free) struct repository d = {0};
	char when[CLOCK_TEXT];

	if (open_to_look(root, env, &d, &points, e) != 0)
		return -1;
	if (json)
		print_json(&points, to);
	for (size_t i = 0; !json && i < points.count; i++)
		fprintf(to, "%s\t%s\t%s\n", clock_text(points.item[i].when, when),
			points.item[i].full ? "full" : "incremental", points.item[i].id);
	return 0;
}

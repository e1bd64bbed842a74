/* SPDX-License-Identifier: MIT */
#include "command/backup/backup.h"

#include <string.h>

#include "appliance/backup/chain.h"
#include "base/log.h"
#include "sys/clock.h"
#include "wrap/json.h"

enum {
	FRESH_S = 36 * 3600, /* a nightly backup that is older was missed */
	SKEW_S = 120         /* by so much a clock may be put back */
};

static int open_to_look(const char *root, const struct env *env, struct repository *d, struct driver_points *p,
			struct error *e)
{
	*p = (struct driver_points){0};
	if (repository_open(root, env, NULL, REPOSITORY_READ, d, e) != 0)
		return -1;
	if (d->driver.table->list(&d->driver, p, e) != 0)
		return error_context(e, "'%s'", d->shown);
	if (d->driver.absent)
		return error_set(e, EX_UNAVAILABLE, "there is no repository at '%s'", d->shown);
	chain_warn_clock(p, d->shown);
	return 0;
}

/* What the record alone tells. */
static int judge_record(const struct lastbackup *last, const struct repository *d, struct error *e)
{
	char when[CLOCK_TEXT];

	if (last->when == 0)
		return error_set(e, EXIT_FAILED, "no backup has been made yet");
	if (last->recovered)
		return error_set(e, EXIT_FAILED, "no backup has been made since this machine was recovered from one");
	if (strcmp(last->target, d->id) != 0)
		return error_set(e, EXIT_FAILED, "the last backup went to '%s', not to '%s'", last->shown,
				 d->shown);
	if (last->when < clock_now() - FRESH_S)
		return error_set(e, EXIT_FAILED, "the last backup is from %s", clock_text(last->when, when));
	if (last->when > clock_now() + SKEW_S)
		return error_set(e, EXIT_FAILED, "the last backup is dated %s, which is in the future: check the clock, "
				 "then make another backup", clock_text(last->when, when));
	if (last->read_back == 0)
		return error_set(e, EXIT_FAILED, "nothing of the last backup was read back");
	return 0;
}

/* The newest there is the one of the record: by what the driver calls it, and by what it says of itself. */
static int judge_newest(const struct lastbackup *last, struct repository *d, const struct driver_points *p,
			struct error *e)
{
	const struct driver_point *newest = chain_newest(p);
	CLEANUP(manifest_head_free) struct manifest_head head = {0};
	struct manifest_totals totals;
	char when[CLOCK_TEXT];

	if (!newest || strcmp(newest->id, last->point) != 0)
		return error_set(e, EXIT_FAILED, "the newest backup at '%s' is not this machine's last one, from %s",
				 d->shown, clock_text(last->when, when));
	if (last->sequence == 0) /* an older version made it */
		return 0;
	if (chain_read_manifest(d, newest, &head, &totals, NULL, e) != 0)
		return error_context(e, "the manifest of the newest backup at '%s'", d->shown);
	if (head.sequence != last->sequence || strcmp(head.appliance, last->appliance) != 0)
		return error_set(e, EXIT_FAILED, "the newest backup at '%s' is number %lld of the appliance %s, not number "
				 "%lld of %s", d->shown, head.sequence, head.appliance, last->sequence, last->appliance);
	return 0;
}

int backup_check(const char *root, const struct env *env, struct error *e)
{
	CLEANUP(lastbackup_free) struct lastbackup last = {0};
	CLEANUP(driver_points_free) struct driver_points points = {0};
	CLEANUP(repository_free) struct repository d = {0};

	lastbackup_read(root, &last);
	if (open_to_look(root, env, &d, &points, e) != 0 || judge_record(&last, &d, e) != 0)
		return -1;
	return judge_newest(&last, &d, &points, e);
}

/* --- the list ----------------------------------------------------------------------------------- */

/* duplicity lists neither number nor appliance: of the newest the record or its manifest tells them. */
static void identify_newest(const struct lastbackup *last, struct repository *d, const struct driver_points *p)
{
	struct driver_point *newest = p->count ? &p->item[p->count - 1] : NULL;
	CLEANUP(manifest_head_free) struct manifest_head head = {0};
	struct manifest_totals totals;
	struct error e = {0};

	if (!newest || newest->sequence)
		return;
	if (last->point && strcmp(newest->id, last->point) == 0) {
		newest->sequence = last->sequence;
		newest->appliance = *last->appliance ? mem_dup(last->appliance) : NULL;
	} else if (chain_read_manifest(d, newest, &head, &totals, NULL, &e) == 0) {
		newest->sequence = head.sequence;
		newest->appliance = driver_is_id(head.appliance) ? mem_dup(head.appliance) : NULL;
	} else {
		log_detail("%s", e.text);
	}
}

static void print_json(const struct driver_points *p, FILE *to)
{
	CLEANUP(jv_deletep) struct json *all = jv_array();
	CLEANUP(str_free) struct str text = {0};
	char when[CLOCK_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		const struct driver_point *point = &p->item[i];
		struct json *one = jv_object();

		jv_set_text(one, "time", clock_text(point->when, when));
		jv_set_bool(one, "full", point->full);
		jv_set_text(one, "id", point->id);
		if (point->sequence)
			jv_set_number(one, "number", point->sequence);
		jv_set_text(one, "appliance", point->appliance);
		jv_add(all, one);
	}
	jv_write(all, 2, &text);
	fprintf(to, "%s\n", text.data);
}

static void print_lines(const struct driver_points *p, FILE *to)
{
	char when[CLOCK_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		const struct driver_point *point = &p->item[i];
		CLEANUP(mem_freep) char *number = point->sequence ? mem_format("%lld", point->sequence) : mem_dup("-");

		fprintf(to, "%s\t%s\t%s\t%s\t%s\n", clock_text(point->when, when),
			point->full ? "full" : "incremental", point->id, number,
			point->appliance ? point->appliance : "-");
	}
}

int backup_list(const char *root, const struct env *env, bool json, FILE *to, struct error *e)
{
	CLEANUP(lastbackup_free) struct lastbackup last = {0};
	CLEANUP(driver_points_free) struct driver_points points = {0};
	CLEANUP(repository_free) struct repository d = {0};

	lastbackup_read(root, &last);
	if (open_to_look(root, env, &d, &points, e) != 0)
		return -1;
	identify_newest(&last, &d, &points);
	if (json)
		print_json(&points, to);
	else
		print_lines(&points, to);
	return 0;
}

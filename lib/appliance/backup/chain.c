/* SPDX-License-Identifier: MIT */
#include "appliance/backup/chain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
	SKEW_S = 120 /* by so much two clocks may differ */
};

void chain_free(struct chain *c)
{
	driver_points_free(&c->points);
	owner_free(&c->owner);
	manifest_head_free(&c->head);
	*c = (struct chain){0};
}

const struct driver_point *chain_newest(const struct driver_points *p)
{
	return p->count ? &p->item[p->count - 1] : NULL;
}

long long chain_lasting_rows(const struct manifest_head *h)
{
	long long rows = h->rows;

	for (size_t i = 0; i < h->tables; i++)
		if (str_ends(h->table[i].name, ".django_session"))
			rows -= h->table[i].rows;
	return rows;
}

void chain_warn_clock(const struct driver_points *p, const char *shown)
{
	size_t late = 0, back = 0;
	time_t last = 0;
	char text[CLOCK_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		time_t when = p->item[i].when;

		late += when > clock_now() + SKEW_S;
		back += i > 0 && when < p->item[i - 1].when;
		if (when > last)
			last = when;
	}
	if (late)
		log_warn("%zu of the backups at '%s' are dated in the future, the last %s: check the clock; the newest backup is "
			 "the one that was stored last", late, shown, clock_text(last, text));
	else if (back)
		log_warn("%zu of the backups at '%s' have an earlier date than the backup before: the clock was wrong; the newest "
			 "backup is the one that was stored last", back, shown);
}

/* --- the manifest of one ------------------------------------------------------------------------ */

int chain_read_manifest(struct repository *d, const struct driver_point *point, struct manifest_head *head,
			struct manifest_totals *totals, long long *dump, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(d->driver.temp, "manifest-read");
	CLEANUP(manifest_entry_free) struct manifest_entry m = {0};
	struct error none = {0};
	int r;

	if (driver_restore(&d->driver, point, MANIFEST_NAME, path, S_IFREG, e) != 0)
		return -1;
	r = manifest_read(path, head, totals, e);
	if (r == 0 && dump && manifest_find(path, BACKUP_DUMP, &m, &none) == 0)
		*dump = m.size;
	if (unlink(path) != 0 && r == 0)
		r = error_errno(e, EX_IOERR, "cannot remove '%s'", path);
	return r;
}

/* --- whose it is -------------------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
	return a && b && *a && strcmp(a, b) == 0;
}

/* What is behind the end of each refusal. */
#define ADOPT "'ecs-backup --adopt'"

/* The newest bears no id: an older version of this suite made it, or the older appliance. */
static int judge_nameless(struct chain *c, const struct lastbackup *last, struct error *e)
{
	const struct repository *d = c->repository;

	if (c->adopt || (last->when && is_same(last->target, d->id)))
		return 0;
	return error_set(e, EX_CONFIG, "'%s' holds %zu backups without an appliance's id, and this machine made none "
			 "there: use another target, or run " ADOPT " if they are this appliance's", d->shown, c->points.count);
}

static int refuse_other(const struct chain *c, struct error *e)
{
	const struct manifest_head *h = &c->head;
	char when[CLOCK_TEXT];

	if (is_same(h->appliance, c->owner.appliance))
		return error_set(e, EX_CONFIG, "the newest backup at '%s' (number %lld, from %s) was made by another machine "
				 "with this appliance's id (a copy?): stop that machine, then run " ADOPT " here",
				 c->repository->shown, h->sequence, clock_text(h->when, when));
	return error_set(e, EX_CONFIG, "'%s' belongs to the appliance %s ('%.200s'), whose newest backup there is from %s: "
			 "use another target, or run " ADOPT " if this machine takes its place", c->repository->shown,
			 h->appliance, h->domain, clock_text(h->when, when));
}

/* Reads the manifest of the newest; sets known where it has one that tells whose it is. */
static int read_newest(struct chain *c, struct error *e)
{
	struct error why = {0};

	if (!c->repository->readable)
		return error_set(e, EX_CONFIG, "cannot tell whose backups are at '%s' without the private key in "
				 "appliance.backup.encrypt: run " ADOPT " if they are this appliance's", c->repository->shown);
	if (chain_read_manifest(c->repository, chain_newest(&c->points), &c->head, &c->totals, &c->dump, &why) == 0) {
		c->known = true;
		return 0;
	}
	if (why.code == EX_NOINPUT)
		return 0;
	*e = why;
	if (e->code < EXIT_SIGNAL && e->code != EX_CONFIG)
		e->code = EX_UNAVAILABLE;
	return error_context(e, "whose backups are at '%s'", c->repository->shown);
}

/* With an id of another form than ours it is as good as another's. */
static int take_over(struct chain *c, struct error *e)
{
	if (!driver_is_id(c->head.appliance))
		return error_set(e, EX_CONFIG, "'%s' holds backups with an invalid appliance id", c->repository->shown);
	free(c->owner.appliance);
	c->owner.appliance = mem_dup(c->head.appliance);
	return 0;
}

static int judge(struct chain *c, const struct lastbackup *last, struct error *e)
{
	const struct driver_point *newest = chain_newest(&c->points);

	if (newest == NULL || (is_same(last->target, c->repository->id) && is_same(last->point, newest->id)))
		return 0;
	if (read_newest(c, e) != 0)
		return c->adopt && !c->repository->readable ? 0 : -1;
	if (!c->known || *c->head.appliance == '\0')
		return judge_nameless(c, last, e);
	if (c->adopt)
		return take_over(c, e);
	if (is_same(c->head.appliance, c->owner.appliance) && is_same(c->head.machine, c->owner.machine))
		return 0;
	return refuse_other(c, e);
}

/* --- opening ------------------------------------------------------------------------------------ */

static int list(struct chain *c, struct error *e)
{
	struct repository *d = c->repository;

	driver_points_free(&c->points);
	if (d->driver.table->list(&d->driver, &c->points, e) != 0)
		return error_context(e, "'%s'", d->shown);
	return 0;
}

static int clean(struct chain *c, struct error *e)
{
	struct repository *d = c->repository;

	if (d->driver.table->clean(&d->driver, e) != 0)
		return error_context(e, "'%s'", d->shown);
	return d->driver.cleaned ? list(c, e) : 0;
}

/* What this machine itself left half-written may look like the newest, and cannot be read. */
static int list_and_judge(struct chain *c, const struct lastbackup *last, struct error *e)
{
	if (list(c, e) != 0)
		return -1;
	if (judge(c, last, e) == 0)
		return 0;
	if (c->look || e->code != EX_UNAVAILABLE || !is_same(c->owner.target, c->repository->id))
		return -1;
	log_detail("%s", e->text);
	return clean(c, e) == 0 ? judge(c, last, e) : -1;
}

static long long larger(long long a, long long b)
{
	return a > b ? a : b;
}

/*
 * Whether there are some without a name, and all of them are older versions' of this appliance: they are dated before the
 * first that bears its name, and nobody else's are there. Those that came later are strangers, which an older version let in.
 */
static bool owns_nameless(const struct chain *c)
{
	const char *shown = c->repository->shown;
	size_t strangers = 0;
	bool nameless = false;
	time_t named = 0;

	for (size_t i = c->points.count; i-- > 0;) {
		const struct driver_point *p = &c->points.item[i];

		if (p->appliance && strcmp(p->appliance, c->owner.appliance) == 0)
			named = named == 0 || p->when < named ? p->when : named;
		else if (p->appliance || (named && p->when > named))
			strangers++;
		nameless = nameless || !p->appliance;
	}
	if (strangers)
		log_warn("%zu of the backups at '%s' do not have this appliance's id and are left alone: does another machine "
			 "use this target, too?", strangers, shown);
	return nameless && strangers == 0;
}

static int tell_driver(struct chain *c, const struct lastbackup *last, struct error *e)
{
	struct driver *g = &c->repository->driver;
	const struct driver_point *newest = chain_newest(&c->points);
	time_t now = clock_now();
	long long number = larger(last->sequence, c->head.sequence);

	for (size_t i = 0; i < c->points.count; i++)
		number = larger(number, c->points.item[i].sequence);
	if (number >= DRIVER_NUMBER_MAX)
		return error_set(e, EX_CONFIG, "'%s' holds a backup with the number %lld, which no appliance ever reaches: find "
				 "out who stored it, and remove it", c->repository->shown, number);
	free(g->appliance);
	g->appliance = mem_dup(c->owner.appliance);
	g->sequence = 1 + larger(number, 0);
	g->whole = owns_nameless(c);
	/* behind a date in the future time goes on as it does here */
	if (newest && newest->when >= now)
		g->clock = newest->when + (is_same(last->point, newest->id) ? larger(now - last->when, 1) : 1);
	return 0;
}

int chain_open(struct chain *c, const struct lastbackup *last, struct error *e)
{
	struct repository *d = c->repository;

	if (owner_read(c->root, &c->owner, e) != 0 || list_and_judge(c, last, e) != 0)
		return -1;
	if (c->points.count == 0 && d->driver.known)
		return error_set(e, EX_UNAVAILABLE, "'%s' holds no backup, though one was made there: is this the "
				 "right target? if so, remove '%s%s'", d->shown, c->root, NAME_BACKUP_LAST);
	if (!c->look) {
		free(c->owner.target);
		c->owner.target = mem_dup(d->id);
		if (owner_write(c->root, &c->owner, e) != 0 || clean(c, e) != 0)
			return -1;
	}
	chain_warn_clock(&c->points, d->shown);
	return tell_driver(c, last, e);
}

void chain_compare_with(const struct chain *c, struct lastbackup *last)
{
	if (!c->known || (last->when && is_same(last->target, c->repository->id)))
		return;
	last->when = c->head.when;
	last->files = c->totals.files;
	last->bytes = c->totals.bytes;
	last->dump = c->dump;
	last->rows = chain_lasting_rows(&c->head);
}

/* --- before a machine begins anew --------------------------------------------------------------- */

static int count(const char *root, const struct env *env, struct survey *s, struct error *e)
{
	CLEANUP(repository_free) struct repository d = {0};
	CLEANUP(driver_points_free) struct driver_points points = {0};

	if (repository_open(root, env, NULL, REPOSITORY_COUNT, &d, e) != 0)
		return -1;
	s->shown = mem_dup(d.shown);
	if (d.driver.table->list(&d.driver, &points, e) != 0)
		return error_context(e, "'%s'", d.shown);
	s->count = points.count;
	s->newest = points.count ? chain_newest(&points)->when : 0;
	return 0;
}

int chain_survey(const char *root, const struct env *env, const char *tool, struct survey *s, struct error *e)
{
	CLEANUP(file_closep) int lock = repository_lock(root, tool, 0, e);

	*s = (struct survey){0};
	if (lock >= 0 && count(root, env, s, e) == 0)
		return 0;
	if (e->code < EX_USAGE)
		e->code = EX_UNAVAILABLE;
	return -1;
}

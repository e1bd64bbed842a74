/* SPDX-License-Identifier: MIT */
#include "adapter/lvm/volume.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/run.h"
#include "sys/writeback.h"

static char *device(const struct storage_volume *v, const char *lv)
{
	return mem_format("/dev/%s/%s", v->group, lv);
}

/*
 * LVM leaves what it writes of a group in the drive's cache: after a power cut that may be lost, or worse, half lost.
 * A flush of a volume is one of the drives beneath it. One that is not there, between two renames, is of the next call.
 */
static void flush_drives(const struct storage_volume *v)
{
	CLEANUP(mem_freep) char *path = device(v, v->inner);
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) != 0)
		log_detail("cannot flush '%s'", path);
}

int lvm_change(const struct storage_volume *v, const char *const *argv, struct error *e)
{
	static const char *const env[] = {"LVM_SUPPRESS_FD_WARNINGS=1", NULL}; /* the lock's descriptor */
	const struct run r = {.argv = argv, .env = env, .outlives = true, .keep_fd = lock_held()};
	CLEANUP(run_free) struct run_result res = {0};

	if (run_check(&r, 0, &res, e) != 0)
		return -1;
	flush_drives(v);
	return 0;
}

/* --- which it is ----------------------------------------------------------------------------------- */

static bool may_be_ours(const char *source)
{
	char real[PATH_MAX];

	if (source == NULL || !str_begins(source, "/dev/"))
		return false;
	if (str_begins(source, "/dev/mapper/") || (realpath(source, real) && str_begins(real, "/dev/dm-")))
		return true;
	/* /dev/VG/LV of one that is not active, or has another name while a revert is under way */
	return strchr(source + 5, '/') && !str_begins(source, "/dev/disk/");
}

static bool is_at(const struct lvm_lv *lv, const char *source)
{
	char real[PATH_MAX], own[PATH_MAX];

	if (strcmp(lv->path, source) == 0 || strcmp(lv->dm_path, source) == 0)
		return true;
	return *lv->path && realpath(source, real) && realpath(lv->path, own) && strcmp(real, own) == 0;
}

/* A revert that was cut off between its two renames: the volume goes by its name of that time. */
static bool was_at(const struct lvm_lv *lv, const char *source)
{
	size_t n = strlen(source);

	return strncmp(lv->path, source, n) == 0 && strcmp(lv->path + n, ".before") == 0;
}

static void take_over(struct storage_volume *v, const struct lvm_lv *lv, size_t name_len)
{
	v->group = mem_dup(lv->group);
	v->inner = mem_dupn(lv->name, name_len);
	v->pool = *lv->pool ? mem_dup(lv->pool) : NULL;
}

int lvm_claim(struct storage_volume *v, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	if (!may_be_ours(v->source))
		return 0;
	if (lvm_report(NULL, &r, e) != 0)
		return -1;
	for (size_t i = 0; i < r.count && v->group == NULL; i++)
		if (is_at(&r.item[i], v->source))
			take_over(v, &r.item[i], strlen(r.item[i].name));
	for (size_t i = 0; i < r.count && v->group == NULL; i++)
		if (was_at(&r.item[i], v->source))
			take_over(v, &r.item[i], strlen(r.item[i].name) - strlen(".before"));
	return v->group != NULL;
}

/* --- snapshots ------------------------------------------------------------------------------------- */

char *lvm_lv_of(const struct storage_volume *v, const char *name)
{
	return mem_format("%s_%s", v->inner, name);
}

char *lvm_full(const struct storage_volume *v, const char *lv)
{
	return mem_format("%s/%s", v->group, lv);
}

static bool is_ours(const struct storage_volume *v, const struct lvm_lv *lv)
{
	size_t n = strlen(v->inner);

	if (strncmp(lv->name, v->inner, n) != 0 || lv->name[n] != '_' || !path_is_name(lv->name + n + 1))
		return false;
	if (v->pool)
		return strcmp(lv->pool, v->pool) == 0;
	return lvm_is_classic_snapshot(lv) ? strcmp(lv->origin, v->inner) == 0 : lvm_has_tag(lv, LVM_OURS);
}

long long lvm_part(long long size, double percent)
{
	return percent < 0 ? -1 : (long long)((double)size * percent / 100);
}

static bool is_lost(const struct storage_volume *v, const struct lvm_lv *lv)
{
	return !v->pool && (!lvm_is_classic_snapshot(lv) || lvm_is_broken(lv));
}

int lvm_refuse_lost(const struct storage_volume *v, const struct lvm_lv *lv, const char *name, struct error *e)
{
	if (!is_lost(v, lv))
		return 0;
	return error_set(e, EX_IOERR,
			 lvm_is_classic_snapshot(lv)
				 ? "snapshot '%s' of '%s' was full and is lost: remove it with 'lvremove %s/%s'"
				 : "snapshot '%s' of '%s' is incomplete after a power cut: remove it with 'lvremove "
				   "%s/%s'",
			 name, v->name, v->group, lv->name);
}

static void fill(const struct storage_volume *v, const struct lvm_report *r, const struct lvm_lv *lv,
		 struct storage_snapshot *s)
{
	const struct lvm_lv *from = v->pool ? lvm_find(r, v->group, v->pool) : lv;
	long long used = from ? lvm_part(from->size, from->data) : -1;

	*s = (struct storage_snapshot){
		.name = mem_dup(lv->name + strlen(v->inner) + 1),
		.created = (time_t)lv->created,
		.expires = (time_t)lvm_expires(lv),
		.writable = lvm_is_writable(lv),
		.broken = is_lost(v, lv),
		/* a thin pool does not tell which blocks are shared */
		.diverged = v->pool ? -1 : used,
		.left = used < 0 ? -1 : from->size - used,
	};
}

int lvm_list(const struct storage_volume *v, struct storage_list *l, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	for (size_t i = 0; i < r.count; i++)
		if (strcmp(r.item[i].group, v->group) == 0 && is_ours(v, &r.item[i]))
			fill(v, &r, &r.item[i], storage_list_add(l));
	return 0;
}

long long lvm_unwritten(const struct storage_volume *v)
{
	CLEANUP(mem_freep) char *path = device(v, v->inner);

	return writeback_bytes(path);
}

int lvm_look(const struct storage_volume *v, const char *lv, struct lvm_report *out,
		const struct lvm_lv **found, struct error *e)
{
	if (lvm_report(v->group, out, e) != 0)
		return -1;
	*found = lvm_find(out, v->group, lv);
	return *found != NULL;
}

int lvm_there(const struct storage_volume *v, const char *lv, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	const struct lvm_lv *found;

	return lvm_look(v, lv, &r, &found, e);
}

int lvm_remove_lv(const struct storage_volume *v, const char *lv, struct error *e)
{
	CLEANUP(mem_freep) char *name = lvm_full(v, lv);
	const char *const argv[] = {"lvremove", "--yes", name, NULL};
	int r = lvm_there(v, lv, e);

	return r <= 0 ? r : lvm_change(v, argv, e);
}

int lvm_rename_lv(const struct storage_volume *v, const char *from, const char *to, struct error *e)
{
	const char *const argv[] = {"lvrename", v->group, from, to, NULL};

	return lvm_change(v, argv, e);
}

int lvm_rename(const struct storage_volume *v, const char *from, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *old = lvm_lv_of(v, from);
	CLEANUP(mem_freep) char *new = lvm_lv_of(v, to);
	int r = lvm_there(v, old, e);

	if (r > 0)
		return lvm_rename_lv(v, old, new, e);
	if (r == 0 && (r = lvm_there(v, new, e)) == 0)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, from);
	return r < 0 ? -1 : 0;
}

int lvm_remove(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);

	return lvm_remove_lv(v, lv, e);
}

int lvm_expire(const struct storage_volume *v, const char *name, time_t expires, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);
	const struct lvm_lv *found;

	if (lvm_look(v, lv, &r, &found, e) < 0)
		return -1;
	if (found == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (lvm_expires(found) == expires)
		return 0;
	strlist_add(&argv, "lvchange");
	if (lvm_expires(found))
		strlist_addf(&argv, "--deltag=" LVM_EXPIRES "%lld", lvm_expires(found));
	if (expires)
		strlist_addf(&argv, "--addtag=" LVM_EXPIRES "%lld", (long long)expires);
	strlist_take(&argv, lvm_full(v, lv));
	return lvm_change(v, strlist_argv(&argv), e);
}

void lvm_seen_as(const struct storage_volume *v, const char *name, char **path, char **subroot)
{
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);

	*path = device(v, lv);
	*subroot = mem_dup("/");
}

int lvm_home(const struct storage_volume *v, struct storage_place *p, struct error *e)
{
	(void)e;
	*p = (struct storage_place){
		.source = device(v, v->inner), .type = mem_dup(v->type), .options = mem_dup(v->options)};
	return 0;
}

/* How the file system on LV is mounted: xfs refuses a second one of a UUID; no log is replayed read-only. */
static void place_of(const struct storage_volume *v, const char *lv, bool writable,
		     struct storage_place *p)
{
	bool xfs = strcmp(v->type, "xfs") == 0;

	*p = (struct storage_place){
		.source = device(v, lv),
		.type = mem_dup(v->type),
		.options = mem_format("%s%s", writable ? "rw" : "ro", xfs ? ",nouuid" : ""),
	};
	if (!writable && xfs)
		p->otherwise = mem_dup("ro,nouuid,norecovery");
	else if (!writable && str_begins(v->type, "ext"))
		p->otherwise = mem_dup("ro,noload");
}

int lvm_open(const struct storage_volume *v, const char *name, bool writable,
		    struct storage_place *p, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);
	CLEANUP(mem_freep) char *path = lvm_full(v, lv);
	/* thin snapshots are made so that a boot does not activate them */
	const char *const argv[] = {"lvchange", "--activate", "y", "--ignoreactivationskip", path, NULL};
	const struct lvm_lv *found;

	if (lvm_look(v, lv, &r, &found, e) < 0)
		return -1;
	if (found == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (lvm_refuse_lost(v, found, name, e) != 0)
		return -1;
	if (writable && !lvm_is_writable(found))
		return error_set(e, EX_USAGE,
				 "snapshot '%s' of '%s' is read-only: make one with 'create --rw'", name,
				 v->name);
	if (!lvm_is_active(found) && lvm_change(v, argv, e) != 0)
		return -1;
	place_of(v, lv, writable, p);
	return 0;
}

int lvm_close(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);
	CLEANUP(mem_freep) char *path = lvm_full(v, lv);
	const char *const argv[] = {"lvchange", "--activate", "n", path, NULL};
	int r;

	if (v->pool == NULL) /* a classic one is active with its origin */
		return 0;
	r = lvm_there(v, lv, e);
	return r <= 0 ? r : lvm_change(v, argv, e);
}

int lvm_refuse_existing(const struct storage_volume *v, const struct lvm_report *r, const char *lv, const char *name,
			struct error *e)
{
	if (lvm_find(r, v->group, lv))
		return error_set(e, EX_CANTCREAT, "snapshot '%s' of '%s' already exists", name, v->name);
	return 0;
}

void lvm_begin_create(struct strlist *argv, const char *lv, bool writable, time_t expires)
{
	strlist_add(argv, "lvcreate");
	strlist_add(argv, "--snapshot");
	strlist_add(argv, "--permission");
	strlist_add(argv, writable ? "rw" : "r");
	strlist_add(argv, "--addtag=" LVM_OURS);
	if (expires)
		strlist_addf(argv, "--addtag=" LVM_EXPIRES "%lld", (long long)expires);
	strlist_addf(argv, "--name=%s", lv);
}

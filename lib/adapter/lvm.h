/* SPDX-License-Identifier: MIT */
/*
 * LVM by its programs. A snapshot of the logical volume LV is LV_NAME beside it; its expiry is the tag
 * ecs.expires=EPOCH. Programs that change something are not killed with the tool: one that is stopped
 * half-way leaves a device suspended.
 */
#ifndef ADAPTER_LVM_H
#define ADAPTER_LVM_H

#include "adapter/storage.h"
#include "base/error.h"

extern const struct storage_driver lvm_thin_driver, lvm_driver;

/* One line of lvs(8). Percentages are -1 where they have no meaning. */
struct lvm_lv {
	char *group, *name, *path, *dm_path;
	char *type;   /* of the segments: "thin", "thin-pool", "linear" */
	char *attr;   /* ten letters, lvs(8) */
	char *pool;   /* "" where it is not thin */
	char *origin; /* "" where it is no snapshot */
	char *tags;   /* comma separated */
	long long size, created, group_free, extent; /* bytes; seconds since 1970 */
	double data, metadata;
};

struct lvm_report {
	struct lvm_lv *item;
	size_t count;
};

/* Reads what lvs prints with --reportformat json; 70 when it is not that. */
int lvm_parse(const char *text, size_t len, struct lvm_report *r, struct error *e);
void lvm_report_free(struct lvm_report *r);

/* What a line says. */
bool lvm_is_writable(const struct lvm_lv *lv);
bool lvm_is_active(const struct lvm_lv *lv);
bool lvm_is_broken(const struct lvm_lv *lv);  /* a classic snapshot that lost its content */
long long lvm_expires(const struct lvm_lv *lv); /* 0: no such tag */

/*
 * The size of a classic snapshot of a volume of SIZE bytes where FREE bytes are left, in whole extents:
 * a fifth of the volume, half of what is free at most; -1 when that is less than a fiftieth.
 */
long long lvm_snapshot_size(long long size, long long free, long long extent);

#endif

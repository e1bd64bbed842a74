/* SPDX-License-Identifier: MIT */
/*
 * What lvs(8) tells of logical volumes, read from its JSON.
 */
#ifndef ADAPTER_LVM_REPORT_H
#define ADAPTER_LVM_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Tags: of each snapshot of ours; with its expiry, in seconds since 1970; of a state before that is on its way back. */
#define LVM_OURS "ecs.snapshot"
#define LVM_EXPIRES "ecs.expires="
#define LVM_UNDO "ecs.undo"

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

/* Asks lvs for the volumes of GROUP (NULL: all of the machine); 69 when it fails. The caller frees R. */
int lvm_report(const char *group, struct lvm_report *r, struct error *e);

/* The volume NAME of GROUP, or NULL. */
const struct lvm_lv *lvm_find(const struct lvm_report *r, const char *group, const char *name);

/* What a line says. */
bool lvm_is_writable(const struct lvm_lv *lv);
bool lvm_is_classic_snapshot(const struct lvm_lv *lv);
bool lvm_is_active(const struct lvm_lv *lv);
bool lvm_is_broken(const struct lvm_lv *lv);  /* a classic snapshot that lost its content */
bool lvm_is_merging(const struct lvm_lv *lv); /* a volume into which a snapshot is merged */
bool lvm_has_tag(const struct lvm_lv *lv, const char *tag);
long long lvm_expires(const struct lvm_lv *lv); /* 0: no such tag */

#endif

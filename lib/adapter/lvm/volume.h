/* SPDX-License-Identifier: MIT */
/*
 * Logical volumes, as both drivers of adapter/lvm/lvm.h see them. What the drivers' own calls do stands in
 * adapter/storage.h.
 */
#ifndef ADAPTER_LVM_VOLUME_H
#define ADAPTER_LVM_VOLUME_H

#include <stdbool.h>
#include <time.h>

#include "adapter/lvm/report.h"
#include "adapter/storage.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Runs a program that changes something of V, to its end, even if we are killed: one that is stopped half-way leaves a
 * device suspended. What it did is on the drives then, so that the journal is not ahead of them. The argument list ends
 * with NULL.
 */
int lvm_change(const struct storage_volume *v, const char *const *argv, struct error *e);

/* Whether LVM has the volume: then its group, its name and, if it is thin, its pool are set. */
int lvm_claim(struct storage_volume *v, struct error *e);

/* The logical volume of the snapshot NAME; "GROUP/LV". The caller frees them. */
char *lvm_lv_of(const struct storage_volume *v, const char *name);
char *lvm_full(const struct storage_volume *v, const char *lv);

/* PERCENT of SIZE bytes; -1 where PERCENT is less than 0, unknown. */
long long lvm_part(long long size, double percent);

/* Looks for LV in the group of V: 1 there, 0 not, -1 error. The caller frees OUT, which *FOUND points into. */
int lvm_look(const struct storage_volume *v, const char *lv, struct lvm_report *out, const struct lvm_lv **found,
	     struct error *e);
int lvm_there(const struct storage_volume *v, const char *lv, struct error *e);

/* Removes LV, if it is there; renames FROM. */
int lvm_remove_lv(const struct storage_volume *v, const char *lv, struct error *e);
int lvm_rename_lv(const struct storage_volume *v, const char *from, const char *to, struct error *e);

/* A snapshot NAME, the logical volume LV, that R has already: 73. All else is said by lvcreate. */
int lvm_refuse_existing(const struct storage_volume *v, const struct lvm_report *r, const char *lv, const char *name,
			struct error *e);

/*
 * A classic snapshot that is lost: 74. It was full, or the power went while LVM was making it, or removing it after its
 * merge: then it is a plain volume, with nothing that anybody could read.
 */
int lvm_refuse_lost(const struct storage_volume *v, const struct lvm_lv *lv, const char *name, struct error *e);

/* The words of lvcreate that both kinds share. */
void lvm_begin_create(struct strlist *argv, const char *lv, bool writable, time_t expires);

/* Calls of both drivers. */
long long lvm_unwritten(const struct storage_volume *v);
int lvm_list(const struct storage_volume *v, struct storage_list *l, struct error *e);
int lvm_rename(const struct storage_volume *v, const char *from, const char *to, struct error *e);
int lvm_remove(const struct storage_volume *v, const char *name, struct error *e);
int lvm_expire(const struct storage_volume *v, const char *name, time_t expires, struct error *e);
int lvm_open(const struct storage_volume *v, const char *name, bool writable, struct storage_place *p,
	     struct error *e);
int lvm_close(const struct storage_volume *v, const char *name, struct error *e);
void lvm_seen_as(const struct storage_volume *v, const char *name, char **path, char **subroot);
int lvm_home(const struct storage_volume *v, struct storage_place *p, struct error *e);

#endif

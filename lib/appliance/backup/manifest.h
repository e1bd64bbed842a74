/* SPDX-License-Identifier: MIT */
/*
 * The manifest of a backup: what it must hold, written last. One file, which sha256sum(1) checks as it
 * is (`cd RESTORED && sha256sum --check manifest`), because what is ours stands in its comments:
 *
 *	# ecs-manifest 1
 *	# {"when": …}                            the head, one line of JSON
 *	# d MODE UID GID MTIME NAME              a folder
 *	# l MODE UID GID MTIME NAME<TAB>TARGET   a symbolic link
 *	# p MODE UID GID MTIME NAME              a pipe; sockets and devices are not recorded
 *	# f MODE UID GID MTIME SIZE CTIME INODE  the file of the next line
 *	SHA256  NAME
 *	# end FILES BYTES
 *
 * in the order of sys/tree.h. Times are seconds with nine decimals. In names a backslash, newline,
 * carriage return and (in comments) tab are written \\, \n, \r and \t, and the line of a file with such
 * a name begins with a backslash, as sha256sum has it; all other bytes stand as they are. It is written
 * and read as a stream, however many files there are.
 */
#ifndef APPLIANCE_BACKUP_MANIFEST_H
#define APPLIANCE_BACKUP_MANIFEST_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

#define MANIFEST_NAME "manifest"
#define MANIFEST_SIGNATURE "manifest.sig"

struct manifest_table {
	char *name; /* "public.core_document" */
	long long rows;
};

struct manifest_head {
	time_t when;        /* the instant that files and rows are of */
	char *suite;        /* version of this suite */
	char *revision;     /* commit of the application; "" where it was not known */
	char *branch;
	struct strlist heads; /* migrations, the last applied one of each app: "core.0002_name" */
	char *postgres;     /* the server's version, "17.6" */
	int major;          /* its first number */
	char *database;     /* name of the dumped database; "" where it is not known */
	struct manifest_table *table;
	size_t tables;
	long long rows;     /* of all tables */
	long long space;    /* bytes that the database took in the server; 0 where it is not known */
	char *dump;         /* path of the dump in the backup */
};

void manifest_head_free(struct manifest_head *h); /* for CLEANUP too */
void manifest_head_add(struct manifest_head *h, const char *table, long long rows);

struct manifest_totals {
	long long files, bytes; /* all that have a digest: the vault, the dump, env.yml */
	long long reused;       /* files of them whose digest was taken from the last manifest */
};

struct manifest_entry {
	char type; /* f d l p */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime, ctime;
	long long size;
	unsigned long long inode;
	char digest[65];
	char *path, *target; /* owned */
};

void manifest_entry_free(struct manifest_entry *m);

/*
 * Writes the manifest of the folder SOURCE as the file PATH (which may lie in SOURCE: it leaves itself and
 * its signature out), flushed. SKIP are paths to leave out. LAST is the manifest of an earlier
 * state, or NULL: a file with the same path, size, inode and times as there keeps its digest, unless it
 * was changed so shortly before that state that it could have been changed again within the same tick.
 */
int manifest_write(const char *path, const struct manifest_head *head, const char *source,
		   const struct strlist *skip, const char *last, struct manifest_totals *totals,
		   struct error *e);

/* Reads the head, and the totals from the last line. Not whole, or none of ours: 65. */
int manifest_read(const char *path, struct manifest_head *head, struct manifest_totals *totals,
		  struct error *e);

struct verify_report {
	long long files, bytes;  /* compared, and the same */
	long long differences;
	struct strlist lines;    /* the first of them: "missing: NAME", "more: NAME", "differs: NAME (WHAT)" */
};

void verify_report_free(struct verify_report *r);

enum { MANIFEST_CONTENT = 1, MANIFEST_OWNERS = 2 };

/*
 * Compares the folder TREE with what the manifest says of the folder PART of the backup (NULL: of all of
 * it): names, kinds, sizes, times of files, modes, targets of links; with MANIFEST_CONTENT digests, with
 * MANIFEST_OWNERS owners. SKIP are paths in TREE that may be there all the same. Differences are no
 * failure: the report tells them.
 */
int verify_compare(const char *path, const char *part, const char *tree, unsigned what,
		     const struct strlist *skip, struct verify_report *report, struct error *e);

/* Up to COUNT files of the folder PART, of at most MAX bytes each, taken by chance. */
int manifest_sample(const char *path, const char *part, size_t count, long long max,
		    struct manifest_entry *out, size_t *found, struct error *e);

/* The entry of the file NAME; none: 66. The caller frees it. */
int manifest_find(const char *path, const char *name, struct manifest_entry *out, struct error *e);

/* The SHA-256 and size of the file PATH. */
int manifest_digest(const char *path, char digest[65], long long *size, struct error *e);

#endif

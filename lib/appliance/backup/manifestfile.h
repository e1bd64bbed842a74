/* SPDX-License-Identifier: MIT */
/*
 * The file of a manifest (appliance/backup/manifest.h), entry by entry: one file, which sha256sum(1) checks as it
 * is (`cd RESTORED && sha256sum --check manifest`), because what is ours stands in its comments:
 *
 *	# ecs-manifest 1
 *	# {"when": …}                            the head, one line of JSON
 *	# d MODE UID GID MTIME NAME<TAB>[ATTRIBUTES]  a folder
 *	# l MODE UID GID MTIME NAME<TAB>TARGET   a symbolic link
 *	# p MODE UID GID MTIME NAME              a pipe; sockets and devices are not recorded
 *	# f MODE UID GID MTIME SIZE CTIME INODE LINKS [ATTRIBUTES]  the file of the next line
 *	SHA256  NAME
 *	# end FILES BYTES
 *
 * in the order of sys/tree.h. Times are seconds with nine decimals. Files with LINKS above 1 and the same INODE are one
 * file with several names; ATTRIBUTES are as in sys/attributes.h. In names a backslash, newline,
 * carriage return and (in comments) tab are written \\, \n, \r and \t, and the line of a file with such
 * a name begins with a backslash, as sha256sum has it; all other bytes stand as they are. It is written
 * and read as a stream, however many files there are.
 */
#ifndef APPLIANCE_BACKUP_MANIFESTFILE_H
#define APPLIANCE_BACKUP_MANIFESTFILE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "appliance/backup/entry.h"
#include "base/error.h"
#include "base/str.h"

struct manifest_table {
	char *name; /* "public.core_document" */
	long long rows;
};

struct manifest_head {
	time_t when;        /* the instant that files and rows are of */
	char *appliance;    /* whose backup it is (appliance/backup/owner.h), "" in those of older versions */
	char *machine;      /* and which machine made it */
	char *domain;       /* of that, for people */
	long long sequence; /* its number: one more than the one before, whatever the clock says; 0 in older ones */
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

/* Adds the lines that a manifest begins with, and those of an entry. */
void manifest_format_head(const struct manifest_head *h, struct str *out);
void manifest_format(const struct manifest_entry *m, struct str *out);

/* Adds NAME as it stands in comments and reports: escaped. */
void manifest_format_name(struct str *out, const char *name);

/* A manifest that is read; free it with manifest_reader_free(), opened or not. */
struct manifest_reader {
	FILE *file;
	const char *name; /* for messages */
	char *line;       /* the last one, without its newline */
	size_t cap;
	long number;
	bool ended;       /* the last line of a whole manifest was read */
	struct manifest_totals totals; /* once it was */
	struct manifest_head head;
};

/* Opens PATH (which must live as long) and reads the head. None of ours, or damaged: 65. */
int manifest_reader_open(struct manifest_reader *r, const char *path, struct error *e);

/* The next entry: 1, or 0 behind the last one of a whole manifest; damaged: 65. The caller frees it. */
int manifest_reader_next(struct manifest_reader *r, struct manifest_entry *m, struct error *e);
void manifest_reader_free(struct manifest_reader *r); /* for CLEANUP too */

/* PATH relative to the folder PART (NULL: itself), or NULL where it does not lie in it. */
const char *manifest_inside(const char *path, const char *part);

#endif

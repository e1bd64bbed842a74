/* SPDX-License-Identifier: MIT */
#include "appliance/volume/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "appliance/secrets.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/tree.h"

enum { FIRST = 3 /* names that are said */ };

/* --- what there is ---------------------------------------------------------------------------------------- */

static int add_file(void *arg, const struct tree_item *item, struct error *e)
{
	(void)e;
	if (!S_ISDIR(item->st->st_mode))
		strlist_add(arg, item->path);
	return 0;
}

static int list_files(const char *root, struct strlist *files, struct error *e)
{
	CLEANUP(mem_freep) char *vault = path_root(root, NAME_FILES);
	CLEANUP(strlist_free) struct strlist ours = {0};

	strlist_addv(&ours, (const char *[]){NAME_RESTORE_FOLDER, NAME_SNAPSHOT_FOLDER, "lost+found", NULL});
	return tree_walk(vault, &ours, add_file, files, e);
}

/* --- comparing -------------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct strlist *l)
{
	if (l->count)
		qsort(l->item, l->count, sizeof *l->item, by_text);
}

/* A row without a file is none; "./a" is "a". */
static const char *plain(const char *path)
{
	while (str_begins(path, "./"))
		path += 2;
	return path;
}

void orphans_compare(struct strlist *files, struct strlist *rows, struct strlist *unknown, struct strlist *missing)
{
	CLEANUP(strlist_free) struct strlist named = {0};
	size_t f = 0, r = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (*plain(rows->item[i]))
			strlist_add(&named, plain(rows->item[i]));
	sort(files);
	sort(&named);
	while (f < files->count || r < named.count) {
		int order = f == files->count ? 1 : r == named.count ? -1 : strcmp(files->item[f], named.item[r]);
		const char *row = order >= 0 ? named.item[r] : NULL;

		if (order < 0)
			strlist_add(unknown, files->item[f]);
		else if (order > 0)
			strlist_add(missing, row);
		f += order <= 0;
		while (row && r < named.count && strcmp(named.item[r], row) == 0)
			r++;
	}
}

/* --- telling ---------------------------------------------------------------------------------------------- */

static void tell(const struct strlist *paths, const char *what)
{
	CLEANUP(str_free) struct str first = {0};

	for (size_t i = 0; i < paths->count; i++) {
		if (i < FIRST)
			str_addf(&first, "%s'%s'", i ? ", " : "", paths->item[i]);
		log_detail("%s: '%s'", what, paths->item[i]);
	}
	if (paths->count)
		log_warn("%s: %zu, left as they are: %s%s", what, paths->count, first.data,
			 paths->count > FIRST ? " and others ('-v' names all)" : "");
}

static int compare(const struct appliance *a, struct error *e)
{
	CLEANUP(mem_freep) char *password = secrets_password(a->root, e);
	CLEANUP(strlist_free) struct strlist files = {0}, rows = {0}, unknown = {0}, missing = {0};

	if (password == NULL || database_ask_as_role(&a->database, password, a->facts.vault_query, &rows, e) != 0 ||
	    list_files(a->root, &files, e) != 0)
		return -1;
	orphans_compare(&files, &rows, &unknown, &missing);
	tell(&unknown, "files in the vault that no row names any more");
	tell(&missing, "rows whose file is not in the vault");
	if (unknown.count + missing.count == 0)
		log_detail("vault and rows match: %zu files", files.count);
	return 0;
}

void orphans_tell(const struct appliance *a)
{
	struct error e = {0};

	if (a->facts.vault_query && compare(a, &e) != 0)
		log_warn("cannot compare the files of the vault with the rows of the database: %s", e.text);
}

/* SPDX-License-Identifier: MIT */
/*
 * Every file of tests/data/env under the sanitizers: refused as expected, or flattened as expected.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "env/env.h"
#include "env/flatten.h"
#include "sys/file.h"

static char *data_path(const char *name)
{
	const char *tree = getenv("ECS_SOURCE_DIR");

	return mem_format("%s/tests/data/env/%s", tree ? tree : ".", name);
}

static void names_in(const char *dir, struct strlist *names)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			strlist_add(names, entry->d_name);
	closedir(d);
	strlist_sort(names);
}

static void read_file(const char *path, struct str *out)
{
	struct error e = {0};

	if (file_read(path, 4 << 20, out, &e) != 0)
		fail_msg("%s", e.text);
}

/* A line "NAME<TAB>MESSAGE" of bad.expected. */
static void refuse(const char *dir, const char *line)
{
	CLEANUP(mem_freep) char *name = mem_dupn(line, strcspn(line, "\t"));
	CLEANUP(mem_freep) char *path = path_join(dir, name);
	CLEANUP(mem_freep) char *wanted = mem_format("%s:%s", path, line + strlen(name) + 1);
	struct env *env = NULL;
	struct error e = {0};

	if (env_load(path, &env, &e) == 0)
		fail_msg("'%s' is accepted", name);
	assert_null(env);
	assert_int_equal(e.code, EX_DATAERR);
	if (!str_begins(e.text, wanted))
		fail_msg("'%s' is refused with: %s", name, e.text);
}

static void bad_files_are_refused(void **state)
{
	CLEANUP(mem_freep) char *dir = data_path("bad");
	CLEANUP(mem_freep) char *path = data_path("bad.expected");
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(strlist_free) struct strlist lines = {0}, names = {0};
	size_t count = 0;

	(void)state;
	read_file(path, &text);
	strlist_lines(&lines, text.data);
	for (size_t i = 0; i < lines.count; i++) {
		if (lines.item[i][0] == '#')
			continue;
		refuse(dir, lines.item[i]);
		count++;
	}
	names_in(dir, &names);
	assert_int_equal(names.count, count);
	assert_true(count >= 40);
}

/* The file PATH is flattened to what stands beside it in NAME.env. */
static void flatten(const char *path)
{
	CLEANUP(mem_freep) char *beside =
		mem_format("%.*s.env", (int)(strstr(path, ".yml") - path), path);
	CLEANUP(str_free) struct str wanted = {0}, got = {0};
	CLEANUP(env_deletep) struct env *env = NULL;
	struct error e = {0};

	if (env_load(path, &env, &e) != 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < env_flat(env)->count; i++)
		flat_print(&env_flat(env)->variable[i], &got);
	read_file(beside, &wanted);
	assert_string_equal(str_get(&got), str_get(&wanted));
}

static void good_files_are_flattened(void **state)
{
	CLEANUP(mem_freep) char *dir = data_path("good");
	CLEANUP(strlist_free) struct strlist names = {0};
	size_t count = 0;

	(void)state;
	names_in(dir, &names);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_freep) char *path = path_join(dir, names.item[i]);

		if (strstr(names.item[i], ".yml") == NULL)
			continue;
		flatten(path);
		count++;
	}
	assert_true(count >= 10);
}

/*
 * Every beginning of a file, as a torn disk or a bad line leaves it, is refused or read, and never
 * more.
 */
static void torn_files_are_no_surprise(void **state)
{
	static const char *const files[] = {"good/older.yml", "good/mime.yml.mime",
					    "good/older-gzip.yml.gz", "good/wrapped.yml.gz",
					    "bad/alias-bomb.yml"};
	char torn[] = "/tmp/ecs-torn.XXXXXX";
	int fd = mkstemp(torn);
	struct error e = {0};

	(void)state;
	file_closep(&fd);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		CLEANUP(mem_freep) char *path = data_path(files[i]);
		CLEANUP(str_free) struct str text = {0};

		read_file(path, &text);
		for (size_t n = 0; n < text.len; n += 1 + n / 50) {
			CLEANUP(env_deletep) struct env *env = NULL;

			assert_int_equal(file_write_quick(torn, text.data, n, 0600, &e), 0);
			if (env_load(torn, &env, &e) != 0)
				assert_int_equal(e.code, EX_DATAERR);
		}
	}
	file_remove(torn, &e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(good_files_are_flattened),
		cmocka_unit_test(torn_files_are_no_surprise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

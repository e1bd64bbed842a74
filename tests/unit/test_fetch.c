/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/backup/beside.h"
#include "appliance/backup/chain.h"
#include "appliance/backup/owner.h"
#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/run.h"
#include "tests/unit/temp.h"

/* A vault beneath the test's folder, with one file. */
static struct fetched machine(void **state, char **root)
{
	struct fetched f = {.root = *root = temp_path(state, "")};
	CLEANUP(mem_freep) char *vault = temp_path(state, NAME_FILES);
	struct error e = {0};

	assert_int_equal(file_mkdirs(vault, 0755, &e), 0);
	fetch_set_paths(&f);
	temp_put(state, NAME_FILES "/document", "x");
	return f;
}

#define PLACE NAME_FILES "/" NAME_RESTORE_FOLDER

static void the_vault_is_moved_out_and_in(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *document = temp_path(state, NAME_FILES "/document");
	CLEANUP(mem_freep) char *place = temp_path(state, PLACE);
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};
	struct stat st;

	assert_int_equal(beside_move_out(&f, "old", &e), 0);
	assert_false(file_exists(document));
	assert_int_equal(stat(place, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(beside_move_in(&f, "old", &e), 0);
	assert_true(file_exists(document));
}

/* The application owns the vault: a link of that name would make us move, and throw away, what lies elsewhere. */
static void a_link_in_its_place_is_not_followed(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *place = temp_path(state, PLACE), *new = temp_path(state, "elsewhere/new");
	CLEANUP(mem_freep) char *elsewhere = temp_path(state, "elsewhere"), *doc = temp_path(state, NAME_FILES "/document");
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	assert_int_equal(file_mkdirs(new, 0755, &e), 0);
	temp_put(state, "elsewhere/new/theirs", "x");
	assert_int_equal(symlink(elsewhere, place), 0);
	assert_int_equal(beside_forget(&f, &e), 0);
	assert_int_equal(beside_move_in(&f, "new", &e), -1);
	assert_int_equal(temp_count(state, "elsewhere/new"), 1);
	assert_int_equal(beside_move_out(&f, "old", &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	assert_non_null(strstr(e.text, "is not a folder that root alone can change"));
	assert_true(file_exists(doc));
	assert_int_equal(beside_fetch(&f, &e), -1);
}

static char *stolen, *elsewhere; /* of the test below */

/* A driver whose target holds one file; meanwhile the application, whose the vault is, puts a link in our folder's place. */
static int restore_and_steal(struct driver *g, const struct driver_point *point, const char *path, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *file = path_join(to, "document");
	CLEANUP(mem_freep) char *place = path_join(g->url, NAME_RESTORE_FOLDER);

	(void)point;
	(void)path;
	assert_int_equal(rename(place, stolen), 0);
	assert_int_equal(symlink(elsewhere, place), 0);
	assert_int_equal(mkdir(to, 0700), 0);
	return file_write(file, "fetched", 7, 0600, e);
}

static void what_the_application_renames_meanwhile_leads_nowhere(void **state)
{
	static const struct driver_table thief = {.name = "thief", .restore = restore_and_steal};
	CLEANUP(mem_freep) char *root = NULL;
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	stolen = temp_path(state, NAME_FILES "/stolen");
	elsewhere = temp_path(state, "elsewhere");
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	f.repository.driver.table = &thief;
	f.repository.driver.url = mem_dup(f.vault);
	assert_int_equal(beside_fetch(&f, &e), 0);
	assert_int_equal(temp_count(state, "elsewhere"), 0);
	assert_int_equal(temp_count(state, NAME_FILES "/stolen/new"), 1);
	assert_int_equal(beside_move_in(&f, BESIDE_NEW, &e), -1);
	assert_int_equal(beside_forget(&f, &e), 0);
	assert_int_equal(temp_count(state, NAME_FILES "/stolen/new"), 1);
	free(stolen);
	free(elsewhere);
}

static mode_t kind; /* of what the driver below gives back: a link to "elsewhere", or a pipe */

static int restore_kind(struct driver *g, const struct driver_point *point, const char *path, const char *to, struct error *e)
{
	(void)g;
	(void)point;
	(void)path;
	(void)e;
	return S_ISLNK(kind) ? symlink(elsewhere, to) : mknod(to, kind | 0600, 0);
}

/* Whoever can write to the target needs no more than the public key to put a link in the place of the vault. */
static void a_vault_that_is_a_link_is_refused(void **state)
{
	static const struct driver_table liar = {.name = "liar", .restore = restore_kind};
	CLEANUP(mem_freep) char *root = NULL, *theirs = temp_path(state, "elsewhere/theirs");
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};
	struct stat st;

	elsewhere = temp_path(state, "elsewhere");
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	temp_put(state, "elsewhere/theirs", "x");
	assert_int_equal(chmod(theirs, 04755), 0);
	f.repository.driver.table = &liar;
	f.accept = true;
	kind = S_IFLNK;
	assert_int_equal(beside_fetch(&f, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_non_null(strstr(e.text, "is not a folder"));
	assert_int_equal(stat(theirs, &st), 0);
	assert_int_equal(st.st_mode & 07777, 04755);
	free(elsewhere);
}

/* A pipe would hold up each night's backup. */
static void a_manifest_that_is_no_file_is_refused(void **state)
{
	static const struct driver_table liar = {.name = "liar", .restore = restore_kind};
	struct repository d = {.driver = {.table = &liar, .temp = temp_path(state, "")}};
	const mode_t kinds[] = {S_IFIFO, S_IFLNK};
	struct manifest_totals totals;
	struct manifest_head head = {0};

	elsewhere = temp_path(state, "elsewhere");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct error e = {0};

		kind = kinds[i];
		alarm(10);
		assert_int_equal(chain_read_manifest(&d, &(struct driver_point){0}, &head, &totals, NULL, &e), -1);
		alarm(0);
		assert_int_equal(e.code, EX_DATAERR);
		assert_int_equal(temp_count(state, ""), 0);
	}
	free(d.driver.temp);
	free(elsewhere);
}

/* A repository of restic's with one backup, of the appliance 0123456789abcdef, that is no more than a manifest. */
static char *repository(void **state)
{
	const struct manifest_head head = {.appliance = (char[]){"0123456789abcdef"}, .domain = (char[]){"a.example"}};
	CLEANUP(mem_freep) char *place = temp_path(state, "repository"), *from = temp_path(state, "from");
	CLEANUP(mem_freep) char *variable = mem_format("RESTIC_REPOSITORY=%s", place);
	const char *const env[] = {variable, "RESTIC_PASSWORD=x", NULL};
	const char *const steps[][8] = {{"restic", "--no-cache", "init"},
					{"restic", "--no-cache", "backup", "--tag", "ecs", "--host", "ecs", "."}};
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	assert_int_equal(mkdir(from, 0700), 0);
	manifest_format_head(&head, &text);
	str_add(&text, "# end 0 0\n");
	temp_put(state, "from/manifest", str_get(&text));
	for (size_t i = 0; i < 2; i++) {
		const char *argv[9] = {NULL};
		CLEANUP(run_free) struct run_result res = {0};

		memcpy(argv, steps[i], sizeof steps[i]);
		if (run_check(&(struct run){.argv = argv, .env = env, .dir = from}, 0, &res, &e) != 0)
			fail_msg("%s", e.text);
	}
	return mem_format("restic:%s", place);
}

/* Two appliances may have one key, and who can write to the target of one may put the other's backup there. */
static void a_backup_of_another_appliance_is_refused(void **state)
{
	CLEANUP(mem_freep) char *root = temp_path(state, ""), *place = temp_path(state, "fetched");
	CLEANUP(mem_freep) char *url = repository(state);
	CLEANUP(mem_freep) char *text = mem_format("#cloud-config\nappliance: {domain: b.example, backup: {url: '%s', "
						   "encrypt: x}}\n", url);
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(owner_free) struct owner o = {0};
	struct error e = {0};

	if (!temp_namespace())
		return;
	assert_int_equal(env_parse("env.yml", text, strlen(text), &env, &e), 0);
	assert_int_equal(owner_read(root, &o, &e), 0);
	for (int i = 0; i < 3; i++) { /* it never stored there; it does, but this is accepted; it is not */
		CLEANUP(fetched_free) struct fetched f = {.root = root, .accept = i == 1};
		int r = fetch_choose(&f, env, place, &e);

		if (r != (i == 2 ? -1 : 0))
			fail_msg("%d: %s", i, e.text);
		free(o.target);
		o.target = mem_dup(f.repository.id);
		assert_int_equal(owner_write(root, &o, &(struct error){0}), 0);
	}
	assert_int_equal(e.code, EX_DATAERR);
	assert_non_null(strstr(e.text, "belongs to another appliance, 0123456789abcdef ('a.example')"));
	assert_non_null(strstr(e.text, "'ecs-restore --accept-differences'"));
	temp_put(state, NAME_BACKUP_OWNER, "{}");
	assert_int_equal(owner_check(root, "", "", "", &e), -1);
	assert_int_equal(e.code, EX_DATAERR); /* which is accepted in the same way */
}

/* What was set aside and is gone is not "nothing was set aside". */
static void files_that_are_gone_are_missed(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *place = temp_path(state, PLACE), *old = temp_path(state, PLACE "/old");
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	assert_int_equal(beside_move_in(&f, BESIDE_NEW, &e), -1);
	assert_int_equal(beside_put_back(&f, BESIDE_OLD, &e), 0); /* nothing was moved */
	assert_int_equal(beside_move_out(&f, BESIDE_OLD, &e), 0);
	assert_int_equal(beside_has(&f, BESIDE_OLD, &e), 1);
	assert_int_equal(beside_put_back(&f, BESIDE_OLD, &e), 0);
	assert_false(file_exists(old));
	assert_int_equal(beside_put_back(&f, BESIDE_OLD, &e), 0);
	assert_int_equal(beside_move_out(&f, BESIDE_OLD, &e), 0);
	assert_int_equal(file_remove_tree(place, &e), 0);
	assert_int_equal(beside_put_back(&f, BESIDE_OLD, &e), -1);
	assert_non_null(strstr(e.text, "where the files of the vault were"));
}

static void a_folder_that_others_can_enter_is_refused(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *place = temp_path(state, PLACE);
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	assert_int_equal(beside_has(&f, BESIDE_NEW, &e), 0); /* there is none */
	assert_int_equal(file_mkdirs(place, 0777, &e), 0);
	assert_int_equal(beside_has(&f, BESIDE_NEW, &e), -1);
	assert_int_equal(chmod(place, 0700), 0);
	assert_int_equal(beside_has(&f, BESIDE_NEW, &e), 0);
	if (geteuid() == 0 && chown(place, 8000, 8000) == 0)
		assert_int_equal(beside_has(&f, BESIDE_NEW, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_vault_is_moved_out_and_in, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_link_in_its_place_is_not_followed, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(what_the_application_renames_meanwhile_leads_nowhere, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_vault_that_is_a_link_is_refused, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_manifest_that_is_no_file_is_refused, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_backup_of_another_appliance_is_refused, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(files_that_are_gone_are_missed, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_folder_that_others_can_enter_is_refused, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}

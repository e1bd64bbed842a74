/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/backup/duplicity.h"
#include "adapter/backup/driver.h"
#include "adapter/backup/gpg.h"
#include "adapter/backup/restic.h"
#include "adapter/backup/resticown.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"

/* --- without programs --------------------------------------------------------------------------- */

static void test_options(void **state)
{
	struct driver g = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(driver_set_options(&g, "  A=1 B_2='x y'\t--volsize 50 C=3 \"a\\\"b\" c\\ d\n", &e), 0);
	assert_int_equal(g.env.count, 2);
	assert_string_equal(g.env.item[0], "A=1");
	assert_string_equal(g.env.item[1], "B_2=x y");
	assert_int_equal(g.words.count, 5);
	assert_string_equal(g.words.item[2], "C=3"); /* behind an option it is no variable */
	assert_string_equal(g.words.item[3], "a\"b");
	assert_string_equal(g.words.item[4], "c d");
	driver_free(&g);
	assert_int_equal(driver_set_options(&g, "--x 'y", &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	driver_free(&g);
}

static void test_passwords(void **state)
{
	static const char *const cases[][3] = {
		/* URL, its password, what is left */
		{"webdavs://u:p%40q@host/x", "p@q", "webdavs://u@host/x"},
		{"rest:http://u:p@ss@host/x", "p@ss", "rest:http://u@host/x"},
		{"sftp://u@host/a:b@c", NULL, "sftp://u@host/a:b@c"},
		{"file:///a:b@c", NULL, "file:///a:b@c"},
		{"s3:s3.example/bucket", NULL, "s3:s3.example/bucket"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(mem_freep) char *url = mem_dup(cases[i][0]);
		CLEANUP(mem_freep) char *shown = driver_shown(url);
		CLEANUP(mem_freep) char *password = driver_take_password(url);

		assert_string_equal(url, cases[i][2]);
		assert_string_equal(shown, cases[i][2]);
		if (cases[i][1])
			assert_string_equal(password, cases[i][1]);
		else
			assert_null(password);
	}
}

static void test_points(void **state)
{
	struct driver_points p = {0};

	(void)state;
	assert_null(driver_find(&p, 100));
	driver_points_add(&p, 30, "c", false);
	driver_points_add(&p, 10, "a", true);
	driver_points_add(&p, 20, "b", false);
	driver_points_sort(&p);
	assert_null(driver_find(&p, 9));
	assert_string_equal(driver_find(&p, 10)->id, "a");
	assert_string_equal(driver_find(&p, 29)->id, "b");
	assert_string_equal(driver_find(&p, 1000)->id, "c");
	driver_points_free(&p);
}

/* Numbers tell the order in which they were stored, dates the state that is asked for. */
static void test_order(void **state)
{
	struct driver_points p = {0};

	(void)state;
	driver_points_add(&p, 900, "future", true)->sequence = 1;
	driver_points_add(&p, 30, "newest", true)->sequence = 3;
	driver_points_add(&p, 20, "older", true);
	driver_points_add(&p, 10, "oldest", true);
	driver_points_add(&p, 40, "before", true)->sequence = 2;
	driver_points_sort(&p);
	assert_string_equal(p.item[0].id, "oldest");
	assert_string_equal(p.item[1].id, "older");
	assert_string_equal(p.item[2].id, "future");
	assert_string_equal(p.item[4].id, "newest");
	assert_string_equal(driver_find(&p, 45)->id, "before");
	assert_string_equal(driver_find(&p, 1000)->id, "future");
	driver_points_free(&p);
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(driver_is_id("0123456789abcdef"));
	assert_false(driver_is_id("0123456789abcde"));
	assert_false(driver_is_id("0123456789abcdef0"));
	assert_false(driver_is_id("0123456789ABCDEF"));
	assert_false(driver_is_id("0123456789abcde\n"));
}

/* --- with the real programs --------------------------------------------------------------------- */

struct world {
	char dir[64];
	char *key; /* ASCII armour */
};

static char *at(const struct world *w, const char *name)
{
	return path_join(w->dir, name);
}

static void put(const struct world *w, const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = at(w, name);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	struct error e = {0};

	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	assert_int_equal(file_write_quick(path, text, strlen(text), 0640, &e), 0);
}

static void same(const struct world *w, const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = at(w, name);
	CLEANUP(str_free) struct str got = {0};
	struct error e = {0};

	assert_int_equal(file_read(path, 1 << 20, &got, &e), 0);
	assert_string_equal(str_get(&got), text);
}

/* A key of the kind given to gpg's --quick-generate-key; the caller frees its armour. */
static char *make_key(const struct world *w, const char *algorithm, const char *usage, const char *expire)
{
	CLEANUP(mem_freep) char *home = at(w, "make-key");
	CLEANUP(mem_freep) char *env_home = mem_format("GNUPGHOME=%s", home);
	const char *env[] = {env_home, NULL};
	const char *make[] = {"gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
			      "backup@ecs.example", algorithm, usage, expire, NULL};
	const char *get[] = {"gpg", "--batch", "--armor", "--export-secret-keys", NULL};
	const char *end[] = {"gpgconf", "--kill", "gpg-agent", NULL};
	struct run_result res = {0};
	struct error e = {0};
	char *armour;

	assert_int_equal(file_mkdirs(home, 0700, &e), 0);
	assert_int_equal(run_check(&(struct run){.argv = make, .env = env}, 0, &res, &e), 0);
	run_free(&res);
	assert_int_equal(run_check(&(struct run){.argv = get, .env = env}, 0, &res, &e), 0);
	armour = mem_dup(str_get(&res.out));
	run_free(&res);
	run_command(&(struct run){.argv = end, .env = env}, &res, &e);
	run_free(&res);
	assert_int_equal(file_remove_tree(home, &e), 0);
	return armour;
}

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);

	strcpy(w->dir, "/tmp/ecs-engine.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->key = make_key(w, "default", "default", "never");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct error e = {0};

	file_remove_tree(w->dir, &e);
	free(w->key);
	free(w);
	return 0;
}

static void test_gpg(void **state)
{
	struct world *w = *state;
	CLEANUP(mem_freep) char *home = at(w, "keyring"), *text = at(w, "text"), *sig = at(w, "text.sig");
	struct gpg g;
	struct error e = {0};

	put(w, "text", "what is signed");
	assert_int_equal(gpg_open(home, w->key, &g, &e), 0);
	assert_int_equal(strlen(g.fingerprint), 40);
	assert_string_equal(g.user, "backup@ecs.example");
	assert_true(g.secret && g.encrypts && g.signs);
	assert_int_equal(g.expires, 0);
	assert_int_equal(gpg_prove(&g, &e), 0);
	assert_int_equal(gpg_sign(&g, text, sig, &e), 0);
	assert_int_equal(gpg_verify(&g, text, sig, &e), 0);
	put(w, "text", "something else");
	assert_int_equal(gpg_verify(&g, text, sig, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	gpg_close(&g);
	assert_false(file_exists(home));

	assert_int_equal(gpg_open(home, "no key at all", &g, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_false(file_exists(home));
}

static void test_unfit_keys(void **state)
{
	struct world *w = *state;
	CLEANUP(mem_freep) char *home = at(w, "keyring");
	CLEANUP(mem_freep) char *expired = make_key(w, "default", "default", "seconds=1");
	CLEANUP(mem_freep) char *signing = make_key(w, "ed25519", "sign", "never");
	struct gpg g;
	struct error e = {0};

	do { /* its second is over when gpg says so */
		assert_int_equal(gpg_open(home, expired, &g, &e), 0);
		if (g.encrypts)
			gpg_close(&g);
	} while (g.home == NULL);
	assert_int_equal(gpg_prove(&g, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "expired on 20"));
	gpg_close(&g);

	assert_int_equal(gpg_open(home, signing, &g, &e), 0);
	assert_int_equal(gpg_prove(&g, &e), -1);
	assert_non_null(strstr(e.text, "for signing only"));
	gpg_close(&g);
}

static void driver_in(const struct world *w, struct driver *g, const struct driver_table *table,
		      const char *url)
{
	g->table = table;
	g->url = mem_dup(url);
	g->state = at(w, table->name);
	g->temp = mem_dup(w->dir);
}

/* What each engine must do, on a target in a folder. */
static void trial(struct world *w, struct driver *g)
{
	CLEANUP(mem_freep) char *source = at(w, "source"), *all = at(w, "all"), *one = at(w, "one");
	CLEANUP(mem_freep) char *part = at(w, "part"), *none = at(w, "none");
	CLEANUP(strlist_free) struct strlist exclude = {0};
	struct driver_points p;
	struct error e = {0};

	strlist_add(&exclude, "vault/not[1]");
	put(w, "source/vault/a\nb", "first");
	put(w, "source/vault/not[1]/x", "never stored");
	put(w, "source/vault/not1", "stored");
	put(w, "source/manifest", "one");
	assert_int_equal(g->table->open(g, &e), 0);
	assert_int_equal(g->table->list(g, &p, &e), 0);
	assert_int_equal(p.count, 0);
	assert_int_equal(g->table->clean(g, &e), 0);
	assert_int_equal(g->table->backup(g, source, &exclude, &e), 0);
	assert_int_equal(g->table->list(g, &p, &e), 0);
	assert_int_equal(p.count, 1);
	assert_true(p.item[0].full);
	assert_int_equal(g->table->restore(g, &p.item[0], NULL, all, &e), 0);
	same(w, "all/vault/a\nb", "first");
	same(w, "all/vault/not1", "stored");
	same(w, "all/manifest", "one");
	CLEANUP(mem_freep) char *excluded = at(w, "all/vault/not[1]");
	assert_false(file_exists(excluded));
	assert_int_equal(g->table->restore(g, &p.item[0], "vault/a\nb", one, &e), 0);
	same(w, "one", "first");
	assert_int_equal(g->table->restore(g, &p.item[0], "vault", part, &e), 0);
	same(w, "part/not1", "stored");
	assert_int_equal(g->table->restore(g, &p.item[0], "vault2", none, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
	assert_int_equal(g->table->forget(g, &e), 0);
	driver_points_free(&p);
	assert_int_equal(file_remove_tree(all, &e), 0);
	assert_int_equal(file_remove_tree(part, &e), 0);
	unlink(one);
}

/* Stored a year ahead, then now: the second is the last all the same, and both restore. */
static void test_clock_behind(struct world *w, struct driver *g)
{
	CLEANUP(mem_freep) char *source = at(w, "source"), *one = at(w, "one"), *manifest = at(w, "source/manifest");
	struct strlist none = {0};
	struct driver_points p;
	struct error e = {0};

	g->clock = time(NULL) + 365 * 86400;
	put(w, "source/manifest", "of the future");
	assert_int_equal(g->table->backup(g, source, &none, &e), 0);
	g->clock++;
	put(w, "source/manifest", "of now");
	/* duplicity takes a file of the same second for the same */
	assert_int_equal(utimensat(AT_FDCWD, manifest, (struct timespec[]){{1, 0}, {1, 0}}, 0), 0);
	assert_int_equal(g->table->backup(g, source, &none, &e), 0);
	assert_int_equal(g->table->list(g, &p, &e), 0);
	assert_int_equal(p.item[p.count - 1].when, g->clock);
	assert_int_equal(g->table->restore(g, &p.item[p.count - 1], "manifest", one, &e), 0);
	same(w, "one", "of now");
	unlink(one);
	assert_int_equal(g->table->restore(g, &p.item[p.count - 2], "manifest", one, &e), 0);
	same(w, "one", "of the future");
	unlink(one);
	assert_int_equal(g->table->clean(g, &e), 0);
	assert_false(g->cleaned);
	driver_points_free(&p);
	g->clock = 0;
}

static void test_duplicity(void **state)
{
	struct world *w = *state;
	CLEANUP(mem_freep) char *home = at(w, "keyring"), *url = mem_format("file://%s/target", w->dir);
	CLEANUP(driver_free) struct driver g = {0};
	struct gpg key;
	struct error e = {0};

	driver_in(w, &g, &duplicity_driver, url);
	assert_int_equal(gpg_open(home, w->key, &key, &e), 0);
	g.keyring = mem_dup(key.home);
	g.key = mem_dup(key.fingerprint);
	trial(w, &g);
	test_clock_behind(w, &g);
	gpg_close(&key);
}

/* Each is numbered and bears its appliance; those of another are not forgotten. */
static void test_own(struct world *w, struct driver *g)
{
	static const char *const ids[] = {"00000000000000aa", "00000000000000bb"};
	CLEANUP(mem_freep) char *source = at(w, "source");
	struct strlist none = {0};
	struct driver_points p;
	struct error e = {0};
	size_t found[2] = {0};

	for (int i = 1; i <= 8; i++) { /* two of the one, then six of the other */
		g->appliance = mem_dup(ids[i > 2]);
		g->sequence = i;
		assert_int_equal(g->table->backup(g, source, &none, &e), 0);
		free(g->appliance);
	}
	g->appliance = mem_dup(ids[1]);
	assert_int_equal(g->table->forget(g, &e), 0); /* --keep-last 3 */
	assert_int_equal(g->table->list(g, &p, &e), 0);
	assert_string_equal(p.item[p.count - 1].appliance, ids[1]);
	assert_int_equal(p.item[p.count - 1].sequence, 8);
	for (size_t i = 0; i < p.count; i++)
		for (int k = 0; k < 2; k++)
			found[k] += p.item[i].appliance && strcmp(p.item[i].appliance, ids[k]) == 0;
	assert_int_equal(found[0], 2);
	assert_int_equal(found[1], 3);
	driver_points_free(&p);
}

static void test_restic(void **state)
{
	struct world *w = *state;
	CLEANUP(mem_freep) char *url = at(w, "repository");
	CLEANUP(driver_free) struct driver g = {0};
	struct driver_points p;
	struct error e = {0};

	driver_in(w, &g, &restic_driver, url);
	g.secret = mem_dup("two lines\nof password");
	assert_int_equal(driver_set_options(&g, "--keep-last 3", &e), 0);
	assert_int_equal(g.table->list(&g, &p, &e), 0); /* a folder that is not there: none, for certain */
	assert_int_equal(p.count, 0);
	assert_true(g.absent);
	g.absent = false;
	trial(w, &g);
	test_own(w, &g);
	free(g.secret);
	g.secret = mem_dup("another");
	assert_int_equal(g.table->list(&g, &p, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
}

/* A lock is known by the run that took it: another machine may have this one's name. */
static void test_own_runs(void **state)
{
	struct world *w = *state;
	struct driver g = {.state = w->dir};
	CLEANUP(mem_freep) char *host = resticown_host();
	time_t now = clock_now();

	assert_non_null(host);
	assert_false(resticown_has(&g, host, 4711, now));
	for (int i = 0; i < 250; i++)
		resticown_note(&g, 4000 + i);
	resticown_note(&g, 4711);
	assert_true(resticown_has(&g, host, 4711, now));
	assert_true(resticown_has(&g, host, 4249, now));
	assert_false(resticown_has(&g, host, 4000, now)); /* too long ago to be remembered */
	assert_false(resticown_has(&g, "another", 4711, now));
	assert_false(resticown_has(&g, host, 4711, now - 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_own_runs),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_gpg),
		cmocka_unit_test(test_unfit_keys),
		cmocka_unit_test(test_duplicity),
		cmocka_unit_test(test_restic),
	};

	return cmocka_run_group_tests_name("engine", tests, set_up, tear_down);
}

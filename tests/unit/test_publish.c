/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "env/find.h"
#include "env/publish.h"
#include "sys/file.h"

#define HEAD "#cloud-config\n"
#define FIRST HEAD "ecs: {database: one}\n"
#define SECOND HEAD "ecs: {database: two}\n"
#define BROKEN HEAD "ecs: [\n"

static char root[32];

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/publish.XXXXXX");
	assert_non_null(mkdtemp(root));
	unsetenv("ENV_YML");
	unsetenv("ECS_METADATA_URL");
	log_init("test", LOG_QUIET);
	return 0;
}

static int tear_down(void **state)
{
	struct error e;

	(void)state;
	return file_remove_tree(root, &e);
}

static void put(const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	struct error e = {0};

	if (file_mkdirs(dir, 0755, &e) != 0 || file_write(path, text, strlen(text), 0644, &e) != 0)
		fail_msg("%s", e.text);
}

/* The file holds TEXT and is nobody else's business; NULL: it is missing. */
static void holds(const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	CLEANUP(str_free) struct str got = {0};
	struct error e = {0};
	struct stat st;

	assert_int_equal(file_exists(path), text != NULL);
	if (text == NULL)
		return;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, ENV_MAX, &got, &e), 0);
	assert_string_equal(str_get(&got), text);
}

/* As ecs-start does, where all is healthy. */
static int choose_and_publish(struct env_choice *choice, struct error *e)
{
	if (env_choose(root, choice, e) != 0 || env_publish(root, choice, e) != 0)
		return -1;
	return env_record_good(root, choice, e);
}

static void activate(const char *source, const char *fault)
{
	CLEANUP(env_choice_free) struct env_choice choice;
	struct error e = {0};

	if (choose_and_publish(&choice, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(choice.source, source);
	assert_int_equal(choice.fault != NULL, fault != NULL);
	if (fault && strstr(choice.fault, fault) == NULL)
		fail_msg("fault: %s", choice.fault);
}

static void refuse(int code)
{
	CLEANUP(env_choice_free) struct env_choice choice;
	struct error e = {0};

	assert_int_equal(choose_and_publish(&choice, &e), -1);
	assert_int_equal(e.code, code);
}

static void what_is_good_becomes_active(void **state)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	struct error e = {0};

	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	holds(NAME_RUN_ENV_YML, FIRST);
	holds(NAME_RUN_ENV, "ECS_DATABASE=one\n");
	holds(NAME_ENV_GOOD, FIRST);
	assert_int_equal(env_active(root, &env, &e), 0);
	assert_string_equal(env_text(env, "ecs.database"), "one");
	put(NAME_APP_ENV, SECOND);
	activate("app", NULL);
	holds(NAME_RUN_ENV_YML, SECOND);
	holds(NAME_RUN_ENV, "ECS_DATABASE=two\n");
	holds(NAME_ENV_GOOD, SECOND);
}

static void what_is_published_is_not_good_yet(void **state)
{
	CLEANUP(env_choice_free) struct env_choice choice;
	struct error e = {0};

	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	put(NAME_APP_ENV, SECOND);
	assert_int_equal(env_choose(root, &choice, &e), 0);
	assert_int_equal(env_publish(root, &choice, &e), 0);
	holds(NAME_RUN_ENV_YML, SECOND);
	holds(NAME_ENV_GOOD, FIRST);
	assert_int_equal(env_record_good(root, &choice, &e), 0);
	holds(NAME_ENV_GOOD, SECOND);
}

static void standby_is_not_good(void **state)
{
	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	put(NAME_APP_ENV, HEAD "appliance: {standby: yes}\n");
	activate("app", NULL);
	holds(NAME_ENV_GOOD, FIRST);
}

static void what_nginx_would_refuse_is_not_taken(void **state)
{
	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	put(NAME_APP_ENV, HEAD "appliance: {ssl: {client_ca: rubbish}}\n");
	activate("good", "/app/env.yml:2:30: 'appliance.ssl.client_ca': certificate 1: ");
	holds(NAME_RUN_ENV_YML, FIRST);
}

static ino_t inode_of(const char *name)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void what_is_broken_does_not(void **state)
{
	ino_t good;

	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	good = inode_of(NAME_ENV_GOOD);
	put(NAME_APP_ENV, BROKEN);
	activate("good", "/app/env.yml:3:1: ");
	assert_int_equal(inode_of(NAME_ENV_GOOD), good); /* not written again */
	holds(NAME_RUN_ENV_YML, FIRST);
	holds(NAME_ENV_GOOD, FIRST);
	put(NAME_APP_ENV, "no cloud-config\n");
	activate("good", "/app/env.yml:1:1: ");
	holds(NAME_ENV_GOOD, FIRST);
}

static void what_is_gone_is_replaced_by_the_last_good_one(void **state)
{
	CLEANUP(mem_freep) char *app = path_root(root, NAME_APP_ENV);
	CLEANUP(mem_freep) char *run = path_root(root, NAME_RUN_DIR);
	struct error e = {0};

	(void)state;
	put(NAME_APP_ENV, FIRST);
	activate("app", NULL);
	assert_int_equal(file_remove(app, &e), 0);
	assert_int_equal(file_remove_tree(run, &e), 0); /* a boot */
	activate("good", "no env.yml was found");
	holds(NAME_RUN_ENV_YML, FIRST);
	holds(NAME_RUN_ENV, "ECS_DATABASE=one\n");
}

static void without_a_good_one_nothing_begins(void **state)
{
	(void)state;
	refuse(EX_NOINPUT);
	put(NAME_APP_ENV, BROKEN);
	refuse(EX_CONFIG);
	put(NAME_ENV_GOOD, BROKEN);
	refuse(EX_CONFIG);
	holds(NAME_RUN_ENV_YML, NULL);
	holds(NAME_RUN_ENV, NULL);
}

static void choosing_changes_nothing(void **state)
{
	CLEANUP(env_choice_free) struct env_choice choice;
	CLEANUP(mem_freep) char *run = path_root(root, "/run");
	CLEANUP(mem_freep) char *var = path_root(root, "/var");
	struct error e = {0};

	(void)state;
	put(NAME_APP_ENV, FIRST);
	assert_int_equal(env_choose(root, &choice, &e), 0);
	assert_false(file_exists(run));
	assert_false(file_exists(var));
}

static void without_an_active_one_it_is_said(void **state)
{
	struct env *env = NULL;
	struct error e = {0};

	(void)state;
	assert_int_equal(env_active(root, &env, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "ecs-start"));
	put(NAME_RUN_ENV_YML, BROKEN);
	assert_int_equal(env_active(root, &env, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_null(env);
}

static void a_multipart_is_published_unpacked(void **state)
{
	(void)state;
	put(NAME_CLOUD_INIT,
	    "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\necs: {database: one}\n");
	activate("cloud-init", NULL);
	holds(NAME_RUN_ENV_YML, FIRST);
}

static void sources_are_tried_in_their_order(void **state)
{
	static const char *const order[] = {"file", "app",     "cidata",       "config-2",  "ec2",
					    "gce",  "hetzner", "digitalocean", "cloud-init"};
	CLEANUP(metadata_free) struct metadata m = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(find_userdata(root, &m, &e), -1);
	assert_int_equal(m.tried.count, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_true(str_begins(m.tried.item[i], order[i]));
		assert_int_equal(m.tried.item[i][strlen(order[i])], ':');
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_good_becomes_active),
		TEST(what_is_published_is_not_good_yet),
		TEST(what_nginx_would_refuse_is_not_taken),
		TEST(standby_is_not_good),
		TEST(what_is_broken_does_not),
		TEST(what_is_gone_is_replaced_by_the_last_good_one),
		TEST(without_a_good_one_nothing_begins),
		TEST(choosing_changes_nothing),
		TEST(without_an_active_one_it_is_said),
		TEST(a_multipart_is_published_unpacked),
		TEST(sources_are_tried_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "env/derive.h"
#include "env/env.h"

static struct env *load(const char *text)
{
	struct error e = {0};
	struct env *env;

	if (env_parse("t", text, strlen(text), &env, &e) != 0)
		fail_msg("%s", e.text);
	return env;
}

/* TEXT with CHANGES, as the environment that comes out. */
static struct env *derive(const char *text, const struct env_change *changes)
{
	CLEANUP(env_deletep) struct env *env = load(text);
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};

	if (env_derive(env, changes, &out, &e) != 0)
		fail_msg("%s", e.text);
	return load(out.data);
}

#define HEAD "#cloud-config\n"

static void assert_same(const struct env *a, const struct env *b)
{
	CLEANUP(strlist_free) struct strlist one = {0}, two = {0};

	env_variables(a, &one);
	env_variables(b, &two);
	assert_int_equal(one.count, two.count);
	for (size_t i = 0; i < one.count; i++)
		assert_string_equal(one.item[i], two.item[i]);
}

static void without_changes_all_variables_are_the_same(void **state)
{
	static const struct env_change none[] = {{NULL, NULL}};
	static const char text[] = HEAD
		"users: [root]\n"
		"appliance:\n"
		"  domain: \"ecs.example.org\"\n"
		"  standby: Yes\n"
		"  ssl: {key: ~, cert: \"-----\\nBEGIN\\t\\\"x\\\" \\\\ ä €\\n\", client_certs_mandatory: 'on'}\n"
		"  extra:\n"
		"    files: [{path: &p /a, contents: \"one\\ntwo\"}, {path: *p}]\n"
		"    packages: [p, 010, ~]\n"
		"  storage: {ignore: {}}\n"
		"ecs: {settings: 'a: 1 # no comment'}\n";
	CLEANUP(env_deletep) struct env *was = load(text), *is = derive(text, none);

	(void)state;
	assert_same(was, is);
	assert_null(strstr(env_source(is)->data, "users"));
}

static void keys_are_set_left_out_and_added(void **state)
{
	static const struct env_change changes[] = {
		{"appliance.ports.http", "127.0.0.1:8080"},
		{"appliance.domain", "other.example.org"},
		{"appliance.backup", NULL},
		{"ecs.recover.from_backup", NULL},
		{"ecs.userswitcher.enabled", "true"},
		{"ecs.secret_key", NULL},
		{NULL, NULL},
	};
	CLEANUP(env_deletep) struct env *is = derive(HEAD
		"appliance:\n"
		"  domain: ecs.example.org\n"
		"  ports: {https: 444}\n"
		"  backup: {url: file:///x, encrypt: secret}\n"
		"ecs: {secret_key: secret, recover: {from_backup: true, from_dump: true}}\n", changes);
	CLEANUP(env_deletep) struct env *want = load(HEAD
		"appliance: {domain: other.example.org, ports: {http: '127.0.0.1:8080', https: 444}}\n"
		"ecs: {userswitcher: {enabled: true}, recover: {from_dump: true}}\n");

	(void)state;
	assert_same(want, is);
	assert_null(strstr(env_source(is)->data, "secret"));
}

static void what_is_no_map_gives_way_to_one(void **state)
{
	static const struct env_change changes[] = {{"appliance.ports.http", "8080"}, {NULL, NULL}};
	CLEANUP(env_deletep) struct env *is = derive(HEAD "appliance: {ports: ~}\n", changes);
	CLEANUP(env_deletep) struct env *bare = derive(HEAD, changes);

	(void)state;
	assert_string_equal(env_text(is, "appliance.ports.http"), "8080");
	assert_string_equal(env_text(bare, "appliance.ports.http"), "8080");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_changes_all_variables_are_the_same),
		cmocka_unit_test(keys_are_set_left_out_and_added),
		cmocka_unit_test(what_is_no_map_gives_way_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "env/env.h"
#include "env/flatten.h"
#include "env/schema.h"

static struct env *load(const char *text)
{
	struct error e = {0};
	struct env *env;

	if (env_parse("t", text, strlen(text), &env, &e) != 0)
		fail_msg("%s", e.text);
	return env;
}

#define HEAD "#cloud-config\n"

static void values_are_got_by_their_names(void **state)
{
	CLEANUP(env_deletep) struct env *env = load(
		HEAD
		"appliance:\n  domain: ' ecs.example.org '\n  standby: 'Yes'\n"
		"  allowed_hosts: a.example, b\n"
		"  extra: {files: [{path: /a, owner: root}, {path: /b}], packages: [p, 1]}\n"
		"  ssl: {key: ~, cert: '', client_certs_mandatory: on}\n");
	CLEANUP(strlist_free) struct strlist hosts = {0}, owners = {0}, packages = {0};

	(void)state;
	assert_string_equal(env_text(env, "appliance.domain"), "ecs.example.org");
	assert_true(env_bool(env, "appliance.standby"));
	assert_true(env_bool(env, "appliance.ssl.client_certs_mandatory"));
	assert_string_equal(env_text(env, "appliance.ssl.client_certs_mandatory"), "true");
	env_list(env, "appliance.allowed_hosts", &hosts);
	assert_int_equal(hosts.count, 2);
	assert_string_equal(hosts.item[0], "a.example");
	assert_string_equal(hosts.item[1], "b");
	env_list(env, "appliance.extra.files[].owner", &owners);
	assert_int_equal(owners.count, 2);
	assert_string_equal(owners.item[0], "root");
	assert_string_equal(owners.item[1], "");
	env_list(env, "appliance.extra.packages", &packages);
	assert_int_equal(packages.count, 2);
	assert_string_equal(packages.item[1], "1");
	assert_true(env_given(env, "appliance.extra.packages"));
	assert_false(env_given(env, "appliance.ssl.key"));
	assert_false(env_given(env, "appliance.ssl.cert"));
	assert_false(env_given(env, "ecs.settings"));
}

static void what_is_missing_has_its_default(void **state)
{
	static const char *const texts[] = {
		HEAD,
		HEAD "appliance:\necs:\n",
		HEAD "appliance: {ssl: , domain: , allowed_hosts: , standby: '', backup: {idle: ''}}\n",
		"#cloud-config",
		"#cloud-config \r\nruncmd: [x]\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP(env_deletep) struct env *env = load(texts[i]);
		CLEANUP(strlist_free) struct strlist hosts = {0};

		assert_string_equal(env_text(env, "appliance.domain"), "localhost");
		assert_string_equal(env_text(env, "appliance.ports.https"), "443");
		assert_true(env_bool(env, "appliance.ssl.letsencrypt.enabled"));
		assert_false(env_bool(env, "appliance.standby"));
		assert_int_equal(env_seconds(env, "appliance.backup.idle"), 1800);
		env_list(env, "appliance.allowed_hosts", &hosts);
		assert_int_equal(hosts.count, 0);
	}
}

static void recovery_may_stand_at_three_places(void **state)
{
	static const char *const texts[] = {
		HEAD "ecs: {recover: {from_dump: true, dump_filename: /x}}\n",
		HEAD "appliance: {recover: {from_dump: true, dump_filename: /x}}\n",
		HEAD "ecs:\nrecover: {from_dump: true, dump_filename: /x}\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(env_deletep) struct env *env = load(texts[i]);

		assert_true(env_bool(env, "ecs.recover.from_dump"));
		assert_true(env_bool(env, "recover.from_dump"));
		assert_string_equal(env_text(env, "ecs.recover.dump_filename"), "/x");
		assert_int_equal(env_warnings(env)->count, 0);
	}
}

static void cloud_inits_own_trees_are_left_alone(void **state)
{
	CLEANUP(env_deletep) struct env *env = load(
		HEAD
		"ecs: {database: d}\n"
		"write_files:\n  - &f {path: /x, path: /y, content: !!binary aGk=, 1: \"\\0\"}\n"
		"  - {<<: *f, some-key: [~]}\n");

	(void)state;
	assert_int_equal(env_warnings(env)->count, 0);
	assert_int_equal(env_flat(env)->count, 1);
}

/* The environment of a program takes 128 KiB of one variable: MAX_ARG_STRLEN. */
static void no_value_is_longer_than_a_program_can_get(void **state)
{
	enum { MOST = FLAT_VALUE_MAX - sizeof "ECS_SETTINGS=" + 1 };
	CLEANUP(str_free) struct str text = {0};
	struct env *env = NULL;
	struct error e = {0};

	(void)state;
	str_add(&text, HEAD "ecs:\n  settings: ");
	for (int i = 0; i < MOST; i++)
		str_addc(&text, 'x');
	assert_int_equal(env_parse("t", text.data, text.len, &env, &e), 0);
	env_deletep(&env);
	str_addc(&text, 'x');
	assert_int_equal(env_parse("t", text.data, text.len, &env, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "t:3:13: the value has 128 KiB: a program can get at most 127 KiB in the variable 'ECS_SETTINGS'");
}

static void aliases_are_written_out(void **state)
{
	CLEANUP(env_deletep) struct env *env = load(
		HEAD "x: &d sub.example.org\nappliance: {domain: *d, allowed_hosts: [*d, *d]}\n");
	CLEANUP(strlist_free) struct strlist hosts = {0};

	(void)state;
	assert_string_equal(env_text(env, "appliance.domain"), "sub.example.org");
	env_list(env, "appliance.allowed_hosts", &hosts);
	assert_int_equal(hosts.count, 2);
	assert_string_equal(env_flat(env)->variable[1].name, "APPLIANCE_ALLOWED_HOSTS_1");
	assert_string_equal(env_flat(env)->variable[1].value, "sub.example.org");
}

static void warns(const char *text, const char *warning)
{
	CLEANUP(env_deletep) struct env *env = load(text);
	const struct strlist *w = env_warnings(env);

	assert_int_equal(w->count, warning ? 1 : 0);
	if (warning)
		assert_string_equal(w->item[0], warning);
}

static void odd_things_are_warned_about(void **state)
{
	(void)state;
	warns(HEAD "ecs: {setings: x}\n",
	      "t:2:7: the key 'ecs.setings' is unknown: did you mean 'ecs.settings'?");
	warns(HEAD "appliance: {doamin: x}\n",
	      "t:2:13: the key 'appliance.doamin' is unknown: did you mean 'appliance.domain'?");
	warns(HEAD "appliance: {settings: x}\n",
	      "t:2:13: the key 'appliance.settings' is unknown: did you mean 'ecs.settings'?");
	warns(HEAD "appliance: {sssl: {key: x}}\n",
	      "t:2:13: the key 'appliance.sssl' is unknown: did you mean 'appliance.ssl'?");
	warns(HEAD "ecs:\n  quite_another: {x: [1, ~]}\n",
	      "t:3:3: the key 'ecs.quite_another' is unknown");
	warns(HEAD "ecs:\naplliance: {}\n",
	      "t:3:1: the key 'aplliance' is unknown: did you mean 'appliance'?");
	/* a key of the older appliance that nothing here will ever apply */
	warns(HEAD "appliance: {storage: {setup: x}}\n",
	      "t:2:30: 'appliance.storage.setup' has no effect yet");
	warns(HEAD "appliance: {storage: {setup: }}\n", NULL);
	warns(HEAD "runcmd: [x]\n", "t:1:1: the file has neither 'appliance' nor 'ecs'");
	warns(HEAD "ecs:\nruncmd: [x]\nusers: []\napt: {}\n", NULL);
}

static void warnings_end_somewhere(void **state)
{
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	str_add(&text, HEAD "ecs:\n");
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "  unknown%d: x\n", i);
	CLEANUP(env_deletep) struct env *env = load(text.data);

	assert_int_equal(env_warnings(env)->count, 100);
}

static void a_variable_leads_back_to_its_key(void **state)
{
	bool len;

	(void)state;
	assert_string_equal(schema_of_variable("APPLIANCE_SSL_KEY", &len)->name,
			    "appliance.ssl.key");
	assert_string_equal(schema_of_variable("APPLIANCE_EXTRA_FILES_12_CONTENTS", &len)->name,
			    "appliance.extra.files[].contents");
	assert_false(len);
	assert_string_equal(schema_of_variable("APPLIANCE_EXTRA_PACKAGES_0", &len)->name,
			    "appliance.extra.packages");
	assert_non_null(schema_of_variable("APPLIANCE_EXTRA_FILES_LEN", &len));
	assert_true(len);
	assert_null(schema_of_variable("APPLIANCE_SSL_KEYS", &len));
	assert_null(schema_of_variable("APPLIANCE_SSL", &len));
	assert_null(schema_of_variable("ECS_DATABASE_NAME", &len));
}

static void values_fit_their_types(void **state)
{
	static const struct {
		enum schema_type type;
		const char *text;
		bool ok;
	} cases[] = {
		{SCHEMA_BOOL, "On", true},
		{SCHEMA_BOOL, "maybe", false},
		{SCHEMA_PORT, "80", true},
		{SCHEMA_PORT, "127.0.0.1:8080", true},
		{SCHEMA_PORT, "0", false},
		{SCHEMA_PORT, "65536", false},
		{SCHEMA_PORT, "localhost:80", false},
		{SCHEMA_PORT, "127.0.0.1:", false},
		{SCHEMA_PORT, "[::]:80", true},
		{SCHEMA_PORT, "[fd00::1]:443", true},
		{SCHEMA_PORT, "::1:80", false},
		{SCHEMA_PORT, "[127.0.0.1]:80", false},
		{SCHEMA_PORT, "[]:80", false},
		{SCHEMA_MEGABYTES, "200", true},
		{SCHEMA_MEGABYTES, "200m", false},
		{SCHEMA_MEGABYTES, "0", false},
		{SCHEMA_SECONDS, "1800", true},
		{SCHEMA_SECONDS, "0", false},
		{SCHEMA_SECONDS, "1000001", false},
		{SCHEMA_SECONDS, "30m", false},
		{SCHEMA_DOMAIN, "ecs.example", true},
		{SCHEMA_DOMAIN, "-x.example", false},
		{SCHEMA_DOMAIN, "a b", false},
		{SCHEMA_DOMAIN, "a;b", false},
		{SCHEMA_HOSTS, "*", true},
		{SCHEMA_HOSTS, ".example.org", true},
		{SCHEMA_HOSTS, "a'b", false},
		{SCHEMA_NAME, "ecs-test_1", true},
		{SCHEMA_NAME, "a.b", false},
		{SCHEMA_PATHS, "/intern/", true},
		{SCHEMA_PATHS, "intern", false},
		{SCHEMA_PATHS, "/a;b", false},
		{SCHEMA_WORD, "--upload-pack=x", false},
		{SCHEMA_WORD, "stable", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (schema_value_ok(cases[i].type, cases[i].text) != cases[i].ok)
			fail_msg("'%s'", cases[i].text);
}

static void more_than_1_mib_is_refused(void **state)
{
	char *text = mem_alloc(ENV_MAX + 2);
	struct error e = {0};
	struct env *env;

	(void)state;
	memset(text, '#', ENV_MAX + 1);
	memcpy(text, HEAD, strlen(HEAD));
	assert_int_equal(env_parse("t", text, ENV_MAX + 1, &env, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "t:1:1: more than 1 MiB");
	assert_int_equal(env_parse("t", text, ENV_MAX, &env, &e), 0);
	env_delete(env);
	free(text);
}

static void base_64_both_ways(void **state)
{
	static const char *const bad[] = {"a", "aG", "aGk", "aGk=x", "a===", "aG!k", "=", "aGk=="};

	(void)state;
	for (size_t n = 0; n < 10; n++) {
		CLEANUP(str_free) struct str text = {0}, back = {0};

		base64_encode("\0\xff"
			      "abcdefghij",
			      n, &text);
		assert_true(base64_decode(str_get(&text), text.len, &back));
		assert_int_equal(back.len, n);
		assert_memory_equal(str_get(&back),
				    "\0\xff"
				    "abcdefghij",
				    n);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CLEANUP(str_free) struct str back = {0};
		bool unpadded = i == 1 || i == 2;

		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &back), unpadded);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_got_by_their_names),
		cmocka_unit_test(what_is_missing_has_its_default),
		cmocka_unit_test(recovery_may_stand_at_three_places),
		cmocka_unit_test(cloud_inits_own_trees_are_left_alone),
		cmocka_unit_test(no_value_is_longer_than_a_program_can_get),
		cmocka_unit_test(aliases_are_written_out),
		cmocka_unit_test(odd_things_are_warned_about),
		cmocka_unit_test(warnings_end_somewhere),
		cmocka_unit_test(a_variable_leads_back_to_its_key),
		cmocka_unit_test(values_fit_their_types),
		cmocka_unit_test(more_than_1_mib_is_refused),
		cmocka_unit_test(base_64_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

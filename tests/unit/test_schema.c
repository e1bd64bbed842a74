/* SPDX-License-Identifier: MIT */
/*
 * The table of all keys, and the page that documents it: what stands between the two marks in ecs-
 * env.5 is written by `unit/test_schema --write man/ecs-env.5`, and compared here.
 */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "env/nearest.h"
#include "env/schema.h"
#include "sys/file.h"

static const char begin[] = ".\\\" keys: written by unit/test_schema --write\n";
static const char end[] = ".\\\" end of keys\n";

static void add_sentence(struct str *out, const char *text)
{
	size_t at = out->len;

	str_add(out, text);
	out->data[at] = (char)toupper((unsigned char)out->data[at]);
}

static void add_key(struct str *out, const struct schema_key *k)
{
	str_addf(out, ".It Cm %s\n", k->name);
	if (k->same) {
		str_addf(out, "Another place for\n.Cm %s .\n", k->same);
		return;
	}
	add_sentence(out, k->doc);
	str_add(out, ".\n");
	add_sentence(out, schema_type_name(k->type));
	if (*k->fallback)
		str_addf(out, "; default\n.Ql \"%s\" .\n", k->fallback);
	else
		str_add(out, ".\n");
	if (k->flags & SCHEMA_SECRET)
		str_add(out, "Secret.\n");
	if (k->flags & SCHEMA_PENDING)
		str_add(out, "It has no effect yet.\n");
}

/* The page PATH, with the part between the marks as it should be. */
static void expected(const char *page, struct str *out)
{
	const char *from = strstr(page, begin), *to = strstr(page, end);

	if (from == NULL || to == NULL || to < from)
		fail_msg("ecs-env.5 lacks the marks of its keys");
	str_addn(out, page, (size_t)(from - page) + strlen(begin));
	for (const struct schema_key *k = schema_keys(); k->name; k++)
		add_key(out, k);
	str_add(out, to);
}

static char *page_path(void)
{
	const char *tree = getenv("ECS_SOURCE_DIR");

	return mem_format("%s/man/ecs-env.5", tree ? tree : ".");
}

static void read_page(const char *path, struct str *page)
{
	struct error e = {0};

	if (file_read(path, 1 << 20, page, &e) != 0)
		fail_msg("%s", e.text);
}

static void the_page_names_every_key(void **state)
{
	CLEANUP(mem_freep) char *path = page_path();
	CLEANUP(str_free) struct str page = {0}, wanted = {0};

	(void)state;
	read_page(path, &page);
	expected(page.data, &wanted);
	if (strcmp(page.data, wanted.data) != 0)
		fail_msg("the keys in ecs-env.5 differ from the table: "
			 "run unit/test_schema --write man/ecs-env.5");
}

static void the_table_is_sound(void **state)
{
	(void)state;
	for (const struct schema_key *k = schema_keys(); k->name; k++) {
		assert_ptr_equal(schema_find(k->name), k); /* once, and no key is a map too */
		assert_true(schema_value_ok(k->type, k->fallback));
		assert_true(*k->doc);
		if (k->same) {
			assert_non_null(schema_find(k->same));
			assert_null(schema_find(k->same)->same);
			assert_int_equal(schema_find(k->same)->type, k->type);
		}
	}
}

static void places_are_told(void **state)
{
	const struct schema_key *key = NULL;

	(void)state;
	assert_int_equal(schema_place("appliance", &key), SCHEMA_MAP);
	assert_int_equal(schema_place("appliance.ssl", &key), SCHEMA_MAP);
	assert_int_equal(schema_place("appliance.ss", &key), SCHEMA_UNKNOWN);
	assert_int_equal(schema_place("appliance.extra.files", &key), SCHEMA_LIST);
	assert_int_equal(schema_place("appliance.extra.files[]", &key), SCHEMA_MAP);
	assert_int_equal(schema_place("appliance.ssl.key.x", &key), SCHEMA_UNKNOWN);
	assert_null(key);
	assert_int_equal(schema_place("appliance.ssl.key", &key), SCHEMA_KEY);
	assert_string_equal(key->name, "appliance.ssl.key");
}

static void near(const char *name, const char *wanted)
{
	CLEANUP(mem_freep) char *found = nearest_key(name);

	if (wanted == NULL)
		assert_null(found);
	else if (found == NULL || strcmp(found, wanted) != 0)
		fail_msg("'%s' is nearest to '%s', not to '%s'", name, found ? found : "nothing",
			 wanted);
}

static void the_nearest_name_is_found(void **state)
{
	(void)state;
	near("appliance.domian", "appliance.domain");
	near("appliance.domains", "appliance.domain");
	near("appliance.allowed_host", "appliance.allowed_hosts");
	near("appliance.ssl.keys", "appliance.ssl.key");
	near("appliance.ssl.client_cert_mandatory", "appliance.ssl.client_certs_mandatory");
	near("appliance.extras", "appliance.extra");
	near("appliance.extra.file", "appliance.extra.files");
	near("appliance.extra.files[].content", "appliance.extra.files[].contents");
	near("ecs.dump_filename", "ecs.recover.dump_filename");
	near("aplliance", "appliance");
	near("ecss", "ecs");
	near("runcmd", NULL);
	near("ecs.completely_different", NULL);
}

static int write_page(const char *path)
{
	CLEANUP(str_free) struct str page = {0}, wanted = {0};
	struct error e = {0};

	if (file_read(path, 1 << 20, &page, &e) != 0 || strstr(page.data, begin) == NULL) {
		fprintf(stderr, "%s: %s\n", path, e.code ? e.text : "no marks of keys");
		return EXIT_FAILURE;
	}
	expected(page.data, &wanted);
	if (file_write(path, wanted.data, wanted.len, 0644, &e) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s\n", e.text);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_names_every_key),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(places_are_told),
		cmocka_unit_test(the_nearest_name_is_found),
	};

	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_page(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

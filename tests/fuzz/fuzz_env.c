/* SPDX-License-Identifier: MIT */
/*
 * What a stranger's user-data can do to us: any bytes are refused with a place, or read; never more.
 * make fuzz [FUZZ_SECONDS=60] starts from the corpus in tests/data/env.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "env/env.h"
#include "env/flatten.h"
#include "env/schema.h"
#include "env/userdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what)
{
	if (!what)
		abort();
}

/* A refusal has its code and its place, and is one line. */
static void check_fault(const struct error *e)
{
	must(e->code == EX_DATAERR);
	must(str_begins(e->text, "t:"));
	must(strchr(e->text, '\n') == NULL);
}

/* What was accepted can be asked for and printed. */
static void use(const struct env *env)
{
	CLEANUP(str_free) struct str out = {0};
	const struct flat *flat = env_flat(env);

	for (size_t i = 0; i < flat->count; i++) {
		must(i == 0 || strcmp(flat->variable[i - 1].name, flat->variable[i].name) < 0);
		flat_print(&flat->variable[i], &out);
	}
	for (const struct schema_key *k = schema_keys(); k->name; k++) {
		CLEANUP(strlist_free) struct strlist list = {0};

		env_list(env, k->name, &list);
		if (strstr(k->name, "[]") == NULL)
			must(schema_value_ok(SCHEMA_TEXT, env_text(env, k->name)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(env_deletep) struct env *env = NULL;
	struct error e = {0};

	str_addn(&text, (const char *)data, size);
	if (userdata_unpack("t", &text, &e) != 0)
		check_fault(&e);
	else if (env_parse("t", str_get(&text), text.len, &env, &e) != 0)
		check_fault(&e);
	else
		use(env);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/rollback.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "env/publish.h"
#include "command/update/migrationfiles.h"
#include "command/update/target.h"
#include "command/update/update.h"
#include "wrap/json.h"

static const struct table table[] = {
	{.record = "migration", .column = {{"CHANGE", TABLE_TEXT}, {"MIGRATION", TABLE_TEXT}}},
	{.record = NULL},
};

static void print_lines(const struct migrationfiles *m)
{
	CLEANUP(str_free) struct str records = {0};

	for (size_t i = 0; i < m->count; i++) {
		CLEANUP(mem_freep) char *path = migrationfiles_path_text(m->item[i].path, false);

		str_addf(&records, "migration\t%c\t%s\n", m->item[i].status, path);
	}
	table_print(table, &records);
}

static void print_json(const struct target *t, const struct migrationfiles *m)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();
	struct json *list = jv_array();

	jv_set_text(j, "from", t->from);
	jv_set_text(j, "to", t->to);
	jv_set_bool(j, "differ", strcmp(t->from, t->to) != 0);
	for (size_t i = 0; i < m->count; i++) {
		CLEANUP(mem_freep) char *path = migrationfiles_path_text(m->item[i].path, true);
		struct json *one = jv_object();
		const char status[] = {m->item[i].status, '\0'};

		jv_set_text(one, "status", status);
		jv_set_text(one, "path", path);
		jv_add(list, one);
	}
	jv_set(j, "migrations", list);
	table_json(j);
}

/* Needs only the checkout. If the environment is missing or unusable, it cannot name the target. */
static int check(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(target_free) struct target t = {0};
	CLEANUP(migrationfiles_free) struct migrationfiles m = {0};
	const struct target_asked asked = {.from = tool_value(call, "from"), .to = tool_value(call, "to")};
	struct error no_env = {0};

	if (env_active(call->root, &env, &no_env) != 0)
		log_detail("%s", no_env.text);
	if (target_find(call->root, env, &asked, &t, e) != 0 ||
	    migrationfiles_compare(t.dir, t.from, t.to, &m, e) != 0)
		return -1;
	if (call->json)
		print_json(&t, &m);
	else
		print_lines(&m);
	if (strcmp(t.from, t.to) == 0) {
		log_say("'%.12s' is up to date", t.from);
		return EXIT_FAILED;
	}
	log_say("'%.12s' can be updated to '%.12s': %zu migration file%s", t.from, t.to, m.count,
		m.count == 1 ? "" : "s");
	return 0;
}

/* Back to the previous version, together with its database if there was a migration in between. */
static int roll_back(struct tool_call *call, struct error *e)
{
	CLEANUP(update_free) struct update u = {0};
	bool migrated;

	if (update_prepare_rollback(call->root, &u, &migrated, e) != 0)
		return -1;
	return migrated ? rollback_revert(call, e) : update_run(&u, call->dry_run, e);
}

static int update(struct tool_call *call, struct error *e)
{
	CLEANUP(update_free) struct update u = {0};

	u.c.asked.may_migrate = tool_value(call, "migrate") != NULL;
	if (rollback_limit(call, &u.c.asked.limit_s, e) != 0)
		return -1;
	if (update_prepare(call->root, tool_value(call, "to"), call->dry_run, &u, e) != 0)
		return -1;
	return update_run(&u, call->dry_run, e);
}

/* Options that do not go together. */
static int check_options(const struct tool_call *call, struct error *e)
{
	bool back = tool_value(call, "rollback") != NULL;

	if (tool_value(call, "from") && !call->mode)
		return tool_misuse(e, "option '--from' needs '--check'");
	if (call->json && !call->mode)
		return tool_misuse(e, "option '--json' needs '--check'");
	if (tool_value(call, "lose-writes") && !back)
		return tool_misuse(e, "option '--lose-writes' needs '--rollback'");
	if (back && (call->mode || tool_value(call, "to") || tool_value(call, "migrate") || tool_value(call, "limit")))
		return tool_misuse(e, "option '--rollback' can be combined with '--lose-writes' only");
	return 0;
}

static int run(struct tool_call *call, struct error *e)
{
	if (check_options(call, e) != 0)
		return -1;
	if (call->mode)
		return check(call, e);
	return tool_value(call, "rollback") ? roll_back(call, e) : update(call, e);
}

static const struct tool_option options[] = {
	{.name = "check", .help = "print the migration files that differ: exit 0 if there is an update, 1 if not",
	 .mode = true},
	{.name = "from", .arg = "REV", .help = "with --check: compare from here, not from what runs",
	 .values = TOOL_REVISIONS},
	{.name = "to", .arg = "REV", .help = "go to this revision", .values = TOOL_REVISIONS},
	{.name = "rollback", .help = "go back to the version that ran before"},
	{.name = "lose-writes", .help = "with --rollback across a migration: what was written since is lost"},
	{.name = "migrate", .help = "migrate even where ecs.migrate.auto is false"},
	{.name = "limit", .arg = "TIME", .help = "how long a migration may take (six hours)"},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_JSON | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-update", "update the application", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}

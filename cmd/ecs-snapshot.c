/* SPDX-License-Identifier: MIT */
/* Snapshots of the volumes; appliance/volume/snapshot.h has the rules. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/tool/duration.h"
#include "cmd/tool/human.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "command/snapshot/snapshot.h"
#include "appliance/volume/list.h"
#include "sys/clock.h"
#include "wrap/json.h"

static const struct tool_option volume_only[] = {
	{.name = "volume", .arg = "VOLUME", .help = "only this volume: ecs-files or ecs-database",
	 .values = TOOL_VOLUMES},
	{0},
};

static const struct tool_option create_options[] = {
	{.name = "volume", .arg = "VOLUME", .help = "only this volume: ecs-files or ecs-database",
	 .values = TOOL_VOLUMES},
	{.name = "rw", .help = "make it writable"},
	{.name = "expires", .arg = "TIME", .help = "remove it after this time: 7d, 12h, 30m"},
	{0},
};

static const struct tool_option mount_options[] = {
	{.name = "volume", .arg = "VOLUME", .help = "only this volume: ecs-files or ecs-database",
	 .values = TOOL_VOLUMES},
	{.name = "rw", .help = "mount it writable"},
	{0},
};

/* A wrong name or volume is misuse like a wrong option: the usage follows. */
static int as_misuse(struct error *e)
{
	struct error was = *e;

	return was.code == EX_USAGE ? tool_misuse(e, "%s", was.text) : -1;
}

static int open_it(struct tool_call *call, bool create, struct snapshot *s, struct error *e)
{
	if (snapshot_open(call->root, call->operand[0], tool_value(call, "volume"), create, s, e) == 0)
		return 0;
	return as_misuse(e);
}

static int run_create(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};
	const char *expires = tool_value(call, "expires");
	time_t when = 0;

	if (expires && duration_read_end(expires, &when, e) != 0)
		return -1;
	if (reserved_check_free(call->operand[0], "ecs-snapshot", e) != 0)
		return as_misuse(e);
	if (open_it(call, true, &s, e) != 0)
		return -1;
	s.writable = tool_value(call, "rw") != NULL;
	s.expires = when;
	return snapshot_create(&s, call->dry_run, e);
}

static int run_remove(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};

	if (reserved_check_ownerless(call->operand[0], e) != 0)
		return as_misuse(e);
	return open_it(call, false, &s, e) != 0 ? -1 : snapshot_remove(&s, call->dry_run, e);
}

static int run_revert(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};

	return open_it(call, false, &s, e) != 0 ? -1 : snapshot_revert(&s, call->dry_run, e);
}

static int run_expire(struct tool_call *call, struct error *e)
{
	if (snapshot_expire(call->root, call->operand[0], tool_value(call, "volume"), call->dry_run, e) == 0)
		return 0;
	return as_misuse(e);
}

static void print_places(const struct snapshot *s)
{
	for (size_t i = 0; i < s->volumes.count; i++) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, &s->volumes.item[i], s->name);

		printf("%s\t%s\n", s->volumes.item[i].name, place);
	}
}

static int run_mount(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};

	if (open_it(call, false, &s, e) != 0)
		return -1;
	if (!call->dry_run && snapshot_show(&s, tool_value(call, "rw") != NULL, e) != 0)
		return -1;
	print_places(&s);
	return 0;
}

static int run_unmount(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};

	if (open_it(call, false, &s, e) != 0)
		return -1;
	if (call->dry_run) {
		print_places(&s);
		return 0;
	}
	return snapshot_hide(&s, e);
}

/* --- list ------------------------------------------------------------------------------------------------ */

static const struct table table[] = {
	{.column = {{"VOLUME", TABLE_TEXT}, {"SNAPSHOT", TABLE_TEXT}, {"AGE", TABLE_TEXT}, {"ENDS", TABLE_SPAN}, {"DIVERGED", TABLE_BYTES},
		    {"LEFT", TABLE_BYTES}, {"MODE", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"MOUNTED", TABLE_TEXT}}},
	{.record = NULL},
};

static void add_number(struct str *out, long long n)
{
	if (n < 0)
		str_add(out, "\t-");
	else
		str_addf(out, "\t%lld", n);
}

static void add_record(const struct snapshot_entry *s, struct str *out)
{
	char ends[CLOCK_TEXT] = "-", age[HUMAN_MAX];

	if (s->expires)
		clock_text(s->expires, ends);
	str_addf(out, "%s\t%s\t%s\t%s", s->volume, s->name, human_span(s->age, age), ends);
	add_number(out, s->diverged);
	add_number(out, s->left);
	str_addf(out, "\t%s\t%s\t%s\n", s->writable ? "rw" : "ro", snapshot_word(s), s->mounted ? s->mounted : "-");
}

static void print_json(const struct snapshot_listing *l)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();

	jv_set(j, "volumes", snapshot_rooms_json(l));
	jv_set(j, "snapshots", snapshot_entries_json(l));
	table_json(j);
}

static int run_list(struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_listing_free) struct snapshot_listing l = {0};
	CLEANUP(str_free) struct str records = {0};

	if (snapshot_list(call->root, tool_value(call, "volume"), &l, e) != 0)
		return as_misuse(e);
	for (size_t i = 0; i < l.snapshots; i++)
		add_record(&l.snapshot[i], &records);
	if (call->json)
		print_json(&l);
	else
		table_print(table, &records);
	return 0;
}

enum { CHANGING = TOOL_CHANGES | TOOL_LOCKS | TOOL_ROOT };

static const struct tool_verb verbs[] = {
	{.name = "create", .operands = "NAME", .least = 1, .most = 1,
	 .help = "take one of each volume, all at one instant; replace the one of that name",
	 .options = create_options, .flags = CHANGING, .run = run_create},
	{.name = "list", .help = "age, end and size of each", .options = volume_only,
	 .flags = TOOL_JSON | TOOL_ROOT, .run = run_list},
	{.name = "mount", .operands = "NAME", .least = 1, .most = 1,
	 .help = "mount it beneath /run/ecs/snapshots", .options = mount_options, .flags = CHANGING,
	 .run = run_mount, .values = TOOL_SNAPSHOTS},
	{.name = "unmount", .operands = "NAME", .least = 1, .most = 1, .help = "unmount it there",
	 .options = volume_only, .flags = CHANGING, .run = run_unmount, .values = TOOL_SNAPSHOTS},
	{.name = "revert", .operands = "NAME", .least = 1, .most = 1,
	 .help = "put it in place of the volume; the appliance must be stopped", .options = volume_only,
	 .flags = CHANGING, .run = run_revert, .values = TOOL_SNAPSHOTS},
	{.name = "expire", .operands = "[NAME]", .most = 1,
	 .help = "remove it if its time is over; without a name, all whose time is over", .options = volume_only,
	 .flags = CHANGING, .run = run_expire, .values = TOOL_SNAPSHOTS},
	{.name = "remove", .operands = "NAME", .least = 1, .most = 1, .help = "remove it",
	 .options = volume_only, .flags = CHANGING, .run = run_remove, .values = TOOL_SNAPSHOTS},
	{0},
};

static const struct tool tool = {
	.name = "ecs-snapshot",
	.help = "snapshots of the volumes: take, list, mount, revert to, remove",
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/*
 * The flow engine on a small world of files: an "update" of seven steps with a commit and steps past the
 * point of no return, and a "start" that is left as it stands. Whatever happens at whatever moment, what
 * flow_resolve() leaves is the whole old world or the whole new one.
 *
 * A moment is each place where a kill tells a difference: before and after each flush of the journal, and
 * inside each act and each undo, before and after every single thing that it does. Trials are processes
 * of their own, killed at the Nth moment, for every N; each proves that the kill fired.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/flow.h"
#include "flow/resolve.h"
#include "command/flows.h"
#include "sys/file.h"
#include "sys/signals.h"
#include "tests/unit/temp.h"

/* --- moments ------------------------------------------------------------------------------------- */

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* What shall happen in this trial; moments are counted from 1. */
static struct {
	int moment, kill_at;
	bool power;      /* what was not flushed is lost, as in a power cut; TORN: half of it */
	bool torn;
	const char *fail, *fail_undo; /* the step whose act or undo fails, half-way */
	const char *signal;           /* the step in which SIGTERM comes */
	const char *signal_undo;
} trial;

static const char *running = ""; /* the step at work */
static off_t flushed;            /* bytes of the journal that a power cut leaves */

static void moment(void)
{
	if (++trial.moment == trial.kill_at)
		raise(SIGKILL);
}

static void lose_power(int fd)
{
	struct stat st;

	if (trial.moment + 1 != trial.kill_at || !(trial.power || trial.torn) || fstat(fd, &st) != 0)
		return;
	if (ftruncate(fd, trial.torn ? flushed + (st.st_size - flushed) / 2 : flushed) != 0)
		abort();
}

int __wrap_fdatasync(int fd)
{
	struct stat st;
	int r;

	lose_power(fd);
	moment();
	r = __real_fdatasync(fd);
	if (fstat(fd, &st) == 0)
		flushed = st.st_size;
	moment();
	return r;
}

/* --- the world ----------------------------------------------------------------------------------- */

struct world {
	char *root;
	const char *to; /* the version that the flow brings; a fact of the journal */
	bool plan;      /* whether one step is wanted; a fact as well */
};

static int stop_here(const char *name, struct error *e)
{
	return strcmp(running, name) == 0 ? error_set(e, EX_IOERR, "made to fail") : 0;
}

static bool is(const char *name)
{
	return name && strcmp(running, name) == 0;
}

static char *place(const struct world *w, const char *name)
{
	return mem_format("%s/world/%s", w->root, name);
}

/* Each change is one moment before it and one after it. */
static int put(const struct world *w, const char *name, const char *text, struct error *e)
{
	CLEANUP(mem_freep) char *path = place(w, name);
	int r;

	moment();
	r = file_write_quick(path, text, strlen(text), 0644, e);
	moment();
	return r;
}

static int drop(const struct world *w, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *path = place(w, name);

	moment();
	if (unlink(path) != 0 && errno != ENOENT)
		return error_errno(e, 0, "cannot remove '%s'", path);
	moment();
	return 0;
}

static bool there(const struct world *w, const char *name)
{
	CLEANUP(mem_freep) char *path = place(w, name);

	return file_exists(path);
}

static int get(const struct world *w, const char *name, struct str *text, struct error *e)
{
	CLEANUP(mem_freep) char *path = place(w, name);

	str_clear(text);
	return file_read(path, 4096, text, e);
}

/* Half-way through the act of the step that shall fail, or in which a signal comes. */
static int half_way(struct error *e)
{
	if (is(trial.signal))
		raise(SIGTERM);
	return is(trial.fail) ? stop_here(trial.fail, e) : 0;
}

static int half_way_back(struct error *e)
{
	if (is(trial.signal_undo))
		raise(SIGTERM);
	return is(trial.fail_undo) ? stop_here(trial.fail_undo, e) : 0;
}

/* --- the update: every act looks before it acts, every undo too ----------------------------------- */

static int act_stop(void *ctx, struct error *e)
{
	running = "stop";
	if (half_way(e) != 0)
		return -1;
	return drop(ctx, "runs", e);
}

static int undo_stop(void *ctx, struct error *e)
{
	running = "stop";
	if (half_way_back(e) != 0)
		return -1;
	return put(ctx, "runs", "old", e);
}

static int act_snapshot(void *ctx, struct error *e)
{
	CLEANUP(str_free) struct str data = {0};

	running = "snapshot";
	if (there(ctx, "snapshot"))
		return 0;
	if (get(ctx, "data", &data, e) != 0 || half_way(e) != 0)
		return -1;
	return put(ctx, "snapshot", data.data, e);
}

static int undo_snapshot(void *ctx, struct error *e)
{
	running = "snapshot";
	if (half_way_back(e) != 0)
		return -1;
	return drop(ctx, "snapshot", e);
}

static bool planned(const void *ctx)
{
	return ((const struct world *)ctx)->plan;
}

static int act_plan(void *ctx, struct error *e)
{
	running = "plan";
	if (put(ctx, "plan", "expires", e) != 0)
		return -1;
	return half_way(e);
}

static int undo_plan(void *ctx, struct error *e)
{
	running = "plan";
	if (drop(ctx, "plan", e) != 0)
		return -1;
	return half_way_back(e);
}

/* Not atomic: a kill in the middle leaves data that is of no version. A fact is noted first. */
static int act_migrate(void *ctx, struct error *e)
{
	struct world *w = ctx;

	running = "migrate";
	if (flow_note("migrated", "now", e) != 0 || put(w, "data", "half migrated", e) != 0 || half_way(e) != 0)
		return -1;
	return put(w, "data", w->to, e);
}

static int undo_migrate(void *ctx, struct error *e)
{
	CLEANUP(str_free) struct str data = {0};

	running = "migrate";
	if (get(ctx, "snapshot", &data, e) != 0 || put(ctx, "data", "half reverted", e) != 0 || half_way_back(e) != 0)
		return -1;
	return put(ctx, "data", data.data, e);
}

static int act_commit(void *ctx, struct error *e)
{
	struct world *w = ctx;

	running = "commit";
	if (half_way(e) != 0)
		return -1;
	return put(w, "state", w->to, e);
}

static int undo_commit(void *ctx, struct error *e)
{
	running = "commit";
	if (half_way_back(e) != 0)
		return -1;
	return put(ctx, "state", "old", e);
}

static int act_clean(void *ctx, struct error *e)
{
	running = "clean";
	if (half_way(e) != 0)
		return -1;
	return drop(ctx, "snapshot", e);
}

static int act_start(void *ctx, struct error *e)
{
	struct world *w = ctx;

	running = "start";
	if (put(w, "runs", w->to, e) != 0)
		return -1;
	return half_way(e);
}

static const struct flow_step update_steps[] = {
	{.name = "stop", .act = act_stop, .undo = undo_stop, .undo_name = "start it"},
	{.name = "snapshot", .act = act_snapshot, .undo = undo_snapshot, .undo_name = "remove it"},
	{.name = "plan", .act = act_plan, .undo = undo_plan, .undo_name = "forget it", .when = planned},
	{.name = "migrate", .act = act_migrate, .undo = undo_migrate, .undo_name = "revert"},
	{.name = "commit", .act = act_commit, .undo = undo_commit, .undo_name = "record the old one"},
	{.name = "clean", .act = act_clean, .turn = FLOW_ON},
	{.name = "start", .act = act_start, .turn = FLOW_ON},
};
enum { UPDATE_BACK = 5, UPDATE_STEPS = 7 };
static const struct flow update = {"update", update_steps, UPDATE_STEPS};

/* A boot: two steps that are taken back, then what the same command again will mend. */
static const struct flow_step boot_steps[] = {
	{.name = "snapshot", .act = act_snapshot, .undo = undo_snapshot, .undo_name = "remove it"},
	{.name = "plan", .act = act_plan, .undo = undo_plan, .undo_name = "forget it", .when = planned},
	{.name = "migrate", .act = act_migrate, .turn = FLOW_STAND},
	{.name = "commit", .act = act_commit, .turn = FLOW_STAND},
	{.name = "clean", .act = act_clean, .turn = FLOW_STAND},
	{.name = "start", .act = act_start, .turn = FLOW_STAND},
};
enum { BOOT_BACK = 2, BOOT_STEPS = 6 };
static const struct flow boot = {"boot", boot_steps, BOOT_STEPS};

static bool cannot_open;

static void *open_world(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct world *w;
	const char *to = flow_facts_get(facts, "to"), *plan = flow_facts_get(facts, "plan");

	if (to == NULL || plan == NULL || cannot_open) {
		error_set(e, EX_SOFTWARE, "a fact is missing");
		return NULL;
	}
	w = mem_alloc(sizeof *w);
	w->root = mem_dup(root);
	w->to = mem_dup(to);
	w->plan = strcmp(plan, "yes") == 0;
	return w;
}

static void close_world(void *ctx)
{
	struct world *w = ctx;

	free(w->root);
	free((char *)(uintptr_t)w->to);
	free(w);
}

static const struct flow_kind kinds[] = {
	{&update, open_world, close_world},
	{&boot, open_world, close_world},
	{NULL, NULL, NULL},
};

/* --- the ground of the trials --------------------------------------------------------------------- */

static void fresh_world(void **state)
{
	static const char *const gone[] = {"snapshot", "plan"};
	struct world w = {.root = *state};
	struct error e = {0};

	for (size_t i = 0; i < 2; i++)
		drop(&w, gone[i], &e);
	put(&w, "runs", "old", &e);
	put(&w, "data", "old", &e);
	put(&w, "state", "old", &e);
	memset(&trial, 0, sizeof trial);
}

/* In memory, where thousands of flushes cost nothing. */
static int make_ground(void **state)
{
	static const char *const folders[] = {"world", "var/lib/ecs"};
	struct error e = {0};

	if (temp_make(state) != 0 || mount("ground", *state, "tmpfs", 0, "size=4m") != 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(mem_freep) char *path = temp_path(state, folders[i]);

		if (file_mkdirs(path, 0755, &e) != 0)
			return -1;
	}
	fresh_world(state);
	return 0;
}

static bool has(void **state, const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = mem_format("world/%s", name);
	CLEANUP(mem_freep) char *is = temp_get(state, path);

	return text ? is && strcmp(is, text) == 0 : is == NULL;
}

static bool is_old(void **state)
{
	return has(state, "runs", "old") && has(state, "data", "old") && has(state, "state", "old") &&
	       has(state, "snapshot", NULL) && has(state, "plan", NULL);
}

static bool is_new(void **state, bool plan)
{
	return has(state, "runs", "new") && has(state, "data", "new") && has(state, "state", "new") &&
	       has(state, "snapshot", NULL) && has(state, "plan", plan ? "expires" : NULL);
}

static char *journal(void **state)
{
	return path_root(*state, NAME_JOURNAL);
}

static bool journal_gone(void **state)
{
	CLEANUP(mem_freep) char *path = journal(state);

	return !file_exists(path);
}

static void assert_old(void **state)
{
	assert_true(is_old(state));
	assert_true(journal_gone(state));
}

static void assert_new(void **state, bool plan)
{
	assert_true(is_new(state, plan));
	assert_true(journal_gone(state));
}

/* Runs FLOW as a tool does; the error's code, or 0. */
static int run_flow(void **state, const struct flow *flow, bool plan, struct error *e)
{
	struct world w = {.root = *state, .to = "new", .plan = plan};
	struct flow_facts facts = {0};
	int r;

	flow_facts_set(&facts, "to", "new");
	flow_facts_set(&facts, "plan", plan ? "yes" : "no");
	flushed = 0;
	r = flow_run(flow, &w, *state, &facts, e);
	flow_facts_free(&facts);
	return r == 0 ? 0 : e->code;
}

static int resolve(void **state, struct error *e)
{
	CLEANUP(mem_freep) char *path = journal(state);
	struct stat st;

	flushed = stat(path, &st) == 0 ? st.st_size : 0;
	return flow_resolve(*state, kinds, e) == 0 ? 0 : e->code;
}

/* In a process of its own, so that signals and kills hit that; status as temp_wait() tells it. */
static int in_child(void **state, const struct flow *flow, bool plan)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct error e = {0};

		signals_catch();
		trial.moment = 0;
		_exit(flow ? run_flow(state, flow, plan, &e) : resolve(state, &e));
	}
	assert_true(pid > 0);
	return temp_wait(pid, 60);
}

enum { KILLED = 128 + SIGKILL };

static void clear_trial(void)
{
	memset(&trial, 0, sizeof trial);
}

/* --- without trouble ------------------------------------------------------------------------------ */

static void all_steps_in_their_order(void **state)
{
	for (int plan = 0; plan < 2; plan++) {
		struct error e = {0};

		fresh_world(state);
		assert_int_equal(run_flow(state, &update, plan, &e), 0);
		assert_new(state, plan);
		fresh_world(state);
		assert_int_equal(run_flow(state, &boot, plan, &e), 0);
		assert_new(state, plan);
		assert_int_equal(resolve(state, &e), 0); /* there is nothing to resolve */
		assert_new(state, plan);
	}
}

/* --- without a journal ---------------------------------------------------------------------------- */

static size_t steps_took;

static void count_steps(void *ctx, const struct flow_step *step, long long ms)
{
	const struct world *w = ctx;

	assert_string_equal(w->to, "new");
	assert_string_equal(step->name, update_steps[steps_took].name);
	assert_in_range(ms, 0, 60000);
	steps_took++;
}

/* The same table, the same order, the same way back; no file tells of it, and the code is the step's own. */
static void walked_without_a_journal(void **state)
{
	enum { WALKED = 3 }; /* the next notes a fact, which needs a journal */
	struct world w = {.root = *state, .to = "new", .plan = true};

	for (int i = 0; i <= WALKED; i++) {
		const struct flow short_of_it = {"update", update_steps, WALKED};
		struct error e = {0};
		int r;

		fresh_world(state);
		trial.fail = i < WALKED ? update_steps[i].name : NULL;
		steps_took = 0;
		r = flow_walk(&short_of_it, &w, count_steps, &e);
		clear_trial();
		assert_true(journal_gone(state));
		assert_int_equal(steps_took, i);
		if (i == WALKED) {
			assert_int_equal(r, 0);
			continue;
		}
		assert_int_equal(r, -1);
		assert_int_equal(e.code, EX_IOERR);
		assert_old(state);
	}
}

static void left_as_it_stands_without_a_journal(void **state)
{
	struct world w = {.root = *state, .to = "new", .plan = true};
	struct error e = {0};

	fresh_world(state);
	trial.fail = "clean";
	assert_int_equal(flow_walk(&boot, &w, NULL, &e), -1);
	clear_trial();
	assert_int_equal(e.code, EXIT_HALFWAY);
	assert_true(journal_gone(state));
	e = (struct error){0};
	assert_int_equal(flow_note("a", "1", &e), -1); /* nowhere to keep it */
	assert_int_equal(e.code, EX_SOFTWARE);
}

static void printed_it_changes_nothing(void **state)
{
	struct world w = {.root = *state, .to = "new"};
	CLEANUP(mem_freep) char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	flow_print(&update, &w, to);
	fclose(to);
	assert_string_equal(text, "stop\tstart it\nsnapshot\tremove it\nmigrate\trevert\n"
				  "commit\trecord the old one\nclean\t-\nstart\t-\n");
	assert_old(state);
}

static void a_journal_that_is_left_is_in_the_way(void **state)
{
	struct error e = {0};

	temp_put(state, "var/lib/ecs/journal", "flow update\n");
	assert_int_equal(run_flow(state, &update, false, &e), EX_SOFTWARE);
	assert_true(is_old(state));
	assert_false(journal_gone(state)); /* nor is it removed by the refusal */
}

static void a_journal_that_cannot_be_begun(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "var/lib/ecs");
	CLEANUP(mem_freep) char *away = temp_path(state, "var/lib/away");
	struct error e = {0};

	assert_int_equal(file_rename(dir, away, &e), 0);
	temp_put(state, "var/lib/ecs", "a file in the folder's place");
	assert_int_equal(run_flow(state, &update, false, &e), EX_CANTCREAT);
	assert_true(is_old(state));
}

/* --- failures, signals ---------------------------------------------------------------------------- */

/* A failure of each step, half-way through its act. */
static void each_step_of_the_update_fails(void **state)
{
	for (int i = 0; i < UPDATE_STEPS; i++) {
		const char *name = update_steps[i].name;
		CLEANUP(mem_freep) char *begin = mem_format("%s: made to fail", name);
		struct error e = {0};
		int code;

		fresh_world(state);
		trial.fail = name;
		code = run_flow(state, &update, true, &e);
		clear_trial();
		assert_true(str_begins(e.text, begin));
		if (i < UPDATE_BACK) {
			assert_int_equal(code, EXIT_FAILED);
			assert_old(state);
			continue;
		}
		assert_int_equal(code, EXIT_HALFWAY);
		assert_true(str_ends(e.text, "the next command continues from here"));
		assert_false(journal_gone(state));
		assert_int_equal(resolve(state, &e), 0);
		assert_new(state, true);
	}
}

static void each_step_of_the_boot_fails(void **state)
{
	for (int i = 0; i < BOOT_STEPS; i++) {
		struct error e = {0};
		int code;

		fresh_world(state);
		trial.fail = boot_steps[i].name;
		code = run_flow(state, &boot, true, &e);
		clear_trial();
		assert_int_equal(code, i < BOOT_BACK ? EXIT_FAILED : EXIT_HALFWAY);
		assert_true(journal_gone(state));
		assert_true(i >= BOOT_BACK || is_old(state));
		assert_int_equal(run_flow(state, &boot, true, &e), 0); /* the same command again */
		assert_new(state, true);
	}
}

/* Every failing step with every undo that fails too: half-way, and resolved by the next command. */
static void an_undo_fails_too(void **state)
{
	int tried = 0;

	for (int step = 0; step < UPDATE_BACK; step++) {
		for (int undo = 0; undo <= step; undo++) {
			struct flow_left left;
			struct error e = {0};

			fresh_world(state);
			trial.fail = update_steps[step].name;
			trial.fail_undo = update_steps[undo].name;
			assert_int_equal(run_flow(state, &update, true, &e), EXIT_HALFWAY);
			assert_non_null(strstr(e.text, "and it could not be undone: undo of '"));
			assert_false(journal_gone(state));
			assert_int_equal(resolve(state, &e), EXIT_HALFWAY); /* it fails still */
			assert_true(str_begins(e.text, "resolving 'update': undo of '"));
			assert_int_equal(flow_look(*state, kinds, &left, &e), 0);
			assert_string_equal(left.flow, "update");
			assert_string_equal(left.step, trial.fail_undo);
			assert_false(left.onward);
			flow_left_free(&left);
			clear_trial();
			assert_int_equal(resolve(state, &e), 0);
			assert_old(state);
			tried++;
		}
	}
	assert_int_equal(tried, 15);
}

/* SIGTERM in each step; it may come in an undo as well, which is not undone. */
static void a_signal_in_each_step(void **state)
{
	for (int i = 0; i < UPDATE_STEPS; i++) {
		int status;

		fresh_world(state);
		trial.signal = update_steps[i].name;
		status = in_child(state, &update, true);
		clear_trial();
		/* in the last step that is taken back the signal comes when it is done: that was the commit */
		if (i < UPDATE_BACK - 1) {
			assert_int_equal(status, 128 + SIGTERM);
			assert_old(state);
		} else if (i < UPDATE_STEPS - 1) {
			assert_int_equal(status, EXIT_HALFWAY);
			assert_false(journal_gone(state));
			assert_int_equal(in_child(state, NULL, true), 0);
			assert_new(state, true);
		} else { /* all was done before anybody looked */
			assert_int_equal(status, 0);
			assert_new(state, true);
		}
	}
	for (int i = 0; i < BOOT_STEPS - 1; i++) {
		fresh_world(state);
		trial.signal = boot_steps[i].name;
		assert_int_equal(in_child(state, &boot, true), 128 + SIGTERM);
		clear_trial();
		assert_true(journal_gone(state));
		assert_true(i >= BOOT_BACK - 1 || is_old(state));
		assert_int_equal(in_child(state, &boot, true), 0);
		assert_new(state, true);
	}
}

static void a_signal_in_each_undo(void **state)
{
	for (int i = 0; i < UPDATE_BACK; i++) {
		fresh_world(state);
		trial.fail = "commit";
		trial.signal_undo = update_steps[i].name;
		assert_int_equal(in_child(state, &update, true), EXIT_FAILED);
		clear_trial();
		assert_old(state);
	}
}

/* --- kills ---------------------------------------------------------------------------------------- */

static struct {
	const char *what;
	int trials, kills, old, new, other;
} table[16];
static size_t tables;

static void report(void)
{
	puts("# trials of SIGKILL                                    trials  kills    old    new  stood");
	for (size_t i = 0; i < tables; i++)
		printf("# %-50s %8d %6d %6d %6d %6d\n", table[i].what, table[i].trials, table[i].kills,
		       table[i].old, table[i].new, table[i].other);
}

/* What the next command finds after a kill: it says beforehand which way it will go, and goes there. */
static void resolve_and_check(void **state, bool plan, bool *onward)
{
	struct flow_left left;
	struct error e = {0};

	assert_int_equal(flow_look(*state, kinds, &left, &e), 0);
	assert_int_equal(resolve(state, &e), 0);
	assert_true(journal_gone(state));
	if (left.flow && left.step && strcmp(left.flow, "update") == 0)
		assert_int_equal(left.onward, is_new(state, plan));
	*onward = left.onward;
	flow_left_free(&left);
}

/*
 * Kills FLOW at every moment. FAIL: a step fails, so that the kill comes while it is walked back too. Each
 * trial ends old or new, and once it was new it is never old again: that is the point of no return.
 */
static void kill_at_each_moment(void **state, const char *what, const struct flow *flow, bool plan,
				const char *fail, int lost)
{
	size_t t = tables++;
	bool committed = false;

	table[t].what = what;
	for (int n = 1;; n++) {
		struct error e = {0};
		bool onward;
		int status;

		fresh_world(state);
		trial.kill_at = n;
		trial.fail = fail;
		trial.power = lost == 1;
		trial.torn = lost == 2;
		status = in_child(state, flow, plan);
		clear_trial();
		table[t].trials++;
		if (status != KILLED) { /* there is no Nth moment: all were tried */
			assert_int_equal(status, fail ? EXIT_FAILED : 0);
			break;
		}
		table[t].kills++;
		resolve_and_check(state, plan, &onward);
		table[t].old += is_old(state);
		table[t].new += is_new(state, plan);
		table[t].other += !is_old(state) && !is_new(state, plan);
		if (flow == &update)
			assert_true(is_old(state) || is_new(state, plan));
		else
			assert_true(is_old(state) || onward);
		assert_false(committed && is_old(state));
		committed = is_new(state, plan);
		assert_int_equal(run_flow(state, flow, plan, &e), 0); /* the same command again */
		assert_new(state, plan);
	}
	assert_int_equal(table[t].kills, table[t].trials - 1);
}

static void killed_at_each_moment_of_the_update(void **state)
{
	static const char *const names[3][2] = {
		{"update", "update, all steps wanted"},
		{"update, what is not flushed is lost", "the same, all steps wanted"},
		{"update, the last line is torn", "the same, all steps wanted "},
	};

	for (int lost = 0; lost < 3; lost++) {
		for (int plan = 0; plan < 2; plan++) {
			kill_at_each_moment(state, names[lost][plan], &update, plan, NULL, lost);
			/* seven steps: two flushes each and what they do, twice a moment */
			assert_true(table[tables - 1].kills >= 40 + 6 * plan);
			assert_true(table[tables - 1].old >= 25 && table[tables - 1].new >= 10);
		}
	}
}

static void killed_at_each_moment_of_the_walk_back(void **state)
{
	static const char *const names[] = {"walk back from 'stop'", "walk back from 'snapshot'",
					    "walk back from 'plan'", "walk back from 'migrate'",
					    "walk back from 'commit'"};

	for (int i = 0; i < UPDATE_BACK; i++) {
		kill_at_each_moment(state, names[i], &update, true, update_steps[i].name, i % 3);
		assert_int_equal(table[tables - 1].new, 0);
	}
}

static void killed_at_each_moment_of_the_boot(void **state)
{
	kill_at_each_moment(state, "boot, left as it stands", &boot, true, NULL, 0);
	assert_true(table[tables - 1].other > 5);
}

static const char *const all_files[] = {"world/runs",     "world/data", "world/state",
					"world/snapshot", "world/plan", "var/lib/ecs/journal"};
enum { ALL_FILES = sizeof all_files / sizeof *all_files };

static void keep_ground(void **state, char *kept[ALL_FILES])
{
	for (size_t i = 0; i < ALL_FILES; i++)
		kept[i] = temp_get(state, all_files[i]);
}

static void restore_ground(void **state, char *const kept[ALL_FILES])
{
	for (size_t i = 0; i < ALL_FILES; i++) {
		CLEANUP(mem_freep) char *path = temp_path(state, all_files[i]);

		if (kept[i])
			temp_put(state, all_files[i], kept[i]);
		else
			unlink(path);
	}
}

/* What one kill left is resolved, with a kill at each moment of that, and resolved again. */
static void kill_its_resolving(void **state, size_t t)
{
	char *kept[ALL_FILES];
	int status;

	keep_ground(state, kept);
	for (int m = 1;; m++) {
		struct error e = {0};

		restore_ground(state, kept);
		trial.kill_at = m;
		trial.torn = m % 2;
		status = in_child(state, NULL, true);
		clear_trial();
		table[t].trials++;
		if (status != KILLED)
			break;
		table[t].kills++;
		assert_int_equal(resolve(state, &e), 0);
		assert_true(journal_gone(state) && (is_old(state) || is_new(state, true)));
		table[t].old += is_old(state);
		table[t].new += is_new(state, true);
	}
	assert_int_equal(status, 0);
	for (size_t i = 0; i < ALL_FILES; i++)
		free(kept[i]);
}

static void killed_while_it_is_resolved(void **state)
{
	size_t t = tables++;

	table[t].what = "update, then its resolving";
	for (int n = 1;; n++) {
		int status;

		fresh_world(state);
		trial.kill_at = n;
		status = in_child(state, &update, true);
		clear_trial();
		if (status != KILLED)
			break;
		kill_its_resolving(state, t);
	}
	assert_true(table[t].kills > 300);
}

/* One flow, killed; its resolving killed at its 1st moment, the next one at its 2nd, and so on. */
static void killed_again_and_again(void **state)
{
	size_t t = tables++;

	table[t].what = "update, then one resolving after the other";
	for (int n = 1;; n++) {
		int status, m = 0;

		fresh_world(state);
		trial.kill_at = n;
		status = in_child(state, &update, true);
		if (status != KILLED)
			break;
		do {
			trial.kill_at = ++m;
			status = in_child(state, NULL, true);
			table[t].trials++;
			table[t].kills += status == KILLED;
		} while (status == KILLED);
		clear_trial();
		assert_int_equal(status, 0);
		assert_true(journal_gone(state) && (is_old(state) || is_new(state, true)));
		table[t].old += is_old(state);
		table[t].new += is_new(state, true);
	}
	clear_trial();
	assert_true(table[t].kills > 100);
	report();
}

/* --- the journal ---------------------------------------------------------------------------------- */

static void facts_come_back_as_they_were(void **state)
{
	static const char odd[] = "100% \"\xc3\xa4\"\twith\nlines \x7f and %41 ";
	struct flow_facts f = {0};

	(void)state;
	flow_facts_set(&f, "a", "1");
	flow_facts_set(&f, "b", odd);
	flow_facts_set(&f, "a", "2");
	assert_int_equal(f.count, 2);
	assert_string_equal(flow_facts_get(&f, "a"), "2");
	assert_string_equal(flow_facts_get(&f, "b"), odd);
	assert_null(flow_facts_get(&f, "c"));
	flow_facts_free(&f);
}

static const char odd_value[] = "100% \"\xc3\xa4\"\twith\nlines \x7f and %41 ";

static int act_note(void *ctx, struct error *e)
{
	(void)ctx;
	if (flow_note("odd", "first", e) != 0 || flow_note("odd", odd_value, e) != 0 || flow_note("empty", "", e) != 0)
		return -1;
	return error_set(e, EX_IOERR, "made to fail");
}

static const struct flow_step note_steps[] = {{.name = "note\t1%", .act = act_note, .turn = FLOW_ON}};
static const struct flow note = {"no te", note_steps, 1};
static int opened;

static void *open_note(const char *root, const struct flow_facts *facts, struct error *e)
{
	(void)root;
	(void)e;
	opened++;
	assert_string_equal(flow_facts_get(facts, "odd"), odd_value);
	assert_string_equal(flow_facts_get(facts, "empty"), "");
	assert_string_equal(flow_facts_get(facts, "given"), odd_value);
	return &opened;
}

static void close_note(void *ctx)
{
	(void)ctx;
}

static void notes_are_facts_and_the_last_wins(void **state)
{
	static const struct flow_kind note_kinds[] = {{&note, open_note, close_note}, {NULL, NULL, NULL}};
	struct flow_facts facts = {0};
	struct flow_left left;
	struct error e = {0};

	flow_facts_set(&facts, "given", odd_value);
	assert_int_equal(flow_run(&note, NULL, *state, &facts, &e), -1);
	assert_int_equal(e.code, EXIT_HALFWAY);
	flow_facts_free(&facts);
	assert_int_equal(flow_look(*state, note_kinds, &left, &e), 0);
	assert_string_equal(left.flow, "no te");
	assert_string_equal(left.step, "note\t1%");
	assert_true(left.onward);
	flow_left_free(&left);
	assert_int_equal(opened, 1);
	assert_int_equal(flow_resolve(*state, note_kinds, &e), -1); /* its act fails again */
	assert_int_equal(e.code, EXIT_HALFWAY);
	assert_int_equal(opened, 2);
}

static void assert_resolves(void **state, const char *text, int code, const char *message)
{
	struct error e = {0};

	temp_put(state, "var/lib/ecs/journal", text);
	assert_int_equal(resolve(state, &e), code);
	assert_int_equal(journal_gone(state), code == 0);
	if (message && !strstr(e.text, message))
		fail_msg("'%s' does not say '%s'", e.text, message);
	assert_true(is_old(state));
}

/* Journals that a kill or another version left: what is not understood is left alone, and said. */
static void odd_journals(void **state)
{
	assert_resolves(state, "", 0, NULL);
	assert_resolves(state, "flow upd", 0, NULL);            /* torn: nothing had begun */
	assert_resolves(state, "flow update\nis to new\n", 0, NULL); /* facts are missing, and not needed */
	assert_resolves(state, "flow other\n", 0, NULL);
	assert_resolves(state, "flow other\nbegin x\n", EXIT_HALFWAY, "holds the flow 'other', which this version");
	assert_resolves(state, "flow update\nis to new\nbegin stop\n", EXIT_HALFWAY,
			"resolving 'update': a fact is missing");
	assert_resolves(state, "flow update\nis to new\nis plan no\nbegin renamed\n", EXIT_HALFWAY,
			"does not know the step 'renamed'");
	assert_resolves(state, "flow update\nis to new\nis plan no\nbegin stop\nback stop\nundone stop\n", 0, NULL);
	assert_resolves(state, "flow update\nis to new\nis plan no\nwhat is this\nbegin\n\nbegin stop\n",
			EXIT_HALFWAY, "does not know the step ''");
}

static void a_journal_that_cannot_be_read(void **state)
{
	CLEANUP(mem_freep) char *path = journal(state);
	struct flow_left left;
	struct error e = {0};

	assert_int_equal(file_mkdirs(path, 0755, &e), 0); /* a folder in its place */
	assert_int_equal(flow_look(*state, kinds, &left, &e), -1);
	assert_int_equal(resolve(state, &e), EX_IOERR);
}

static void nothing_is_left(void **state)
{
	struct flow_left left;
	struct error e = {0};

	assert_int_equal(flow_look(*state, kinds, &left, &e), 0);
	assert_null(left.flow);
	assert_null(left.step);
	flow_left_free(&left);
}

/* Where the context cannot be made, the table alone tells which way it will go. */
static void looked_at_without_a_context(void **state)
{
	struct flow_left left;
	struct error e = {0};

	cannot_open = true;
	temp_put(state, "var/lib/ecs/journal", "flow update\nis to new\nis plan no\nbegin commit\ndone commit\n");
	assert_int_equal(flow_look(*state, kinds, &left, &e), 0);
	assert_true(left.onward);
	flow_left_free(&left);
	temp_put(state, "var/lib/ecs/journal", "flow update\nbegin migrate\n");
	assert_int_equal(flow_look(*state, kinds, &left, &e), 0);
	assert_false(left.onward);
	flow_left_free(&left);
	cannot_open = false;
}

/* --- the real tables ------------------------------------------------------------------------------ */

/* Every flow of the suite keeps the rules that flow.h names. */
static void the_tables_of_the_suite(void **state)
{
	(void)state;
	for (const struct flow_kind *k = flow_kinds; k->flow; k++) {
		const struct flow *f = k->flow;

		assert_non_null(k->open);
		assert_non_null(k->close);
		for (const struct flow_kind *other = k + 1; other->flow; other++)
			assert_string_not_equal(f->name, other->flow->name);
		for (size_t i = 0; i < f->count; i++) {
			const struct flow_step *s = &f->steps[i];

			assert_non_null(s->name);
			assert_non_null(s->act);
			assert_int_equal(s->undo == NULL, s->undo_name == NULL);
			if (i && f->steps[i - 1].turn != FLOW_BACK)
				assert_int_not_equal(s->turn, FLOW_BACK);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(s->name, f->steps[j].name);
		}
	}
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown(test, make_ground, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_GROUND(all_steps_in_their_order),
		ON_GROUND(walked_without_a_journal),
		ON_GROUND(left_as_it_stands_without_a_journal),
		ON_GROUND(printed_it_changes_nothing),
		ON_GROUND(a_journal_that_is_left_is_in_the_way),
		ON_GROUND(a_journal_that_cannot_be_begun),
		ON_GROUND(each_step_of_the_update_fails),
		ON_GROUND(each_step_of_the_boot_fails),
		ON_GROUND(an_undo_fails_too),
		ON_GROUND(a_signal_in_each_step),
		ON_GROUND(a_signal_in_each_undo),
		ON_GROUND(killed_at_each_moment_of_the_update),
		ON_GROUND(killed_at_each_moment_of_the_walk_back),
		ON_GROUND(killed_at_each_moment_of_the_boot),
		ON_GROUND(killed_while_it_is_resolved),
		ON_GROUND(killed_again_and_again),
		cmocka_unit_test(facts_come_back_as_they_were),
		ON_GROUND(notes_are_facts_and_the_last_wins),
		ON_GROUND(odd_journals),
		ON_GROUND(a_journal_that_cannot_be_read),
		ON_GROUND(nothing_is_left),
		ON_GROUND(looked_at_without_a_context),
		cmocka_unit_test(the_tables_of_the_suite),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	log_init("flow", LOG_QUIET);
	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}

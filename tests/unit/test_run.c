/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/names.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"
#include "sys/signals.h"
#include "tests/unit/temp.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SH(script) ARGV("sh", "-c", script)

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Runs and expects that it could; nothing of it may be left: no descriptor, no zombie. */
static struct run_result go(struct run r)
{
	int before = open_descriptors();
	struct run_result res;
	struct error e = {0};

	if (run_command(&r, &res, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return res;
}

/* Expects that it cannot be run: the error's code, its text in E. */
static int refused(struct run r, struct error *e)
{
	int before = open_descriptors();
	struct run_result res;

	assert_int_equal(run_command(&r, &res, e), -1);
	assert_int_equal(res.out.len + res.err.len, 0);
	run_free(&res);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return e->code;
}

static void assert_output(struct run r, const char *out)
{
	CLEANUP(run_free) struct run_result res = go(r);

	assert_int_equal(res.how, RUN_EXITED);
	assert_int_equal(res.code, 0);
	assert_string_equal(str_get(&res.out), out);
	assert_string_equal(str_get(&res.err), "");
}

/* Whether the process is gone, or soon will be. */
static bool ends(pid_t pid)
{
	CLEANUP(mem_freep) char *file = mem_format("/proc/%ld/stat", (long)pid);
	long long until = clock_ms() + 60000;

	while (clock_ms() < until) {
		CLEANUP(str_free) struct str text = {0};
		struct error e = {0};

		if (file_read(file, 4096, &text, &e) != 0 || strstr(str_get(&text), ") Z "))
			return true; /* a zombie waits for a lazy init */
	}
	return false;
}

static pid_t pid_in(void **state, const char *name)
{
	CLEANUP(mem_freep) char *text = temp_get(state, name);

	assert_non_null(text);
	assert_true(atoi(text) > 1);
	return atoi(text);
}

/* --- how it ended --------------------------------------------------------------------------------- */

static void exit_status_and_both_outputs(void **state)
{
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("echo out; echo err >&2; exit 7")});

	(void)state;
	assert_int_equal(res.how, RUN_EXITED);
	assert_int_equal(res.code, 7);
	assert_string_equal(res.out.data, "out\n");
	assert_string_equal(res.err.data, "err\n");
	assert_in_range(res.ms, 0, 60000);
}

static void a_signalled_child_is_no_success(void **state)
{
	static const int numbers[] = {SIGKILL, SIGTERM, SIGPIPE};

	(void)state; /* we ignore SIGPIPE; the child does not */
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(mem_freep) char *script = mem_format("kill -%d $$; exit 0", numbers[i]);
		CLEANUP(run_free) struct run_result res = go((struct run){.argv = SH(script)});

		assert_int_equal(res.how, RUN_SIGNALLED);
		assert_int_equal(res.code, numbers[i]);
	}
}

static void a_deadline_ends_it_with_sigterm(void **state)
{
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("trap 'echo told; exit 0' TERM; echo begun; while :; do sleep 0.01; done"),
		.timeout_ms = 2000}); /* its trap is set by then */

	(void)state;
	assert_int_equal(res.how, RUN_TIMED_OUT); /* though it exited 0 */
	assert_string_equal(res.out.data, "begun\ntold\n");
	assert_in_range(res.ms, 2000, 60000);
}

/* Deaf to SIGTERM, and so is its own child: both are killed once the grace is over. */
static void the_deaf_are_killed_with_their_group(void **state)
{
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000"),
		.timeout_ms = 2000,
		.grace_ms = 300});

	(void)state;
	assert_int_equal(res.how, RUN_TIMED_OUT);
	assert_in_range(res.ms, 2300, 60000);
	assert_true(ends(atoi(res.out.data)));
}

/* --- outputs ------------------------------------------------------------------------------------- */

static void both_pipes_full_at_once(void **state)
{
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero; echo end >&2")});

	(void)state;
	assert_int_equal(res.code, 0);
	assert_int_equal(res.out.len, 1000000);
	assert_int_equal(res.err.len, 1000004);
	assert_memory_equal(res.err.data + 1000000, "end\n", 5);
}

static void output_is_bounded(void **state)
{
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("head -c 70000000 /dev/zero; echo more")});

	(void)state;
	assert_int_equal(res.code, 0); /* drained to its end */
	assert_int_equal(res.out.len, 64 << 20);
}

/* What is left in the background holds the pipes, and one of them floods: nobody waits for them. */
static void what_is_left_behind_does_not_hold_us(void **state)
{
	static const char *const scripts[] = {"sleep 1000 & echo $!", "yes & echo $! >&2"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(run_free) struct run_result res = go((struct run){.argv = SH(scripts[i])});
		pid_t left = atoi(i ? res.err.data : res.out.data);

		assert_int_equal(res.how, RUN_EXITED);
		assert_int_equal(res.code, 0);
		assert_in_range(res.ms, 0, 60000);
		assert_true(left > 1);
		if (i == 0)
			assert_int_equal(kill(left, 0), 0); /* it goes on: the child ended by itself */
		kill(left, SIGKILL);
	}
}

static void collect_line(void *arg, const char *line)
{
	str_addf(arg, "[%s]", line);
}

static void lines_are_told_as_they_come(void **state)
{
	CLEANUP(str_free) struct str told = {0};
	CLEANUP(run_free) struct run_result res = go((struct run){
		.argv = SH("echo one >&2; echo other; printf 'two\\n\\nla' >&2; sleep 0.02; printf st >&2"),
		.line = collect_line,
		.arg = &told});

	(void)state;
	assert_string_equal(told.data, "[one][two][][last]");
	assert_string_equal(res.err.data, "one\ntwo\n\nlast"); /* and collected all the same */
}

/* --- inputs -------------------------------------------------------------------------------------- */

static void input_larger_than_a_pipe_comes_back(void **state)
{
	CLEANUP(mem_freep) char *input = mem_alloc(3000000);
	CLEANUP(run_free) struct run_result res = {0};

	(void)state;
	for (size_t i = 0; i < 3000000; i++)
		input[i] = (char)('a' + i % 26);
	res = go((struct run){.argv = ARGV("cat"), .input = input, .input_len = 3000000});
	assert_int_equal(res.code, 0);
	assert_int_equal(res.out.len, 3000000);
	assert_memory_equal(res.out.data, input, 3000000);
}

static void a_child_that_does_not_read(void **state)
{
	CLEANUP(mem_freep) char *input = mem_alloc(1000000);
	CLEANUP(run_free) struct run_result closed = {0};
	CLEANUP(run_free) struct run_result lazy = {0};

	(void)state;
	closed = go((struct run){.argv = SH("exec <&-; sleep 0.02; echo done"), .input = input, .input_len = 1000000});
	assert_int_equal(closed.code, 0);
	assert_string_equal(closed.out.data, "done\n");
	lazy = go((struct run){.argv = ARGV("true"), .input = input, .input_len = 1000000});
	assert_int_equal(lazy.how, RUN_EXITED);
	assert_int_equal(lazy.code, 0);
}

static void stdin_is_empty_or_what_was_given(void **state)
{
	CLEANUP(mem_freep) char *in = temp_path(state, "in");
	CLEANUP(mem_freep) char *out = temp_path(state, "out");
	CLEANUP(mem_freep) char *copy = NULL;
	int from, to;

	assert_output((struct run){.argv = SH("cat; readlink /proc/$$/fd/0")}, "/dev/null\n");
	assert_output((struct run){.argv = ARGV("cat"), .input = "", .input_len = 0}, "");
	temp_put(state, "in", "from a file");
	from = open(in, O_RDONLY | O_CLOEXEC);
	to = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_output((struct run){.argv = ARGV("cat"), .stdin_fd = from, .stdout_fd = to}, "");
	assert_int_equal(close(from), 0); /* they stay ours */
	assert_int_equal(close(to), 0);
	copy = temp_get(state, "out");
	assert_string_equal(copy, "from a file");
}

static void working_folder(void **state)
{
	CLEANUP(mem_freep) char *want = mem_format("%s\n", (char *)*state);
	CLEANUP(mem_freep) char *missing = temp_path(state, "missing");
	struct error e = {0};

	assert_output((struct run){.argv = SH("pwd -P"), .dir = *state}, want);
	assert_int_equal(refused((struct run){.argv = ARGV("true"), .dir = missing}, &e), EX_NOINPUT);
	assert_non_null(strstr(e.text, missing));
}

/* --- what reaches the child ---------------------------------------------------------------------- */

static void the_environment_is_made_afresh(void **state)
{
	CLEANUP(mem_freep) char *want = NULL;

	(void)state;
	setenv("SECRET", "x", 1);
	setenv("LC_ALL", "de_AT.UTF-8", 1);
	setenv("HOME", "/home/x", 1);
	setenv("PATH", "/nowhere", 1);
	unsetenv("TERM");
	unsetenv("DOCKER_HOST");
	unsetenv("ECS_PATH");
	want = mem_format("HOME=/home/x\nLC_ALL=C.UTF-8\nPATH=%s\nTERM=dumb\n", NAME_PATH);
	assert_output((struct run){.argv = SH("exec env | grep -v -e ^PWD= -e ^_= | sort")}, want);
	assert_output((struct run){.argv = ARGV("env"),
				   .env = ARGV("A=1", "HOME=/h", "TERM=t", "A=2", "AB=3", "PATH=/bin", "LC_ALL=C")},
		      "PATH=/bin\nLC_ALL=C\nHOME=/h\nTERM=t\nA=2\nAB=3\n");
	setenv("DOCKER_HOST", "unix:///x", 1);
	setenv("ECS_PATH", "/usr/bin:/bin", 1);
	unsetenv("HOME");
	assert_output((struct run){.argv = ARGV("env")},
		      "PATH=/usr/bin:/bin\nLC_ALL=C.UTF-8\nHOME=/root\nTERM=dumb\nDOCKER_HOST=unix:///x\n"
		      "ECS_PATH=/usr/bin:/bin\n");
	unsetenv("DOCKER_HOST");
	unsetenv("ECS_PATH");
	unsetenv("SECRET");
	unsetenv("LC_ALL");
	setenv("PATH", "/usr/bin:/bin", 1);
}

/* test -e opens nothing */
#define LIST_DESCRIPTORS "i=0; while [ $i -lt 200 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done; :"

static void no_stray_descriptors(void **state)
{
	int stray = open("/dev/null", O_RDONLY); /* not close-on-exec, as a careless parent leaves it */
	int kept = fcntl(0, F_DUPFD_CLOEXEC, 100), low;
	CLEANUP(mem_freep) char *want = mem_format("0\n1\n2\n%d\n", kept);
	CLEANUP(mem_freep) char *want_low = NULL;

	(void)state;
	assert_true(stray > 2 && kept >= 100);
	assert_output((struct run){.argv = SH(LIST_DESCRIPTORS)}, "0\n1\n2\n");
	assert_output((struct run){.argv = SH(LIST_DESCRIPTORS), .keep_fd = kept}, want);
	low = fcntl(0, F_DUPFD_CLOEXEC, 3);
	want_low = mem_format("0\n1\n2\n%d\n", low);
	assert_output((struct run){.argv = SH(LIST_DESCRIPTORS), .keep_fd = low}, want_low);
	assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC); /* in the child only */
	close(stray);
	close(kept);
	close(low);
}

static void signals_reach_it_as_they_were(void **state)
{
	CLEANUP(run_free) struct run_result res = {0};
	pid_t pid = fork();
	sigset_t all, was;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) { /* nohup(1) ignores SIGHUP: so does what it runs */
		signal(SIGHUP, SIG_IGN);
		signals_catch();
		res = go((struct run){.argv = SH("kill -HUP $$; exit 3")});
		_exit(res.how == RUN_EXITED && res.code == 3 ? 0 : 1);
	}
	assert_int_equal(temp_wait(pid, 60), 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &was);
	res = go((struct run){.argv = SH("kill -TERM $$; exit 3")});
	sigprocmask(SIG_SETMASK, &was, NULL);
	assert_int_equal(res.how, RUN_SIGNALLED);
}

/* --- what cannot be run -------------------------------------------------------------------------- */

static void a_missing_program_is_named(void **state)
{
	CLEANUP(mem_freep) char *missing = temp_path(state, "missing");
	struct error e = {0};

	setenv("ECS_PATH", *state, 1);
	assert_int_equal(refused((struct run){.argv = ARGV("sh")}, &e), EX_UNAVAILABLE);
	CLEANUP(mem_freep) char *want =
		mem_format("program 'sh' is not installed (searched in %s)", (char *)*state);
	assert_string_equal(e.text, want);
	assert_int_equal(refused((struct run){.argv = ARGV(missing), .input = "x", .input_len = 1}, &e),
			 EX_UNAVAILABLE);
	setenv("ECS_PATH", ":", 1); /* an empty part is not the working folder, nor the root */
	assert_int_equal(refused((struct run){.argv = ARGV("sh")}, &e), EX_UNAVAILABLE);
	unsetenv("ECS_PATH");
}

/* Found, and yet it cannot be executed: that is no exit status of it. Never does a shell read it. */
static void what_is_no_program(void **state)
{
	static const char *const texts[] = {"#!/no/such/interpreter\n", "echo a shell was here\n", "\177ELF"};
	CLEANUP(mem_freep) char *file = temp_path(state, "tool");
	CLEANUP(mem_freep) char *folder = temp_path(state, "folder");
	struct error e = {0};

	setenv("ECS_PATH", *state, 1);
	temp_put(state, "tool", "#!/bin/sh\n");
	assert_int_equal(refused((struct run){.argv = ARGV("tool")}, &e), EX_UNAVAILABLE); /* mode 0644 */
	assert_int_equal(file_mkdirs(folder, 0755, &e), 0);
	assert_int_equal(refused((struct run){.argv = ARGV("folder")}, &e), EX_UNAVAILABLE);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		temp_put(state, "tool", texts[i]);
		assert_int_equal(chmod(file, 0755), 0);
		assert_int_equal(refused((struct run){.argv = ARGV("tool")}, &e), EX_UNAVAILABLE);
		assert_non_null(strstr(e.text, "cannot execute 'tool': "));
	}
	unsetenv("ECS_PATH");
}

/* --- the end of this process --------------------------------------------------------------------- */

/* A process that runs SCRIPT in this folder, as a tool does, and ends as OUTCOME says. */
static pid_t runner(void **state, struct run r, const char *script, bool hold)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct run_result res;
		struct error e = {0};

		signals_catch();
		signals_hold(hold);
		r.dir = *state;
		r.argv = SH(script);
		if (run_check(&r, 0, &res, &e) == 0)
			_exit(0);
		_exit(e.code);
	}
	return pid;
}

static void killed_it_takes_all_of_them_along(void **state)
{
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	pid_t pid = runner(state, (struct run){0},
			   "trap '' TERM HUP; echo $$ > child; sh -c 'sleep 1000 & echo $! > grandchild; wait' &"
			   "while [ ! -s grandchild ]; do sleep 0.01; done; : > ready; wait; sleep 1000", false);

	assert_true(temp_appears(ready, 60));
	kill(pid, SIGKILL);
	assert_int_equal(temp_wait(pid, 60), 128 + SIGKILL);
	assert_true(ends(pid_in(state, "child")));
	assert_true(ends(pid_in(state, "grandchild"))); /* the kernel's signal alone reaches the child only */
}

static void killed_it_takes_a_foreground_child_along(void **state)
{
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	pid_t pid = runner(state, (struct run){.foreground = true},
			   "echo $$ > child; : > ready; exec sleep 1000", false);

	assert_true(temp_appears(ready, 60));
	kill(pid, SIGKILL);
	assert_int_equal(temp_wait(pid, 60), 128 + SIGKILL);
	assert_true(ends(pid_in(state, "child")));
}

/* lvm, killed half-way, may leave a device suspended: it goes on to its end, output to nowhere. */
static void what_may_outlive_us_does(void **state)
{
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	CLEANUP(mem_freep) char *done = temp_path(state, "done");
	pid_t pid = runner(state, (struct run){.outlives = true},
			   ": > ready; while [ ! -e go ]; do sleep 0.01; done; /bin/echo lost; : > done", false);

	assert_true(temp_appears(ready, 60));
	kill(pid, SIGKILL);
	assert_int_equal(temp_wait(pid, 60), 128 + SIGKILL);
	temp_put(state, "go", "");
	assert_true(temp_appears(done, 60));
}

static void told_to_end_it_tells_the_child(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	CLEANUP(mem_freep) char *told = temp_path(state, "told");

	for (size_t i = 0; i < 3; i++) {
		struct error e = {0};
		pid_t pid = runner(state, (struct run){0},
				   "trap ': > told; exit 0' TERM; : > ready; while :; do sleep 0.01; done", false);

		assert_true(temp_appears(ready, 60));
		kill(pid, numbers[i]);
		assert_int_equal(temp_wait(pid, 60), 128 + numbers[i]);
		assert_true(file_exists(told));
		assert_int_equal(file_remove(ready, &e), 0);
		assert_int_equal(file_remove(told, &e), 0);
	}
}

static void a_held_signal_leaves_an_undo_alone(void **state)
{
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	pid_t pid = runner(state, (struct run){0},
			   ": > ready; while [ ! -e go ]; do sleep 0.01; done", true);

	assert_true(temp_appears(ready, 60));
	kill(pid, SIGTERM);
	temp_put(state, "go", "");
	assert_int_equal(temp_wait(pid, 60), 0);
}

/* The terminal sends SIGINT to a foreground child itself; SIGTERM is handed on. */
static void a_foreground_child_handles_its_own_interrupt(void **state)
{
	CLEANUP(mem_freep) char *ready = temp_path(state, "ready");
	pid_t pid = runner(state, (struct run){.foreground = true},
			   ": > ready; while [ ! -e go ]; do sleep 0.01; done", false);

	assert_true(temp_appears(ready, 60));
	kill(pid, SIGINT);
	temp_put(state, "go", "");
	assert_int_equal(temp_wait(pid, 60), 0);

	pid = runner(state, (struct run){.foreground = true}, ": > ready2; exec sleep 1000", false);
	CLEANUP(mem_freep) char *ready2 = temp_path(state, "ready2");
	assert_true(temp_appears(ready2, 60));
	kill(pid, SIGTERM);
	assert_int_equal(temp_wait(pid, 60), 128 + SIGTERM);
}

static void once_told_to_end_nothing_is_begun(void **state)
{
	CLEANUP(mem_freep) char *made = temp_path(state, "made");
	pid_t pid = fork();

	if (pid == 0) {
		struct run_result res;
		struct error e = {0};
		struct run r = {.argv = ARGV("touch", made)};

		signals_catch();
		raise(SIGTERM);
		_exit(run_command(&r, &res, &e) == -1 ? e.code : 0);
	}
	assert_int_equal(temp_wait(pid, 60), 128 + SIGTERM);
	assert_false(file_exists(made));
}

/* --- errors -------------------------------------------------------------------------------------- */

static void assert_error(struct run r, int code, int want, const char *text)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};

	assert_int_equal(run_check(&r, code, &res, &e), -1);
	assert_int_equal(e.code, want);
	assert_string_equal(e.text, text);
}

static void errors_name_the_command_and_its_last_line(void **state)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct run good = {.argv = ARGV("true")};
	struct error e = {0};

	(void)state;
	assert_int_equal(run_check(&good, 5, &res, &e), 0);
	assert_error((struct run){.argv = SH("echo first >&2; echo last >&2; echo ' ' >&2; echo out; exit 3")}, 0,
		     EXIT_FAILED, "sh: exited 3: last");
	assert_error((struct run){.argv = SH("echo only out; exit 3")}, EX_IOERR, EX_IOERR,
		     "sh: exited 3: only out");
	assert_error((struct run){.argv = ARGV("/usr/bin/env", "sh", "none", "third", "-x")}, EX_CONFIG, EX_CONFIG,
		     "env sh none: exited 2: sh: 0: cannot open none: No such file");
	assert_error((struct run){.argv = ARGV("false")}, 0, EXIT_FAILED, "false: exited 1");
	assert_error((struct run){.argv = SH("kill -9 $$")}, 0, EXIT_FAILED, "sh: killed by signal 9 (Killed)");
	assert_error((struct run){.argv = ARGV("sleep", "1000"), .timeout_ms = 100}, EX_UNAVAILABLE, EX_UNAVAILABLE,
		     "sleep 1000: not finished after 0.1 s, stopped");
}

static void exec_replaces_the_process(void **state)
{
	CLEANUP(mem_freep) char *out = temp_path(state, "out");
	CLEANUP(mem_freep) char *text = NULL;
	struct error e = {0};
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		signals_catch();
		dup2(fd, 1);
		run_exec(ARGV("env"), ARGV("ONLY=this"), &e);
		_exit(99);
	}
	assert_int_equal(temp_wait(pid, 60), 0);
	text = temp_get(state, "out");
	assert_string_equal(text, "ONLY=this\n");
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		signals_catch();
		run_exec(SH("kill -PIPE $$"), ARGV("PATH=/bin"), &e);
		_exit(99);
	}
	assert_int_equal(temp_wait(pid, 60), 128 + SIGPIPE); /* it does not inherit that we ignore it */
	assert_int_equal(run_exec(ARGV("/no/such/program"), ARGV("A=1"), &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
}

static bool tick_thrice(void *arg)
{
	int *left = arg;

	return (*left)-- > 0;
}

static void ticks_while_it_runs_and_may_end_it(void **state)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};
	int left = 3;
	struct run r = {.argv = SH("exec sleep 60"), .tick_ms = 10, .tick = tick_thrice, .tick_arg = &left};

	(void)state;
	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_int_equal(res.how, RUN_STOPPED);
	assert_int_equal(left, -1);
	run_error(&r, &res, 0, &e);
	assert_non_null(strstr(e.text, ": stopped"));
	run_free(&res);
	left = 1 << 20;
	r.argv = SH("sleep 0.1; exit 3");
	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_int_equal(res.how, RUN_EXITED);
	assert_int_equal(res.code, 3);
	assert_true(left < 1 << 20);
}

static void the_idle_are_ended(void **state)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};
	/* a shell that waits: what counts is what its child does, here nothing */
	struct run r = {.argv = SH("sleep 60; :"), .idle_ms = 300};

	(void)state;
	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_int_equal(res.how, RUN_IDLE);
	assert_in_range(res.ms, 300, 30000);
	run_error(&r, &res, 7, &e);
	assert_int_equal(e.code, 7);
	assert_non_null(strstr(e.text, ": did nothing for 0.3 s, stopped"));
}

static void who_works_goes_on(void **state)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};
	/* longer than it may be idle, and each part short enough for a busy machine */
	struct run r = {.argv = SH("for i in 1 2 3 4 5; do sleep 0.1; sleep 0.1; sleep 0.1; sleep 0.1; sleep 0.1; done; exit 3"),
			.idle_ms = 2000};

	(void)state;
	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_int_equal(res.how, RUN_EXITED);
	assert_int_equal(res.code, 3);
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, temp_make, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_status_and_both_outputs),
		cmocka_unit_test(a_signalled_child_is_no_success),
		cmocka_unit_test(a_deadline_ends_it_with_sigterm),
		cmocka_unit_test(ticks_while_it_runs_and_may_end_it),
		cmocka_unit_test(the_idle_are_ended),
		cmocka_unit_test(who_works_goes_on),
		cmocka_unit_test(the_deaf_are_killed_with_their_group),
		cmocka_unit_test(both_pipes_full_at_once),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(what_is_left_behind_does_not_hold_us),
		cmocka_unit_test(lines_are_told_as_they_come),
		cmocka_unit_test(input_larger_than_a_pipe_comes_back),
		cmocka_unit_test(a_child_that_does_not_read),
		IN_TEMP(stdin_is_empty_or_what_was_given),
		IN_TEMP(working_folder),
		cmocka_unit_test(the_environment_is_made_afresh),
		cmocka_unit_test(no_stray_descriptors),
		cmocka_unit_test(signals_reach_it_as_they_were),
		IN_TEMP(a_missing_program_is_named),
		IN_TEMP(what_is_no_program),
		IN_TEMP(killed_it_takes_all_of_them_along),
		IN_TEMP(killed_it_takes_a_foreground_child_along),
		IN_TEMP(what_may_outlive_us_does),
		IN_TEMP(told_to_end_it_tells_the_child),
		IN_TEMP(a_held_signal_leaves_an_undo_alone),
		IN_TEMP(a_foreground_child_handles_its_own_interrupt),
		IN_TEMP(once_told_to_end_nothing_is_begun),
		cmocka_unit_test(errors_name_the_command_and_its_last_line),
		IN_TEMP(exec_replaces_the_process),
	};

	signal(SIGPIPE, SIG_IGN); /* as signals_catch() does, which is for children here: it is for good */
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The one shape of all tools, proved on a program (prog_sample.c) that is run as a user runs it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"
#include "tests/unit/temp.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOBODY "65534"

static int log_fd = -1; /* what the programs send to syslog comes here */
static bool as_root;    /* the machine's; else a user's own namespace */

/* --- the ground: DIR/ecs-sample, DIR/ecs-single, DIR/root, and a /dev with a log of our own -------- */

static void bind_file(const char *from, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mount(from, to, NULL, MS_BIND, NULL), 0);
}

static int listen_log(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(chmod(path, 0666), 0);
	return fd;
}

/* /dev/log is a name of the C library's: it is ours in this mount namespace. */
static int own_dev(void)
{
	static const char *const devices[] = {"null", "full", "zero", "urandom", "tty"};
	char dir[] = "/tmp/ecs-unit-dev-XXXXXX";

	assert_non_null(mkdtemp(dir));
	assert_int_equal(mount("dev", dir, "tmpfs", 0, "mode=755"), 0);
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
		CLEANUP(mem_freep) char *from = mem_format("/dev/%s", devices[i]);
		CLEANUP(mem_freep) char *to = mem_format("%s/%s", dir, devices[i]);

		bind_file(from, to);
	}
	CLEANUP(mem_freep) char *fd = mem_format("%s/fd", dir);
	CLEANUP(mem_freep) char *pts = mem_format("%s/pts", dir);
	CLEANUP(mem_freep) char *ptmx = mem_format("%s/ptmx", dir);
	assert_int_equal(symlink("/proc/self/fd", fd), 0);
	assert_int_equal(symlink("pts/ptmx", ptmx), 0);
	assert_int_equal(mkdir(pts, 0755), 0);
	assert_int_equal(mount("devpts", pts, "devpts", 0, "newinstance,ptmxmode=0666,mode=0620"), 0);
	CLEANUP(mem_freep) char *log = mem_format("%s/log", dir);
	log_fd = listen_log(log);
	assert_int_equal(mount(dir, "/dev", NULL, MS_BIND | MS_REC, NULL), 0);
	umount2(dir, MNT_DETACH);
	return rmdir(dir);
}

static void install(void **state, const char *name)
{
	CLEANUP(mem_freep) char *from = mem_format("%s/unit/prog_sample", getenv("ECS_BUILD_DIR"));
	CLEANUP(mem_freep) char *to = temp_path(state, name);
	CLEANUP(str_free) struct str program = {0};
	struct error e = {0};

	if (file_read(from, 64 << 20, &program, &e) != 0 ||
	    file_write_quick(to, program.data, program.len, 0755, &e) != 0)
		fail_msg("%s", e.text);
}

static int make_ground(void **state)
{
	struct error e = {0};

	if (temp_make(state) != 0 || chmod(*state, 0755) != 0)
		return -1;
	install(state, "ecs-sample");
	install(state, "ecs-single");
	CLEANUP(mem_freep) char *root = temp_path(state, "root");
	return file_mkdirs(root, 0755, &e);
}

static char *next_log(void)
{
	char text[2048];
	ssize_t n = recv(log_fd, text, sizeof text - 1, 0);

	return n < 0 ? NULL : mem_dupn(text, (size_t)n);
}

static void forget_log(void)
{
	char *line;

	while ((line = next_log()))
		free(line);
}

/* --- calls ---------------------------------------------------------------------------------------- */

struct call {
	const char *tool; /* NULL: ecs-sample */
	const char *const *args;
	bool no_root;     /* without --root DIR/root */
	bool nobody;      /* as a user without rights */
	const char *clock, *sudo_user;
	const char *stdout_to; /* a file, or NULL: collected */
};

static void build(void **state, const struct call *c, struct strlist *argv, struct strlist *env)
{
	if (c->nobody && as_root)
		strlist_addv(argv, ARGS("setpriv", "--reuid=" NOBODY, "--regid=" NOBODY, "--clear-groups"));
	strlist_addf(argv, "%s/%s", (char *)*state, c->tool ? c->tool : "ecs-sample");
	if (!c->no_root)
		strlist_addf(argv, "--root=%s/root", (char *)*state);
	strlist_addv(argv, c->args);
	if (c->clock)
		strlist_addf(env, "ECS_CLOCK=%s", c->clock);
	if (c->sudo_user)
		strlist_addf(env, "SUDO_USER=%s", c->sudo_user);
	strlist_add(env, "TZ=UTC");
}

static struct run_result call(void **state, struct call c)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	CLEANUP(file_closep) int to = c.stdout_to ? open(c.stdout_to, O_WRONLY | O_CLOEXEC) : -1;
	struct run_result res;
	struct error e = {0};

	build(state, &c, &argv, &env);
	struct run r = {.argv = strlist_argv(&argv), .env = strlist_argv(&env), .stdout_fd = to, .timeout_ms = 60000};
	if (run_command(&r, &res, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(res.how, RUN_EXITED);
	return res;
}

/* Expects the exit status, and where they are not NULL what stdout is and what stderr holds. */
static void expect(void **state, struct call c, int code, const char *out, const char *err)
{
	CLEANUP(run_free) struct run_result res = call(state, c);
	CLEANUP(mem_freep) char *want = NULL;

	if (res.code != code)
		fail_msg("status %d instead of %d: %s", res.code, code, str_get(&res.err));
	if (out && strstr(out, "ROOT")) { /* the folder's name is put in its place */
		const char *at = strstr(out, "ROOT");

		want = mem_format("%.*s%s/root%s", (int)(at - out), out, (char *)*state, at + 4);
		out = want;
	}
	if (out)
		assert_string_equal(str_get(&res.out), out);
	if (err && !strstr(str_get(&res.err), err))
		fail_msg("'%s' does not say '%s'", str_get(&res.err), err);
	if (err && *err == '\0')
		assert_string_equal(str_get(&res.err), "");
}

#define EXPECT(code, out, err, ...) expect(state, (struct call){.args = ARGS(__VA_ARGS__)}, code, out, err)
#define MISUSE(message, ...) EXPECT(EX_USAGE, "", "ecs-sample: " message "\nusage: ecs-sample ", __VA_ARGS__)

/* --- parsing -------------------------------------------------------------------------------------- */

static void options_are_read(void **state)
{
	EXPECT(0, "verb=change root=ROOT dry=0 json=0 locked=1 mode=- to=- depth=- force=0: [a]\n", "", "change", "a");
	EXPECT(0, "verb=change root=ROOT dry=1 json=0 locked=0 mode=- to=r1 depth= force=1: [a] [b]\n", "", "-n",
	       "change", "a", "--to", "r1", "--depth", "--force", "b");
	EXPECT(0, "verb=change root=ROOT dry=1 json=0 locked=0 mode=check to=-x depth=3 force=1: [a]\n", "", "change",
	       "-vnfct", "-x", "--depth=3", "a");
	EXPECT(0, "verb=data root=ROOT dry=0 json=1 locked=0 mode=- to=- depth=- force=0: [-]\n", "", "--json", "data", "-");
	expect(state, (struct call){.args = ARGS("data", "--root=/"), .no_root = true}, 0,
	       "verb=data root=/ dry=0 json=0 locked=0 mode=- to=- depth=- force=0:\n", "");
	expect(state, (struct call){.tool = "ecs-single", .args = ARGS("x", "--json", "--dry-run")}, 0,
	       "verb=- root=ROOT dry=1 json=1 locked=0 mode=- to=- depth=- force=0: [x]\n", "");
}

/* An option of a verb's own may stand before it where all that know it take it alike. */
static void options_before_the_verb(void **state)
{
	EXPECT(0, "verb=change root=ROOT dry=0 json=0 locked=1 mode=- to=data depth=- force=1: [a]\n", "", "--force", "--to",
	       "data", "change", "a");
	EXPECT(0, "verb=exec root=ROOT dry=0 json=0 locked=0 mode=- to=r1 depth=2 force=0: [ls]\n", "", "--depth=2",
	       "--to=r1", "exec", "ls");
	MISUSE("option '-f' is given twice", "--force", "change", "a", "-f");
}

static void times_are_read_alike(void **state)
{
	static const char *const waits[] = {"--wait=0", "--wait=90", "--wait=90s", "--wait=30m", "--wait=12h", "--wait=7d"};

	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
		EXPECT(0, NULL, "", "change", "a", waits[i]);
}

/* Whoever mistyped gets one line that helps, not the whole synopsis. */
static void the_hint_is_one_line(void **state)
{
	EXPECT(EX_USAGE, "", "ecs-sample: unknown verb 'dat': did you mean 'data'?\nusage: ecs-sample "
	       "change|data|plan|exec|other (see 'ecs-sample --help')\n", "dat");
	EXPECT(EX_USAGE, "", "ecs-sample: an operand is missing: NAME [NAME]\nusage: ecs-sample change [OPTION…] "
	       "NAME [NAME] (see 'ecs-sample help change')\n", "change");
	expect(state, (struct call){.tool = "ecs-single", .args = ARGS("--jsn")}, EX_USAGE, "",
	       "ecs-single: unknown option '--jsn': did you mean '--json'?\nusage: ecs-single [OPTION…] [NAME] "
	       "(see 'ecs-single --help')\n");
}

static void two_dashes_end_the_options(void **state)
{
	EXPECT(0, "verb=change root=ROOT dry=1 json=0 locked=0 mode=- to=- depth=- force=0: [--force] [--]\n", "", "-n",
	       "change", "--", "--force", "--");
	EXPECT(0, "verb=exec root=ROOT dry=0 json=0 locked=0 mode=- to=- depth=- force=1: [ls] [--force] [-x]\n", "",
	       "exec", "--force", "ls", "--force", "-x"); /* the first word of another program ends them too */
	EXPECT(0, "verb=exec root=ROOT dry=0 json=0 locked=0 mode=- to=- depth=- force=0: [-x] [--to]\n", "", "exec",
	       "--", "-x", "--to");
	EXPECT(0, "verb=data root=ROOT dry=0 json=0 locked=0 mode=- to=- depth=- force=0:\n", "", "--", "data");
}

static void misuse_is_64_and_on_stderr(void **state)
{
	MISUSE("unknown option '--bogus'", "change", "a", "--bogus");
	MISUSE("unknown option '-x'", "change", "a", "-nx");
	/* no abbreviations: they break later */
	MISUSE("unknown option '--forc': did you mean '--force'?", "change", "a", "--forc");
	MISUSE("unknown option '--forced': did you mean '--force'?", "change", "a", "--forced");
	MISUSE("option '--to' cannot be used with 'data', only with 'change', 'exec'", "data", "--to", "x");
	MISUSE("option '--force' cannot be used with 'data', only with 'change', 'exec'", "--force", "data");
	MISUSE("option '-t' means different things to different verbs: put it after the verb", "-t", "other", "a");
	MISUSE("option '--force' is given twice", "change", "a", "--force", "--force");
	MISUSE("option '-f' is given twice", "change", "a", "--force", "-f");
	MISUSE("option '-n' is given twice", "change", "a", "--dry-run", "-n");
	MISUSE("option '--to' is given twice", "change", "a", "--to", "x", "--to=x");
	MISUSE("option '--root' is given twice", "change", "a", "--root", "/");
	MISUSE("option '--wait' is given twice", "change", "a", "--wait", "--wait=3");
	MISUSE("option '--to' needs a value: REV", "change", "a", "--to");
	MISUSE("option '--to' needs a value: REV", "change", "a", "--to=");
	MISUSE("option '-t' needs a value: REV", "change", "a", "-tn", "x"); /* no value is attached to a letter */
	MISUSE("option '--depth' needs a value: [N]", "change", "a", "--depth=");
	MISUSE("option '--force' takes no value", "change", "a", "--force=yes");
	MISUSE("option '--dry-run' takes no value", "change", "a", "--dry-run=");
	MISUSE("options '--check' and '--list' cannot be used together", "change", "a", "--check", "--list");
	MISUSE("options '-q' and '-v' cannot be used together", "change", "a", "-q", "-v");
	MISUSE("option '-n' cannot be used with 'data', only with 'change', 'plan'", "data", "-n");
	MISUSE("option '--json' cannot be used with 'change', only with 'data'", "change", "a", "--json");
	MISUSE("option '--wait' cannot be used with 'data', only with 'change'", "data", "--wait");
	MISUSE("'--wait=soon' is not a valid time: 90 (seconds), 30m, 12h or 7d", "change", "a", "--wait=soon");
	MISUSE("'--wait=-1' is not a valid time: 90 (seconds), 30m, 12h or 7d", "change", "a", "--wait=-1");
	MISUSE("'--wait=20000m' is not a valid time: 90 (seconds), 30m, 12h or 7d", "change", "a", "--wait=20000m");
	MISUSE("an operand is missing: NAME [NAME]", "change");
	MISUSE("one operand too many: 'c'", "change", "a", "b", "c");
	MISUSE("one operand too many: 'a'", "plan", "a");
	MISUSE("unknown verb 'chang': did you mean 'change'?", "chang");
	MISUSE("unknown verb 'chaneg': did you mean 'change'?", "help", "chaneg");
	MISUSE("unknown verb 'something': use one of change, data, plan, exec, other", "something");
	MISUSE("a verb is missing: change, data, plan, exec, other", "-v");
	MISUSE("a verb is missing: change, data, plan, exec, other", "--to", "data"); /* that is its value */
	MISUSE("'misuse' is no word", "change", "misuse"); /* found by the run function */
	MISUSE("unknown option '--bogus'", "--help", "--bogus");
}

static void nothing_else_is_touched_by_misuse(void **state)
{
	forget_log();
	EXPECT(EX_USAGE, "", NULL, "change", "a", "--bogus");
	assert_int_equal(temp_count(state, "root"), 0);
	assert_null(next_log());
	expect(state, (struct call){.args = ARGS("--root", "/no/such/folder", "data"), .no_root = true}, EX_NOINPUT, "",
	       "ecs-sample: --root '/no/such/folder': No such file or directory");
}

/* --- help, version, output ------------------------------------------------------------------------ */

static void help_and_version_are_data(void **state)
{
	EXPECT(0, "ecs-sample " ECS_VERSION "\n", "", "--version");
	EXPECT(0,
	       "usage: ecs-sample data [-qv] [--json] [--root DIR] [NAME]\n"
	       "\necs-sample data: print data\n"
	       "\n  -q, --quiet                 print only errors and warnings\n"
	       "  -v, --verbose               print each step, and how long it took\n"
	       "      --json                  print the data as JSON\n"
	       "      --root DIR              use DIR as the root of every built-in path\n"
	       "  -h, --help                  print this\n"
	       "      --version               print the version\n"
	       "\nSee ecs-sample(8).\n",
	       "", "data", "--help");
	CLEANUP(run_free) struct run_result res =
		call(state, (struct call){.tool = "ecs-single", .args = ARGS("--help", "many", "operands", "are", "fine")});
	assert_int_equal(res.code, 0);
	assert_non_null(strstr(res.out.data, "usage: ecs-single [-nqv] [--check] [--list] [--to REV] [--depth[=N]] [--force]\n"
					     "                  [--json] [--root DIR] [--wait[=TIME]] [NAME]\n\na tool that"));
	assert_non_null(strstr(res.out.data, "      --wait[=TIME]           wait for the other command to end, forever or up\n"
					     "                              to TIME: 90, 30m, 12h\n"));
	assert_non_null(strstr(res.out.data, "  -t, --to REV                the revision to bring\n"));
	assert_int_equal(temp_count(state, "root"), 0);
}

static void every_way_to_ask_for_help(void **state)
{
	CLEANUP(run_free) struct run_result all = call(state, (struct call){.args = ARGS("--help")});
	CLEANUP(run_free) struct run_result one = call(state, (struct call){.args = ARGS("help", "data")});
	CLEANUP(strlist_free) struct strlist lines = {0};

	assert_non_null(strstr(all.out.data, "\n       ecs-sample data [-qv]"));
	EXPECT(0, all.out.data, "", "-h");
	EXPECT(0, all.out.data, "", "help");
	EXPECT(0, one.out.data, "", "data", "-h");
	EXPECT(0, one.out.data, "", "-v", "help", "data");
	EXPECT(0, "verb=data root=ROOT dry=0 json=0 locked=0 mode=- to=- depth=- force=0: [help]\n", "", "data", "help");
	strlist_lines(&lines, all.out.data);
	for (size_t i = 0; i < lines.count; i++)
		assert_true(strlen(lines.item[i]) <= 82); /* "…" has three bytes */
}

/* Data that could not be written is a failure, of --help as well. */
static void a_full_or_closed_stdout(void **state)
{
	static const char *const lines[] = {"data", "data flood", "--help", "--version", "--completion bash"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		CLEANUP(strlist_free) struct strlist words = {0};
		CLEANUP(mem_freep) char *script = mem_format("exec %s/ecs-sample %s >&-", (char *)*state, lines[i]);
		struct run closed = {.argv = ARGS("sh", "-c", script)};
		struct run_result res;
		struct error e = {0};

		for (const char *w = lines[i]; *w; w += strcspn(w, " ") + (w[strcspn(w, " ")] == ' '))
			strlist_take(&words, mem_dupn(w, strcspn(w, " ")));
		expect(state, (struct call){.args = strlist_argv(&words), .stdout_to = "/dev/full"}, EX_IOERR, NULL,
		       "ecs-sample: cannot write to stdout: ");
		assert_int_equal(run_command(&closed, &res, &e), 0);
		assert_int_equal(res.code, EX_IOERR);
		assert_string_equal(str_get(&res.err), "ecs-sample: cannot write to stdout: Bad file descriptor\n");
		run_free(&res);
	}
	/* a failure of its own stands */
	expect(state, (struct call){.args = ARGS("data", "fail"), .stdout_to = "/dev/full"}, EXIT_FAILED, NULL, NULL);
}

/* What it prints must not land in a file that it opened itself. */
static void closed_descriptors_are_not_taken_by_files(void **state)
{
	CLEANUP(mem_freep) char *script = mem_format("exec %s/ecs-sample --root=%s/root change a <&- >&- 2>&-",
						     (char *)*state, (char *)*state);
	CLEANUP(mem_freep) char *lock = NULL;
	struct run r = {.argv = ARGS("sh", "-c", script)};
	struct run_result res;
	struct error e = {0};

	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_int_equal(res.code, EX_IOERR);
	run_free(&res);
	lock = temp_get(state, "root/run/ecs/lock");
	assert_memory_equal(lock, "ecs-sample ", 11);
	assert_null(strstr(lock, "verb="));
}

static void a_reader_that_has_seen_enough(void **state)
{
	CLEANUP(mem_freep) char *script =
		mem_format("%s/ecs-sample data flood | head -n 1; echo ${PIPESTATUS[0]}", (char *)*state);
	struct run r = {.argv = ARGS("bash", "-c", script)};
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};

	assert_int_equal(run_command(&r, &res, &e), 0);
	assert_string_equal(str_get(&res.out), "a line of data\n141\n");
	assert_string_equal(str_get(&res.err), ""); /* nobody is told: that is how it should be */
}

static void errors_and_levels(void **state)
{
	EXPECT(EXIT_FAILED, "", "ecs-sample: volume 'x' is full\n", "data", "fail");
	EXPECT(EXIT_FAILED, "", "", "data", "no");
	EXPECT(EX_SOFTWARE, "", NULL, "data", "bug");
	EXPECT(128 + SIGTERM, "", "ecs-sample: ended by signal 15 (Terminated)\n", "data", "signal");
	EXPECT(0, NULL, "ecs-sample: said\necs-sample: warning: warned\n", "data", "say");
	CLEANUP(run_free) struct run_result quiet = call(state, (struct call){.args = ARGS("-q", "data", "say")});
	CLEANUP(run_free) struct run_result loud = call(state, (struct call){.args = ARGS("-v", "data", "say")});
	assert_string_equal(quiet.err.data, "ecs-sample: warning: warned\n");
	assert_string_equal(loud.err.data, "ecs-sample: detail\necs-sample: said\necs-sample: warning: warned\n");
}

/* --- lock and rights ------------------------------------------------------------------------------ */

struct holder {
	pid_t pid;
	int in; /* a byte: it ends */
};

static pid_t start(void **state, const char *word, const char *option, int in, int out)
{
	CLEANUP(mem_freep) char *program = temp_path(state, "ecs-sample");
	CLEANUP(mem_freep) char *root = mem_format("--root=%s/root", (char *)*state);
	pid_t pid = fork();

	if (pid == 0) {
		dup2(in, 0);
		dup2(out, 1);
		setenv("ECS_CLOCK", "1767323045", 1);
		execl(program, "ecs-sample", root, "change", word, option, NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static struct holder start_holder(void **state)
{
	int in[2], out[2];
	struct holder h;
	char text[8];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	h.pid = start(state, "hold", NULL, in[0], out[1]);
	h.in = in[1];
	close(in[0]);
	close(out[1]);
	assert_int_equal(read(out[0], text, 8), 8);
	assert_memory_equal(text, "at work\n", 8);
	close(out[0]);
	return h;
}

static void end_holder(struct holder *h)
{
	assert_int_equal(write(h->in, "x", 1), 1);
	close(h->in);
	assert_int_equal(temp_wait(h->pid, 60), 0);
}

static void a_held_lock_is_75_and_names_the_holder(void **state)
{
	struct holder h = start_holder(state);
	CLEANUP(mem_freep) char *message =
		mem_format("ecs-sample: '%s/root/run/ecs/lock' is locked by 'ecs-sample' (pid %ld, since "
			   "2026-01-02T03:04:05Z): try later, or use --wait\n", (char *)*state, (long)h.pid);
	long long began = clock_ms();

	EXPECT(EX_TEMPFAIL, "", message, "change", "a");
	EXPECT(EX_TEMPFAIL, "", message, "change", "a", "--wait=0");
	assert_true(clock_ms() - began < 60000);
	began = clock_ms();
	EXPECT(EX_TEMPFAIL, "", message, "change", "a", "--wait=1");
	assert_true(clock_ms() - began >= 1000);
	/* what changes nothing needs no lock */
	EXPECT(0, NULL, "", "change", "a", "--dry-run");
	EXPECT(0, NULL, "", "change", "a", "--check");
	EXPECT(0, NULL, "", "data");
	end_holder(&h);
	EXPECT(0, NULL, "", "change", "a");
}

static void a_wait_ends_with_the_holder(void **state)
{
	static const char *const waits[] = {"--wait", "--wait=100"};

	for (size_t i = 0; i < 2; i++) {
		struct holder h = start_holder(state);
		CLEANUP(file_closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		pid_t waiter = start(state, "a", waits[i], null, null);

		/* it cannot end before the holder does */
		assert_int_equal(waitpid(waiter, NULL, WNOHANG), 0);
		end_holder(&h);
		assert_int_equal(temp_wait(waiter, 60), 0);
	}
}

static void who_is_not_root_is_77(void **state)
{
	CLEANUP(mem_freep) char *root = temp_path(state, "root");

	if (!as_root)
		return; /* root of its own namespace: the machine's user is tried by those who are root */
	forget_log();
	expect(state, (struct call){.args = ARGS("change", "a"), .nobody = true}, EX_NOPERM, "",
	       "ecs-sample: must be run by root: try 'sudo ecs-sample'\n");
	CLEANUP(mem_freep) char *line = next_log();
	assert_non_null(line); /* it was tried: the audit tells */
	assert_non_null(strstr(line, "uid " NOBODY ": "));
	assert_non_null(strstr(line, ": exit status 77 "));
	expect(state, (struct call){.args = ARGS("change", "a", "-n"), .nobody = true}, 0, NULL, "");
	expect(state, (struct call){.args = ARGS("change", "a", "--list"), .nobody = true}, 0, NULL, "");
	expect(state, (struct call){.args = ARGS("data"), .nobody = true}, 0, NULL, "");
	/* a lock that it may not open */
	expect(state, (struct call){.tool = "ecs-single", .args = ARGS("a"), .nobody = true}, EX_NOPERM, "",
	       "ecs-single: cannot make folder ");
	assert_int_equal(temp_count(state, "root"), 0); /* its metrics cannot be written, and nobody is bothered */
	assert_int_equal(chmod(root, 0777), 0);
	expect(state, (struct call){.tool = "ecs-single", .args = ARGS("a"), .nobody = true}, 0, NULL, "");
}

/* The flow that a killed command left is resolved before anything else is done. */
static void what_was_left_is_resolved_first(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "root/var/lib/ecs");
	CLEANUP(mem_freep) char *journal = temp_path(state, "root/var/lib/ecs/journal");
	struct error e = {0};

	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, "root/var/lib/ecs/journal", "flow of another version\nbegin x\n");
	EXPECT(EXIT_HALFWAY, "", "which this version does not know", "change", "a"); /* it did not run */
	EXPECT(0, NULL, "", "change", "a", "-n");
	EXPECT(0, NULL, "", "data");
	assert_true(file_exists(journal));
	temp_put(state, "root/var/lib/ecs/journal", "flow torn");
	EXPECT(0, NULL, "", "change", "a");
	assert_false(file_exists(journal));
}

/* --- what it leaves: metrics, audit --------------------------------------------------------------- */

static void assert_line(const char *text, const char *line)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, text);
	if (!strlist_has(&lines, line))
		fail_msg("no line '%s' in:\n%s", line, text);
}

static char *metrics(void **state)
{
	char *text = temp_get(state, "root/var/lib/ecs/metrics/ecs-sample.prom");

	assert_non_null(text);
	return text;
}

#define L(verb) "{tool=\"ecs-sample\",verb=\"" verb "\"}"
#define AT(seconds, ...) (struct call){.clock = seconds, .args = ARGS(__VA_ARGS__)}

static void metrics_tell_success_and_failure(void **state)
{
	CLEANUP(mem_freep) char *first = NULL;
	CLEANUP(mem_freep) char *second = NULL;

	expect(state, AT("1000", "change", "fail"), EXIT_FAILED, NULL, NULL);
	expect(state, AT("1010", "data"), 0, NULL, NULL);
	first = metrics(state);
	assert_line(first, "ecs_command_last_start_seconds" L("change") " 1000");
	assert_line(first, "ecs_command_last_success_seconds" L("change") " 0"); /* never */
	assert_line(first, "ecs_command_exit_code" L("change") " 1");
	assert_null(strstr(first, "\"data\""));

	expect(state, AT("1020", "change", "a"), 0, NULL, NULL);
	expect(state, AT("1030", "change", "signal"), 128 + SIGTERM, NULL, NULL);
	expect(state, AT("1040", "change", "a", "--check"), 0, NULL, NULL);
	expect(state, AT("1050", "change", "a", "-n"), 0, NULL, NULL); /* of a dry run nothing is kept */
	expect(state, AT("1060", "plan", "-n"), 0, NULL, NULL);
	second = metrics(state);
	assert_line(second, "ecs_command_last_start_seconds" L("change") " 1030");
	assert_line(second, "ecs_command_last_success_seconds" L("change") " 1020"); /* kept */
	assert_line(second, "ecs_command_exit_code" L("change") " 143");
	assert_line(second, "ecs_command_last_success_seconds" L("change check") " 1040");
	assert_null(strstr(second, "\"plan\""));
	/* each series is one group with one HELP and one TYPE, as the text format wants it */
	for (const char *at = second; (at = strstr(at, "# TYPE ecs_command_exit_code gauge\n")); at++)
		assert_null(strstr(at + 1, "# TYPE ecs_command_exit_code"));
	CLEANUP(strlist_free) struct strlist lines = {0};
	strlist_lines(&lines, second);
	assert_int_equal(lines.count, 4 * (2 + 2));
	for (size_t i = 0; i < lines.count; i++)
		if (str_begins(lines.item[i], "ecs_command_duration_seconds{"))
			assert_true(atof(strrchr(lines.item[i], ' ')) < 60);
}

/* Whoever looks leaves no trace, and no folder on a machine that has none. */
static void reading_leaves_nothing(void **state)
{
	EXPECT(0, NULL, "", "data");
	EXPECT(EXIT_FAILED, "", NULL, "data", "fail");
	EXPECT(0, NULL, "", "change", "a", "--list");
	EXPECT(0, NULL, "", "exec", "ls");
	assert_int_equal(temp_count(state, "root"), 0);
}

static void metrics_that_cannot_be_written(void **state)
{
	temp_put(state, "root/var", "a file in the folder's place");
	EXPECT(0, NULL, "ecs-sample: warning: metrics: '", "plan"); /* said to root; the command did its work */
}

static void torn_metrics_are_replaced(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "root/var/lib/ecs/metrics");
	CLEANUP(mem_freep) char *text = NULL;
	struct error e = {0};

	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, "root/var/lib/ecs/metrics/ecs-sample.prom",
		 "garbage\necs_command_exit_code" L("plan") "\necs_command_exit_code" L("other") " 4\n\necs_comm");
	expect(state, AT("1000", "plan"), 0, NULL, "");
	text = metrics(state);
	assert_line(text, "ecs_command_exit_code" L("plan") " 0");
	assert_line(text, "ecs_command_exit_code" L("other") " 4");
	assert_null(strstr(text, "garbage"));
}

static void assert_log(const char *begin, const char *end)
{
	CLEANUP(mem_freep) char *line = next_log();

	assert_non_null(line);
	assert_memory_equal(line, "<85>", 4); /* authpriv.notice */
	if (!strstr(line, begin) || !strstr(line, end))
		fail_msg("'%s' does not say '%s … %s'", line, begin, end);
	assert_null(next_log());
}

static void each_change_is_one_line_in_syslog(void **state)
{
	CLEANUP(mem_freep) char *begin = mem_format("uid 0: --root=%s/root change a --to r1: ", (char *)*state);
	CLEANUP(mem_freep) char *odd = mem_format("uid 0 by sudo of eve?: --root=%s/root change a?b: ", (char *)*state);

	forget_log();
	EXPECT(0, NULL, "", "change", "a", "--to", "r1");
	assert_log(begin, "exit status 0 after ");
	EXPECT(EXIT_FAILED, NULL, NULL, "change", "fail");
	assert_log(" ecs-sample[", "change fail: exit status 1 after ");
	/* nobody forges a second line */
	expect(state, (struct call){.args = ARGS("change", "a\nb"), .sudo_user = "eve\n"}, 0, NULL, "");
	assert_log(odd, "exit status 0 after ");
	EXPECT(0, NULL, "", "plan");
	assert_log(" plan: ", "exit status 0 after ");
	EXPECT(0, NULL, "", "change", "a", "-n");
	EXPECT(0, NULL, "", "change", "a", "--check");
	EXPECT(0, NULL, "", "plan", "--dry-run");
	EXPECT(0, NULL, "", "data");
	assert_null(next_log());
}

static void a_dry_run_leaves_nothing(void **state)
{
	forget_log();
	EXPECT(0, "verb=change root=ROOT dry=1 json=0 locked=0 mode=- to=- depth=- force=0: [a]\n", "", "-n", "change", "a");
	expect(state, (struct call){.tool = "ecs-single", .args = ARGS("-n", "a")}, 0, NULL, "");
	EXPECT(EXIT_FAILED, "", NULL, "-n", "change", "fail");
	EXPECT(0, NULL, "", "plan", "-n");
	assert_int_equal(temp_count(state, "root"), 0);
	assert_null(next_log());
}

/* --- bash ----------------------------------------------------------------------------------------- */

static void write_completion(void **state, const char *tool)
{
	CLEANUP(mem_freep) char *file = mem_format("%s.bash", tool);
	CLEANUP(run_free) struct run_result res =
		call(state, (struct call){.tool = tool, .args = ARGS("--completion", "bash"), .no_root = true});

	assert_int_equal(res.code, 0);
	temp_put(state, file, res.out.data);
}

static void completes(void **state, const char *tool, const char *words, const char *want)
{
	CLEANUP(mem_freep) char *script =
		mem_format("PATH=.:$PATH; bash -n %s.bash && . ./%s.bash && COMP_WORDS=(%s %s) && COMP_CWORD=$((${#COMP_WORDS[@]}-1)) && "
			   "{ _%s || :; } && echo \"${COMPREPLY[*]}\"", tool, tool, tool, words, tool);
	struct run r = {.argv = ARGS("bash", "-c", script), .dir = *state};
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};

	if (run_check(&r, 0, &res, &e) != 0)
		fail_msg("%s", e.text);
	str_trim(&res.out);
	assert_string_equal(str_get(&res.out), want);
	assert_string_equal(str_get(&res.err), "");
}

static void completion_follows_the_description(void **state)
{
	write_completion(state, "ecs-sample");
	write_completion(state, "ecs-single");
	completes(state, "ecs-sample", "''", "change data plan exec other help");
	completes(state, "ecs-sample", "ch", "change");
	completes(state, "ecs-sample", "change --d", "--depth --dry-run");
	completes(state, "ecs-sample", "data --", "--quiet --verbose --json --root --help --version");
	completes(state, "ecs-sample", "-v change --fo", "--force");
	completes(state, "ecs-sample", "--root /data plan --dr", "--dry-run"); /* /data is no verb */
	completes(state, "ecs-sample", "bogus ''", "change data plan exec other help");
	completes(state, "ecs-single", "--che", "--check");
	completes(state, "ecs-single", "x --lis", "--list");
	completes(state, "ecs-single", "--list --lis", ""); /* is given already */
	completes(state, "ecs-sample", "help ch", "change");
	completes(state, "ecs-sample", "change --to ''", "");
	completes(state, "ecs-sample", "exec true --f", ""); /* not ours */
	completes(state, "ecs-sample", "'change' \"--fo\"", "--force");
}

/* Reads what the terminal shows until it shows TEXT. */
static void read_until(int fd, const char *text)
{
	CLEANUP(str_free) struct str seen = {0};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[1024];

	while (!strstr(str_get(&seen), text)) {
		ssize_t n = poll(&p, 1, 60000) == 1 ? read(fd, buf, sizeof buf) : -1;

		if (n <= 0)
			fail_msg("the terminal did not show '%s' but '%s'", text, str_get(&seen));
		str_addn(&seen, buf, (size_t)n);
	}
}

static void type(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* A person at a terminal presses the tabulator. */
static void completion_in_a_real_bash(void **state)
{
	CLEANUP(mem_freep) char *done = temp_path(state, "typed");
	CLEANUP(mem_freep) char *typed = NULL;
	int terminal;
	pid_t pid;

	write_completion(state, "ecs-sample");
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		if (chdir(*state) != 0)
			_exit(1);
		setenv("PS1", "ready> ", 1);
		setenv("TERM", "dumb", 1);
		unsetenv("BASH_ENV");
		execlp("bash", "bash", "--noprofile", "--norc", "-i", NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	read_until(terminal, "ready> ");
	type(terminal, ". ./ecs-sample.bash; PATH=.:$PATH; ecs-sample() { printf '<%s>' \"$@\" > new; mv new typed; }; echo begi''n\n");
	read_until(terminal, "begin");
	type(terminal, "ecs-sample ch\t--fo\tx --root ecs-sing\t\n");
	assert_true(temp_appears(done, 60));
	typed = temp_get(state, "typed");
	assert_string_equal(typed, "<change><--force><x><--root><ecs-single>");
	type(terminal, "exit\n");
	temp_wait(pid, 60);
	close(terminal);
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown(test, make_ground, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_GROUND(options_are_read),
		ON_GROUND(options_before_the_verb),
		ON_GROUND(times_are_read_alike),
		ON_GROUND(the_hint_is_one_line),
		ON_GROUND(two_dashes_end_the_options),
		ON_GROUND(misuse_is_64_and_on_stderr),
		ON_GROUND(nothing_else_is_touched_by_misuse),
		ON_GROUND(help_and_version_are_data),
		ON_GROUND(every_way_to_ask_for_help),
		ON_GROUND(a_full_or_closed_stdout),
		ON_GROUND(closed_descriptors_are_not_taken_by_files),
		ON_GROUND(a_reader_that_has_seen_enough),
		ON_GROUND(errors_and_levels),
		ON_GROUND(a_held_lock_is_75_and_names_the_holder),
		ON_GROUND(a_wait_ends_with_the_holder),
		ON_GROUND(who_is_not_root_is_77),
		ON_GROUND(what_was_left_is_resolved_first),
		ON_GROUND(metrics_tell_success_and_failure),
		ON_GROUND(reading_leaves_nothing),
		ON_GROUND(metrics_that_cannot_be_written),
		ON_GROUND(torn_metrics_are_replaced),
		ON_GROUND(each_change_is_one_line_in_syslog),
		ON_GROUND(a_dry_run_leaves_nothing),
		ON_GROUND(completion_follows_the_description),
		ON_GROUND(completion_in_a_real_bash),
	};

	as_root = geteuid() == 0;
	signal(SIGPIPE, SIG_IGN);
	if (!temp_namespace() || own_dev() != 0) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}

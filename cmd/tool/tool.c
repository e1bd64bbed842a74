/* SPDX-License-Identifier: MIT */
#include "cmd/tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "cmd/tool/complete.h"
#include "cmd/tool/metrics.h"
#include "cmd/tool/parse.h"
#include "cmd/tool/shells.h"
#include "cmd/tool/usage.h"
#include "appliance/leftovers.h"
#include "command/flows.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/signals.h"

/* One run: what its run function sees, and what is not its business. */
struct session {
	struct tool_call call;
	struct parsed parsed;
	char *root;
	time_t start;
	long long start_ms;
};

const char *tool_value(const struct tool_call *call, const char *name)
{
	const struct tool_option *o = call->verb->options;

	for (size_t i = 0; o && o[i].name; i++)
		if (strcmp(o[i].name, name) == 0)
			return call->value[i];
	return NULL;
}

/* --- running ------------------------------------------------------------------------------------ */

static bool changes(const struct session *s)
{
	return !s->call.dry_run && s->call.mode == NULL;
}

/* The call that a run function sees is the first member of its session. */
static const struct session *session_of(const struct tool_call *call)
{
	return (const struct session *)(const void *)call;
}

long tool_wait(const struct tool_call *call)
{
	return parse_wait(&session_of(call)->parsed);
}

int tool_lock(struct tool_call *call, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(call->root, NAME_LOCK);

	call->lock_fd = lock_take(path, call->tool->name, tool_wait(call), e);
	if (call->lock_fd < 0)
		return -1;
	if (flow_resolve(call->root, flow_kinds, e) != 0)
		return -1;
	leftovers_retry(call->root, strcmp(call->tool->name, "ecs-start") == 0);
	return 0;
}

static int run(struct session *s, struct error *e)
{
	unsigned flags = s->call.verb->flags;

	if ((flags & TOOL_ROOT) && changes(s) && geteuid() != 0)
		return error_set(e, EX_NOPERM, "must be run by root: try 'sudo %s'", s->call.tool->name);
	if ((flags & TOOL_LOCKS) && !(flags & TOOL_LATER) && changes(s) && tool_lock(&s->call, e) != 0)
		return -1;
	return s->call.verb->run(&s->call, e);
}

/* What stands for the verb in metrics and the audit: a mode is a command of its own. */
static char *label(const struct session *s)
{
	const char *verb = s->call.verb && s->call.verb->name ? s->call.verb->name : "";

	if (s->call.mode)
		return mem_format("%s%s%s", verb, *verb ? " " : "", s->call.mode);
	return mem_dup(verb);
}

/* As one word of a line: what could end the line, or look like another, is a question mark. */
static void add_word(struct str *line, const char *word)
{
	for (const char *p = word; *p; p++)
		str_addc(line, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
}

/* Who changed what, with what outcome: one line in syslog. Nothing secret is ever an argument. */
static void audit(const struct session *s, char **argv, int code)
{
	CLEANUP(str_free) struct str line = {0};
	const char *sudo = getenv("SUDO_USER");

	str_addf(&line, "uid %u", getuid());
	if (sudo) {
		str_add(&line, " by sudo of ");
		add_word(&line, sudo);
	}
	str_addc(&line, ':');
	for (char **p = argv + 1; *p; p++) {
		str_addc(&line, ' ');
		add_word(&line, *p);
	}
	openlog(s->call.tool->name, LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s: exit status %d after %lld ms", line.data, code,
	       clock_ms() - s->start_ms);
	closelog();
}

/* What changes something, or is called by a job, tells how it ended. */
static bool leaves_metrics(const struct session *s)
{
	const struct tool_option *o = s->call.verb->options;

	if (s->call.mode == NULL)
		return s->call.verb->flags & TOOL_CHANGES;
	while (strcmp(o->name, s->call.mode) != 0)
		o++;
	return o->mode == TOOL_JOB;
}

static void record(const struct session *s, char **argv, int code)
{
	CLEANUP(mem_freep) char *verb = label(s);

	if (s->call.verb == NULL || s->call.dry_run)
		return;
	if ((s->call.verb->flags & TOOL_CHANGES) && changes(s))
		audit(s, argv, code);
	if (leaves_metrics(s))
		metrics_write(s->call.root, s->call.tool->name, verb, s->start, clock_ms() - s->start_ms, code);
}

/* Prints the error; the exit status. */
static int tell(const struct session *s, const struct error *e)
{
	log_error("%s", e->text);
	if (e->code != MISUSE_CODE)
		return e->code ? e->code : EX_SOFTWARE;
	usage_hint(s->call.tool, s->call.verb, stderr);
	return EX_USAGE;
}

/* stdout is data: one that could not be written is a failure. It is closed. */
static int close_output(int code)
{
	bool bad = ferror(stdout);

	errno = EIO; /* where a write failed before and this one does not */
	if (fclose(stdout) == 0 && !bad)
		return code;
	if (errno == EPIPE) /* "| head" has seen enough */
		return code ? code : EXIT_SIGNAL + SIGPIPE;
	log_error("cannot write to stdout: %s", strerror(errno));
	return code ? code : EX_IOERR;
}

/* --- the whole ---------------------------------------------------------------------------------- */

/*
 * The first descriptors that are opened must not become 0, 1 or 2: what is printed would go there. What
 * was closed is opened the wrong way round, so that its use fails.
 */
static void open_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(EX_OSERR);
}

static int find_root(struct session *s, struct error *e)
{
	if (s->parsed.root == NULL) {
		s->root = mem_dup("");
		return 0;
	}
	s->root = realpath(s->parsed.root, NULL);
	if (s->root == NULL)
		return error_errno(e, EX_NOINPUT, "--root '%s'", s->parsed.root);
	if (strcmp(s->root, "/") == 0)
		*s->root = '\0';
	return 0;
}

static int prepare(struct session *s, struct error *e)
{
	const struct parsed *p = &s->parsed;

	if (find_root(s, e) != 0)
		return -1;
	s->call.verb = p->verb;
	s->call.mode = p->mode;
	s->call.root = s->root;
	s->call.dry_run = p->dry_run;
	s->call.json = p->json;
	s->call.value = s->parsed.value;
	s->call.operand = strlist_argv(&p->operands);
	s->call.operands = (int)p->operands.count;
	log_init(s->call.tool->name, p->quiet ? LOG_QUIET : p->verbose ? LOG_VERBOSE : LOG_NORMAL);
	return 0;
}

static int about(const struct parsed *p)
{
	if (p->help)
		usage_help(p->tool, p->verb, stdout);
	else if (p->version)
		printf("%s %s\n", p->tool->name, ECS_VERSION);
	else
		shells_print(p->completion, p->tool->name, stdout);
	return close_output(0);
}

int tool_main(const struct tool *tool, int argc, char **argv)
{
	struct session s = {.call = {.tool = tool, .root = "", .lock_fd = -1}};
	struct error e = {0};
	int code;

	open_standard();
	if (argc > 1 && strcmp(argv[1], SHELLS_ASK) == 0) {
		complete_print(tool, argv + 2, stdout);
		return close_output(0);
	}
	s.start = clock_now();
	s.start_ms = clock_ms();
	log_init(tool->name, LOG_NORMAL);
	signals_catch();
	if (parse_arguments(tool, argv, &s.parsed, &e) != 0) {
		s.call.verb = s.parsed.verb;
		code = tell(&s, &e);
	} else if (parse_is_about(&s.parsed)) {
		code = about(&s.parsed);
	} else if (prepare(&s, &e) != 0) {
		code = tell(&s, &e);
	} else {
		code = run(&s, &e);
		code = close_output(code < 0 ? tell(&s, &e) : code);
		record(&s, argv, code);
	}
	parse_free(&s.parsed);
	free(s.root);
	return code;
}

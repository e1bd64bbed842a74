/* SPDX-License-Identifier: MIT */
#include "sys/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/idle.h"
#include "sys/signals.h"

enum {
	GRACE_MS = 10000,     /* between SIGTERM and SIGKILL, where the caller names none */
	OUTPUT_MAX = 64 << 20, /* bytes kept of each output; what is more is drained and dropped */
	KEPT_LINES = 2000,    /* of a failed program, in syslog */
	IDLE_LOOKS = 20       /* within the time that it may be idle */
};

/* --- waiting ------------------------------------------------------------------------------------ */

static void keep(struct str *s, const char *bytes, size_t n)
{
	size_t room = OUTPUT_MAX - s->len;

	str_addn(s, bytes, n < room ? n : room);
}

/* Hands the whole lines behind *TOLD to the caller; at the END also one without a newline. */
static void tell_lines(const struct run *r, const struct str *s, size_t *told, bool end)
{
	while (r->line && *told < s->len) {
		const char *from = s->data + *told;
		const char *to = memchr(from, '\n', s->len - *told);
		CLEANUP(mem_freep) char *line = NULL;

		if (to == NULL && !end)
			return;
		line = mem_dupn(from, to ? (size_t)(to - from) : s->len - *told);
		*told = to ? (size_t)(to - s->data) + 1 : s->len;
		r->line(r->arg, line);
	}
}

static void drain(int *fd, struct str *to)
{
	char buf[65536];
	ssize_t n = read(*fd, buf, sizeof buf);

	if (n > 0)
		keep(to, buf, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		file_closep(fd);
}

/*
 * The child is gone: what it wrote is in the pipe. What it left behind in the background may hold the
 * pipe open, and write to it without end: only what is there now is read.
 */
static void drain_rest(int *fd, struct str *to)
{
	char buf[65536];
	int left = 0;

	if (*fd >= 0 && ioctl(*fd, FIONREAD, &left) != 0)
		left = 0;
	while (left > 0) {
		ssize_t n = read(*fd, buf, (size_t)left < sizeof buf ? (size_t)left : sizeof buf);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		keep(to, buf, (size_t)n);
		left -= (int)n;
	}
	file_closep(fd);
}

static void feed(struct child *c, const struct run *r, size_t *fed)
{
	ssize_t n = write(c->in, r->input + *fed, r->input_len - *fed);

	if (n > 0)
		*fed += (size_t)n;
	/* EPIPE: it does not want the rest; its exit status tells what that means */
	if (*fed == r->input_len || (n < 0 && errno != EINTR && errno != EAGAIN))
		file_closep(&c->in);
}

struct watch {
	long long until; /* clock_ms() of the deadline, 0: none */
	long long kill_at; /* clock_ms() of SIGKILL once SIGTERM was sent, 0: not sent */
	long long tick_at; /* clock_ms() of the next tick, 0: none */
	long long look_at; /* clock_ms() of the next look whether it is idle, 0: none */
	struct idle idle;
	enum run_how how;
	int code;
};

static void end_group(const struct run *r, const struct child *c, int number)
{
	kill(r->foreground ? c->pid : -c->pid, number);
}

/* On its own terminal the child got the SIGINT itself, and may have a use for it. */
static bool told_to_end(const struct run *r)
{
	int number = signals_pending();

	return number && !(r->foreground && number == SIGINT);
}

/* Ticks when it is time. False: the child shall end. */
static bool tick(const struct run *r, struct watch *w, long long now)
{
	if (w->tick_at == 0 || now < w->tick_at)
		return true;
	if (!r->tick(r->tick_arg))
		return false;
	w->tick_at = clock_ms() + r->tick_ms;
	return true;
}

/* Looks when it is time. True: the child has been idle for too long. */
static bool too_idle(const struct run *r, const struct child *c, struct watch *w, long long now)
{
	if (w->look_at == 0 || now < w->look_at)
		return false;
	w->look_at = now + r->idle_ms / IDLE_LOOKS;
	return idle_look(&w->idle, c->pid) >= r->idle_ms;
}

/* Asks the child to end, then makes it. */
static void press(const struct run *r, const struct child *c, struct watch *w)
{
	long long now = clock_ms();

	if (w->kill_at) {
		if (now >= w->kill_at)
			end_group(r, c, SIGKILL);
		return;
	}
	if (told_to_end(r)) {
		w->how = RUN_INTERRUPTED;
		w->code = signals_pending();
	} else if (w->until && now >= w->until) {
		w->how = RUN_TIMED_OUT;
	} else if (!tick(r, w, now)) {
		w->how = RUN_STOPPED;
	} else if (too_idle(r, c, w, now)) {
		w->how = RUN_IDLE;
	} else {
		return;
	}
	end_group(r, c, SIGTERM);
	w->kill_at = now + (r->grace_ms ? r->grace_ms : GRACE_MS);
}

/* The sooner of two times, of which 0 is none. */
static long long sooner(long long a, long long b)
{
	return a == 0 || (b && b < a) ? b : a;
}

static int poll_ms(const struct run *r, const struct watch *w)
{
	long long at = w->kill_at ? w->kill_at : sooner(w->until, sooner(w->tick_at, w->look_at)), left;

	if (at == 0)
		return r->foreground ? 1000 : -1;
	left = at - clock_ms();
	return left < 0 ? (w->kill_at ? 100 : 0) : (int)(left > 60000 ? 60000 : left);
}

/* Until the child has ended. */
static void watch_child(const struct run *r, struct child *c, struct run_result *res, struct watch *w)
{
	int wake = r->foreground ? -1 : signals_fd();
	size_t fed = 0, told = 0;
	bool gone = false;

	if (c->in >= 0) /* a child that does not read must not stop us from reading */
		fcntl(c->in, F_SETFL, O_NONBLOCK);
	while (!gone) {
		struct pollfd p[5] = {
			{.fd = c->out, .events = POLLIN},
			{.fd = c->err, .events = POLLIN},
			{.fd = c->in, .events = POLLOUT},
			{.fd = c->ended, .events = POLLIN},
			{.fd = w->kill_at ? -1 : wake, .events = POLLIN},
		};

		if (poll(p, 5, poll_ms(r, w)) < 0) /* interrupted: nothing is known of any */
			memset(p, 0, sizeof p);
		if (p[0].revents)
			drain(&c->out, &res->out);
		if (p[1].revents)
			drain(&c->err, &res->err);
		if (p[2].revents)
			feed(c, r, &fed);
		tell_lines(r, &res->err, &told, false);
		gone = p[3].revents;
		if (!gone)
			press(r, c, w);
	}
	drain_rest(&c->out, &res->out);
	drain_rest(&c->err, &res->err);
	tell_lines(r, &res->err, &told, true);
}

int run_command(const struct run *r, struct run_result *res, struct error *e)
{
	long long began = clock_ms();
	struct watch w = {.until = r->timeout_ms ? began + r->timeout_ms : 0, .how = RUN_EXITED,
			  .tick_at = r->tick_ms ? began + r->tick_ms : 0,
			  .look_at = r->idle_ms ? began : 0};
	struct child c;
	int status;

	*res = (struct run_result){0};
	if (signals_pending())
		return signals_error(e);
	if (child_start(r, &c, e) != 0)
		return -1;
	if (r->started)
		r->started(r->started_arg, (int)c.pid);
	watch_child(r, &c, res, &w);
	status = child_reap(&c);
	res->ms = (long)(clock_ms() - began);
	res->how = w.how;
	res->code = w.code;
	if (w.how == RUN_EXITED) {
		res->how = WIFSIGNALED(status) ? RUN_SIGNALLED : RUN_EXITED;
		res->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	}
	return 0;
}

/* --- errors ------------------------------------------------------------------------------------- */

/* The words that tell a reader which command it was: up to the first option, three at most. */
static void command_words(const struct run *r, struct str *s)
{
	const char *base = strrchr(r->argv[0], '/');

	str_add(s, base ? base + 1 : r->argv[0]);
	for (int i = 1; i < 3 && r->argv[i] && r->argv[i][0] != '-'; i++)
		str_addf(s, " %s", r->argv[i]);
}

/* The last line that is not blank; NULL where there is none. */
static char *last_line(const struct str *s)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, str_get(s));
	while (lines.count && lines.item[lines.count - 1][strspn(lines.item[lines.count - 1], " \t\r")] == '\0')
		free(lines.item[--lines.count]);
	return lines.count ? mem_dup(lines.item[lines.count - 1]) : NULL;
}

/* The whole of what a failed program said, for who looks into it later: the message holds one line of it. */
static void keep_lines(const char *words, const struct str *err)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, str_get(err));
	for (size_t i = lines.count > KEPT_LINES ? lines.count - KEPT_LINES : 0; i < lines.count; i++)
		log_keep("%s: %s", words, lines.item[i]);
}

int run_error(const struct run *r, const struct run_result *res, int code, struct error *e)
{
	CLEANUP(str_free) struct str words = {0};
	CLEANUP(mem_freep) char *why = r->reason ? r->reason(str_get(&res->err)) : NULL;

	if (why == NULL)
		why = last_line(res->err.len ? &res->err : &res->out);
	command_words(r, &words);
	keep_lines(words.data, res->err.len ? &res->err : &res->out); /* where the reason is from */
	if (code == 0)
		code = EXIT_FAILED;
	switch (res->how) {
	case RUN_EXITED:
		error_set(e, code, "%s: exited %d", words.data, res->code);
		break;
	case RUN_SIGNALLED:
		error_set(e, code, "%s: killed by signal %d (%s)", words.data, res->code,
			  strsignal(res->code));
		break;
	case RUN_TIMED_OUT:
		error_set(e, code, "%s: not finished after %g s, stopped", words.data,
			  (double)r->timeout_ms / 1000);
		break;
	case RUN_STOPPED:
		error_set(e, code, "%s: stopped", words.data);
		break;
	case RUN_IDLE:
		error_set(e, code, "%s: did nothing for %g s, stopped", words.data,
			  (double)r->idle_ms / 1000);
		break;
	case RUN_INTERRUPTED:
		signals_error(e);
		return error_context(e, "%s", words.data);
	}
	if (why)
		error_append(e, "%s", why);
	return -1;
}

int run_check(const struct run *r, int code, struct run_result *res, struct error *e)
{
	if (run_command(r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	return run_error(r, res, code, e);
}

void run_free(struct run_result *res)
{
	str_free(&res->out);
	str_free(&res->err);
}

int run_exec(const char *const *argv, const char *const *env, struct error *e)
{
	signals_restore();
	execvpe(argv[0], (char *const *)argv, (char *const *)env);
	return error_errno(e, EX_UNAVAILABLE, "cannot execute '%s'", argv[0]);
}

/* --- several at once -------------------------------------------------------------------------------------- */

/* One program, run in a thread: run_check() waits for its child. */
struct job {
	const struct run *run;
	int code;
	pthread_t thread;
	struct error error;
	int result; /* what run_check() returned */
};

static void *run_job(void *arg)
{
	struct job *job = arg;
	CLEANUP(run_free) struct run_result res = {0};

	job->result = run_check(job->run, job->code, &res, &job->error);
	return NULL;
}

/* Starts a thread for each job; returns how many there are. */
static size_t start_all(struct job *jobs, const struct run *runs, size_t count, int code, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		jobs[i].run = &runs[i];
		jobs[i].code = code;
		errno = pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]);
		if (errno != 0) {
			error_errno(e, EX_OSERR, "cannot start a thread");
			return i;
		}
	}
	return count;
}

int run_together(const struct run *runs, size_t count, int code, struct error *e)
{
	CLEANUP(mem_freep) struct job *jobs = mem_alloc((count + 1) * sizeof *jobs);
	size_t started = start_all(jobs, runs, count, code, e);
	int r = started == count ? 0 : -1;

	for (size_t i = 0; i < started; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (r == 0 && jobs[i].result != 0) {
			*e = jobs[i].error;
			r = -1;
		}
	}
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/names.h"
#include "sys/file.h"
#include "sys/signals.h"

/* --- environment -------------------------------------------------------------------------------- */

static void add_variable(struct strlist *env, const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	if (value || otherwise)
		strlist_addf(env, "%s=%s", name, value ? value : otherwise);
}

/* A later setting of a name replaces the earlier one. */
static void set_variable(struct strlist *env, const char *setting)
{
	size_t n = strcspn(setting, "=") + 1;

	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->item[i], setting, n) == 0) {
			free(env->item[i]);
			env->item[i] = mem_dup(setting);
			return;
		}
	}
	strlist_add(env, setting);
}

static const char *search_path(void)
{
	const char *path = getenv("ECS_PATH");

	return path ? path : NAME_PATH;
}

static void make_environment(const struct run *r, struct strlist *env)
{
	strlist_addf(env, "PATH=%s", search_path());
	strlist_add(env, "LC_ALL=C.UTF-8");
	add_variable(env, "HOME", "/root");
	add_variable(env, "TERM", "dumb");
	add_variable(env, "DOCKER_HOST", NULL);
	add_variable(env, "ECS_PATH", NULL);
	for (const char *const *p = r->env; p && *p; p++)
		set_variable(env, *p);
}

static bool is_program(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

/* The file to execute, in our PATH (an empty part of it is nothing); NULL where there is none. */
static char *find_program(const char *name)
{
	const char *path = search_path();

	if (strchr(name, '/'))
		return is_program(name) ? mem_dup(name) : NULL;
	while (*path) {
		size_t n = strcspn(path, ":");
		CLEANUP(mem_freep) char *file = mem_format("%.*s/%s", (int)n, path, name);

		if (n && is_program(file))
			return mem_dup(file);
		path += n + (path[n] == ':');
	}
	return NULL;
}

/* --- descriptors -------------------------------------------------------------------------------- */

struct pipes {
	int in[2], out[2], err[2];
	int life[2]; /* lifeline: the guard reads, nobody writes but the child its process id */
	int fail[2]; /* says why the program could not be executed; closed by its execution */
	int null;
};

static void pipes_close(struct pipes *p)
{
	int *const all[] = {&p->in[0], &p->in[1], &p->out[0], &p->out[1], &p->err[0], &p->err[1],
			    &p->life[0], &p->life[1], &p->fail[0], &p->fail[1], &p->null};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		file_closep(all[i]);
}

static bool make_pipe(bool wanted, int fds[2])
{
	return !wanted || pipe2(fds, O_CLOEXEC) == 0;
}

static int make_pipes(const struct run *r, struct pipes *p, struct error *e)
{
	bool collect = !r->foreground;

	if (!make_pipe(r->input, p->in) || !make_pipe(collect && !r->joined && r->stdout_fd <= 0, p->out) ||
	    !make_pipe(collect, p->err) || !make_pipe(collect, p->life) || !make_pipe(true, p->fail))
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	if (collect && !r->input && r->stdin_fd <= 0) {
		p->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (p->null < 0)
			return error_errno(e, EX_OSERR, "cannot open '/dev/null'");
	}
	return 0;
}

/* --- the processes: between fork and exec only async-signal-safe calls ---------------------------- */

enum stage { STAGE_PREPARE, STAGE_DIR, STAGE_EXECUTE };

struct failure {
	enum stage stage;
	int err;
};

static _Noreturn void give_up(const struct pipes *p, enum stage stage)
{
	struct failure f = {stage, errno};
	ssize_t n = write(p->fail[1], &f, sizeof f);

	_exit(n == (ssize_t)sizeof f ? 127 : 126);
}

static bool put_descriptors(const struct run *r, const struct pipes *p)
{
	int in = r->input ? p->in[0] : r->stdin_fd > 0 ? r->stdin_fd : p->null;
	int out = r->joined ? p->err[1] : r->stdout_fd > 0 ? r->stdout_fd : p->out[1];

	if ((in >= 0 && dup2(in, 0) < 0) || (out >= 0 && dup2(out, 1) < 0) ||
	    (p->err[1] >= 0 && dup2(p->err[1], 2) < 0))
		return false;
	if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0)
		return false;
	return r->keep_fd <= 2 || fcntl(r->keep_fd, F_SETFD, 0) == 0;
}

static _Noreturn void become(const struct run *r, const struct pipes *p, const char *file,
			     char *const *env, pid_t parent)
{
	pid_t self = getpid();
	sigset_t none;

	signals_restore();
	/* systemd starts us with it ignored; what outlives us must not die of our end of its pipes */
	signal(SIGPIPE, r->outlives ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!r->outlives)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(127);
	if (!r->foreground &&
	    (setpgid(0, 0) != 0 || write(p->life[1], &self, sizeof self) != (ssize_t)sizeof self))
		give_up(p, STAGE_PREPARE);
	if (!put_descriptors(r, p))
		give_up(p, STAGE_PREPARE);
	if (!r->foreground)
		umask(022); /* what it makes is not to depend on who called us */
	if (r->dir && chdir(r->dir) != 0)
		give_up(p, STAGE_DIR);
	execve(file, (char *const *)r->argv, env);
	give_up(p, STAGE_EXECUTE);
}

static bool read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/*
 * The signal of the parent's death reaches the child only: what the child started itself ("docker" starts
 * "docker-compose") would go on behind the next command's back. So a guard waits for the lifeline to
 * close, which no kill can prevent, and ends the whole group. It holds nothing of ours, the lock least
 * of all.
 */
static _Noreturn void guard(int life)
{
	sigset_t all;
	pid_t group;
	char c;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "ecs-guard");
	if (dup2(life, 0) < 0 || syscall(SYS_close_range, 1, ~0U, 0) != 0)
		_exit(1);
	if (read_all(0, &group, sizeof group) && group > 1 && !read_all(0, &c, 1))
		kill(-group, SIGKILL);
	_exit(0);
}

static int fork_both(const struct run *r, const struct pipes *p, const char *file, char *const *env,
		     struct child *c)
{
	pid_t parent = getpid();

	fflush(NULL);
	if (!r->foreground && !r->outlives) {
		c->guard = fork();
		if (c->guard == 0)
			guard(p->life[0]);
		if (c->guard < 0)
			return -1;
	}
	c->pid = fork();
	if (c->pid == 0)
		become(r, p, file, env, parent);
	return c->pid < 0 ? -1 : 0;
}

/* --- start and end ------------------------------------------------------------------------------ */

static int reap(pid_t pid)
{
	int status = 0;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void dismiss(struct child *c)
{
	if (c->guard > 0) {
		kill(c->guard, SIGKILL);
		reap(c->guard);
	}
	c->guard = 0;
}

static int explain(const struct run *r, const struct failure *f, struct error *e)
{
	errno = f->err;
	if (f->stage == STAGE_DIR)
		return error_errno(e, 0, "cannot run '%s' in '%s'", r->argv[0], r->dir);
	if (f->stage == STAGE_EXECUTE)
		return error_errno(e, EX_UNAVAILABLE, "cannot execute '%s'", r->argv[0]);
	return error_errno(e, EX_OSERR, "cannot start '%s'", r->argv[0]);
}

/* Waits until the program was executed, or why not. */
static int executed(const struct run *r, const struct pipes *p, struct child *c, struct error *e)
{
	struct failure f;

	if (read_all(p->fail[0], &f, sizeof f))
		return explain(r, &f, e);
	c->ended = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return c->ended < 0 ? error_errno(e, EX_OSERR, "cannot watch '%s'", r->argv[0]) : 0;
}

static int take(int *fd)
{
	int was = *fd;

	*fd = -1;
	return was;
}

int child_start(const struct run *r, struct child *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist env = {0};
	CLEANUP(mem_freep) char *file = find_program(r->argv[0]);
	CLEANUP(pipes_close) struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, -1};
	int failed;

	*c = (struct child){.ended = -1, .out = -1, .err = -1, .in = -1, .lifeline = -1};
	if (file == NULL)
		return error_set(e, EX_UNAVAILABLE, "program '%s' is not installed (searched in %s)",
				 r->argv[0], search_path());
	make_environment(r, &env);
	if (make_pipes(r, &p, e) != 0)
		return -1;
	failed = fork_both(r, &p, file, env.item, c);
	if (failed)
		error_errno(e, EX_OSERR, "cannot start '%s'", r->argv[0]);
	file_closep(&p.fail[1]);
	if (failed || executed(r, &p, c, e) != 0) {
		dismiss(c);
		if (c->pid > 0)
			kill(c->pid, SIGKILL);
		reap(c->pid);
		return -1;
	}
	c->in = take(&p.in[1]);
	c->out = take(&p.out[0]);
	c->err = take(&p.err[0]);
	c->lifeline = take(&p.life[1]);
	return 0;
}

int child_reap(struct child *c)
{
	file_closep(&c->out);
	file_closep(&c->err);
	file_closep(&c->in);
	file_closep(&c->ended);
	dismiss(c); /* before the group's number can be another's */
	file_closep(&c->lifeline);
	return reap(c->pid);
}

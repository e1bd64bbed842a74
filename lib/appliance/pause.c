/* SPDX-License-Identifier: MIT */
#include "appliance/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "adapter/docker/compose.h"
#include "adapter/docker/docker.h"
#include "adapter/docker/paused.h"
#include "base/log.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/signals.h"

enum {
	TRIES = 60,     /* to resume, a second apart */
	AFTER_KILL = 5, /* times to resume after a kill: the engine may just be about to pause */
	PAUSE_TRIES = 3,
	RETRY_MS = 1000,
	AGAIN_MS = 500,
	MESSAGE = 1024  /* bytes of an answer */
};

static void wait_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

/* --- the guard --------------------------------------------------------------------------------------- */

/* Nothing of this process but the two pipes and the lock; its terminal is not its any more. */
static void become_guard(int ask, int answer)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), lock = lock_held();

	setsid();
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		signal(numbers[i], SIG_IGN);
	signals_hold(true);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 1024; fd++)
		if (fd != ask && fd != answer && fd != lock)
			close(fd);
	if (chdir("/") != 0)
		syslog(LOG_WARNING, "cannot leave the working folder: %m");
}

static int resume(const struct pause_site *site, struct error *e)
{
	for (int i = 0; i < TRIES; i++) {
		if (i)
			wait_ms(RETRY_MS);
		e->code = 0;
		if (site->resume(site->arg, e) == 0)
			return 0;
	}
	syslog(LOG_CRIT, "the application is still paused: %s", e->text);
	return -1;
}

/* 1: told to resume, 0: the seconds are over, -1: the tool is gone. */
static int listen_for(int ask, int timeout_ms)
{
	struct pollfd p = {.fd = ask, .events = POLLIN};
	char word;
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	return read(ask, &word, 1) == 1 ? 1 : -1;
}

/* Ends the process. The answer is empty when all went well. */
static void keep_guard(const struct pause_site *site, int ask, int answer, long seconds)
{
	struct error e = {0}, ignored = {0};
	int word;

	become_guard(ask, answer);
	file_write_all(answer, "g", 1, &ignored);
	word = listen_for(ask, (int)seconds * 1000);
	if (resume(site, &e) == 0 && word == 0)
		error_set(&e, EXIT_FAILED, "the pause took longer than %ld s, and was ended", seconds);
	if (word == 0)
		word = listen_for(ask, -1);
	if (word == 1 && e.code)
		file_write_all(answer, e.text, strlen(e.text), &ignored);
	for (int i = 0; word < 0 && i < AFTER_KILL; i++) {
		wait_ms(AGAIN_MS);
		resume(site, &e);
	}
	_exit(0);
}

/* --- the tool ---------------------------------------------------------------------------------------- */

static bool read_ready(int answer)
{
	char byte;
	ssize_t n;

	do
		n = read(answer, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int start(struct pause *g, const struct pause_site *site, long seconds, struct error *e)
{
	int ask[2], answer[2];

	if (pipe2(ask, O_CLOEXEC) != 0)
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	if (pipe2(answer, O_CLOEXEC) != 0) {
		close(ask[0]);
		close(ask[1]);
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	}
	*g = (struct pause){.site = site, .pid = fork(), .ask = ask[1], .answer = answer[0]};
	if (g->pid == 0) {
		close(ask[1]);
		close(answer[0]);
		keep_guard(site, ask[0], answer[1], seconds);
	}
	close(ask[0]);
	close(answer[1]);
	/* until it is in its session, the signal that ends this process would end it too */
	if (g->pid > 0 && read_ready(answer[0]))
		return 0;
	error_errno(e, EX_OSERR, "cannot start the process that ends the pause");
	close(ask[1]);
	close(answer[0]);
	return -1;
}

static int stop(struct pause *g, long long *ms, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	struct error ignored = {0};
	int status = 0;

	*ms = 0;
	if (g->pid == 0)
		return 0;
	/* a guard that is gone is seen by how it ended */
	file_write_all(g->ask, "r", 1, &ignored);
	file_read_fd(g->answer, "guard", MESSAGE * 4, &text, &ignored);
	*ms = clock_ms() - g->began;
	close(g->ask);
	close(g->answer);
	while (waitpid(g->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return g->site->resume(g->site->arg, e);
	return text.len ? error_set(e, EXIT_FAILED, "%s", text.data) : 0;
}

int pause_end(struct pause *g, int done, long long *ms, struct error *e)
{
	struct error later = {0};

	if (stop(g, ms, &later) == 0)
		return done;
	if (done == 0)
		*e = later;
	else
		error_append(e, "%s", later.text);
	return -1;
}

int pause_begin(struct pause *g, const struct pause_site *site, long seconds, struct error *e)
{
	bool wanted = false;
	long long ms;

	*g = (struct pause){0};
	if (site->wanted(site->arg, &wanted, e) != 0)
		return -1;
	if (!wanted)
		return 0;
	if (start(g, site, seconds, e) != 0)
		return -1;
	g->began = clock_ms();
	return site->pause(site->arg, e) == 0 ? 0 : pause_end(g, -1, &ms, e);
}

/* --- containers --------------------------------------------------------------------------------------- */

/* All containers beneath ROOT; none where no engine answers: this works without one. */
static int containers(const char *root, struct docker_list *list, struct error *e)
{
	if (containers_list(root, list, e) == 0)
		return 0;
	if (e->code != EX_UNAVAILABLE)
		return -1;
	log_detail("no containers: %s", e->text);
	e->code = 0;
	return 0;
}

static void pick_running(const struct docker_list *list, struct strlist *ids)
{
	for (size_t i = 0; i < list->count; i++)
		if (compose_group(list->item[i].service) == COMPOSE_APPLICATION &&
		    list->item[i].state == DOCKER_RUNNING)
			strlist_add(ids, list->item[i].id);
}

static int wanted_containers(void *arg, bool *wanted, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (containers(arg, &list, e) != 0)
		return -1;
	pick_running(&list, &ids);
	*wanted = ids.count > 0;
	return 0;
}

/* One that ends by itself in between makes the engine refuse: what is left is looked at again. */
static int hold_containers(void *arg, struct error *e)
{
	for (int i = 0;; i++) {
		CLEANUP(docker_list_free) struct docker_list list = {0};
		CLEANUP(strlist_free) struct strlist ids = {0};

		if (i == PAUSE_TRIES)
			return error_context(e, "cannot pause the application");
		if (containers_list(arg, &list, e) != 0)
			return -1;
		pick_running(&list, &ids);
		if (docker_pause(&ids, e) == 0)
			return 0;
	}
}

static int resume_containers(void *arg, struct error *e)
{
	CLEANUP(strlist_free) struct strlist paused = {0}, services = {0}, ids = {0};
	CLEANUP(mem_freep) char *project = appliance_project(arg);

	if (docker_paused(project, &paused, &services, e) != 0)
		return -1;
	for (size_t i = 0; i < paused.count; i++)
		if (compose_group(services.item[i]) == COMPOSE_APPLICATION)
			strlist_add(&ids, paused.item[i]);
	return docker_unpause(&ids, e);
}

static int running_containers(void *arg, struct strlist *names, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (containers(arg, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.item[i].state != DOCKER_STOPPED && list.item[i].state != DOCKER_GONE)
			strlist_add(names, list.item[i].service);
	return 0;
}

struct pause_site pause_containers(const char *root)
{
	return (struct pause_site){
		.wanted = wanted_containers,
		.pause = hold_containers,
		.resume = resume_containers,
		.running = running_containers,
		.arg = (void *)(uintptr_t)root,
	};
}

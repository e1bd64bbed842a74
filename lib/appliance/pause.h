/* SPDX-License-Identifier: MIT */
/*
 * A pause that ends however this process ends. Before anything stands still, a process is forked into a
 * session of its own. It alone resumes: when it is told to, when its pipe closes because this process was
 * killed, or after its seconds are over. It keeps the appliance's lock until then, so that no other
 * command works beside it.
 */
#ifndef APPLIANCE_PAUSE_H
#define APPLIANCE_PAUSE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/* What can be paused. */
struct pause_site {
	/* Whether anything of it runs. */
	int (*wanted)(void *arg, bool *wanted, struct error *e);
	int (*pause)(void *arg, struct error *e);
	/* Resumes whatever of it is paused; nothing paused is no error. */
	int (*resume)(void *arg, struct error *e);
	/* Adds what of the appliance runs and so may have the volumes open. */
	int (*running)(void *arg, struct strlist *names, struct error *e);
	void *arg;
};

struct pause {
	const struct pause_site *site;
	pid_t pid;       /* of the forked process; 0: there was nothing to pause */
	int ask, answer; /* our ends of its pipes */
	long long began; /* clock_ms() after the pause */
};

/* Forks the guard and pauses SITE, for SECONDS at most. On failure nothing is paused. */
int pause_begin(struct pause *g, const struct pause_site *site, long seconds, struct error *e);

/*
 * Resumes, and returns DONE, what became of the work in the pause: 0, or -1 with E telling why. *MS is how long the
 * pause was. When the seconds were over before, that is an error, too: what was done meanwhile was not done in a pause.
 */
int pause_end(struct pause *g, int done, long long *ms, struct error *e);

/*
 * The containers of the appliance beneath ROOT, which must live as long: those of the application are
 * paused, one-off ones too. Where no engine answers there is nothing to pause, and nothing runs.
 */
struct pause_site pause_containers(const char *root);

#endif

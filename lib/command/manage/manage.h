/* SPDX-License-Identifier: MIT */
/* A command of Django's manage, in the application's own container. */
#ifndef COMMAND_MANAGE_MANAGE_H
#define COMMAND_MANAGE_MANAGE_H

#include "base/error.h"
#include "base/str.h"

/*
 * Runs WORDS with our stdin, stdout and stderr in the running ecs.web, or in a one-off container of it where only
 * ecs-postgres runs. Returns the command's exit status, 128 + n where a signal ended it; -1: it could not be started
 * (69: the database does not run, 78: there is no environment).
 */
int manage_run(const char *root, const struct strlist *words, struct error *e);

#endif

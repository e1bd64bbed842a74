/* SPDX-License-Identifier: MIT */
/* A question to the engine, for the files of this folder. */
#ifndef ADAPTER_DOCKER_ASK_H
#define ADAPTER_DOCKER_ASK_H

#include "base/error.h"
#include "base/str.h"
#include "sys/run.h"

/*
 * Asks the engine. Such a question has one way to fail, but for what MISSING names: the engine does not
 * answer. Returns 1 where stderr says MISSING ("No such"), which is no failure.
 */
int docker_ask(const struct strlist *argv, const char *missing, struct run_result *res, struct error *e);

#endif

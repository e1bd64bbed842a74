/* SPDX-License-Identifier: MIT */
/* A question to the engine, for the files of this folder. */
#ifndef ADAPTER_DOCKER_ASK_H
#define ADAPTER_DOCKER_ASK_H

#include "base/error.h"
#include "base/str.h"
#include "sys/run.h"

/*
 * Asks the engine. A failure is 69 with the reason that docker gives; the message says that the engine does not answer only
 * where that is so. Returns 1 where stderr says MISSING ("No such"), which is no failure.
 */
int docker_ask(const struct strlist *argv, const char *missing, struct run_result *res, struct error *e);

#endif

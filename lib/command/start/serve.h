/* SPDX-License-Identifier: MIT */
/*
 * The steps of start_flow (command/start/start.h) that have the appliance serve: what is pending, the certificates, the
 * containers, their health. Acts and conditions as flow/flow.h has them; CTX is a struct start.
 */
#ifndef COMMAND_START_SERVE_H
#define COMMAND_START_SERVE_H

#include <stdbool.h>

#include "command/start/context.h"

/*
 * Starts the services of GROUP. Containers that are as they were recorded are just started, which is much quicker
 * than asking compose; those that are sick are stopped first.
 */
int start_group(struct start *s, enum compose_group group, struct error *e);

/* Asks the image, warns of each migration, or leaves them to ecs-migrate's flow (start.migrates). */
int start_report_pending(void *ctx, struct error *e);
bool start_must_ask_pending(const void *ctx);

int start_install_certificates(void *ctx, struct error *e); /* and tells nginx */
bool start_must_install(const void *ctx);

int start_support(void *ctx, struct error *e);
int start_application(void *ctx, struct error *e);
bool start_must_start(const void *ctx);

/* Exit status 2 with the last lines of its log where a container does not become healthy. */
int start_wait_for_health(void *ctx, struct error *e);
bool start_must_wait(const void *ctx);

int start_end_maintenance(void *ctx, struct error *e);
bool start_must_end_maintenance(const void *ctx);

#endif

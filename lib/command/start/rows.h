/* SPDX-License-Identifier: MIT */
/* The rows of the decision table that `ecs-start --explain` prints: one for each answer to a question, in their order. */
#ifndef COMMAND_START_ROWS_H
#define COMMAND_START_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "command/start/context.h"

/* Adds a row to S, which owns copies of all; FOUND is formatted. */
void rows_add(struct start *s, const char *question, const char *action, const char *found, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds the row of an answer that ends the start: E tells why. Returns -1. */
int rows_refuse(struct start *s, const char *question, struct error *e);

/* Prints the table: QUESTION<TAB>FOUND<TAB>ACTION a line, or one JSON array. */
void rows_print(const struct start *s, bool json, FILE *to);

#endif

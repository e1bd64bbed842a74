/* SPDX-License-Identifier: MIT */
/*
 * The questions that a start asks, in its order, and what each answer means: the decision table
 * (command/start/rows.h). Looking changes nothing.
 */
#ifndef COMMAND_START_QUESTIONS_H
#define COMMAND_START_QUESTIONS_H

#include "base/error.h"
#include "command/start/context.h"

/*
 * Looks, and fills S, whose ROOT and NEW_DATABASE are set. A refusal (66, 69, 78) leaves the rows found until then;
 * the caller frees S with start_free() in any case.
 */
int questions_ask(struct start *s, struct error *e);

/* Which images have to be built (S->unbuilt), and whether the application has to be cloned for that. */
int questions_ask_images(struct start *s, struct error *e);

#endif

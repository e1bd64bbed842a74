/* SPDX-License-Identifier: MIT */
/* All flows that a journal may hold, for flow_resolve(). */
#ifndef COMMAND_FLOWS_H
#define COMMAND_FLOWS_H

#include "flow/resolve.h"

extern const struct flow_kind flow_kinds[]; /* ends with an entry whose flow is NULL */

#endif

/* SPDX-License-Identifier: MIT */
/* All flows that a journal may hold, for flow_resolve(). */
#ifndef FLOW_KINDS_H
#define FLOW_KINDS_H

#include "flow/flow.h"

extern const struct flow_kind flow_kinds[]; /* ends with an entry whose flow is NULL */

#endif

/* SPDX-License-Identifier: MIT */
#include "cmd/tool/misuse.h"

#include <stdarg.h>

#include "base/str.h"

int tool_misuse(struct error *e, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	return error_set(e, MISUSE_CODE, "%s", text);
}

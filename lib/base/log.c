/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <syslog.h>
#include <unistd.h>

#include "base/str.h"

static const char *tool_name = "ecs";
static enum log_level level_now = LOG_NORMAL;

void log_init(const char *tool, enum log_level level)
{
	tool_name = tool;
	level_now = level;
}

/* One write(2) a line, so that lines of two processes do not mix. */
static void say(const char *kind, const char *fmt, va_list ap)
{
	CLEANUP(str_free) struct str line = {0};
	CLEANUP(mem_freep) char *text = mem_vformat(fmt, ap);

	str_addf(&line, "%s: %s", tool_name, kind);
	str_add_printable(&line, text);
	str_addc(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		return; /* nobody is left to be told */
}

#define SAY(kind)                    \
	do {                         \
		va_list ap;          \
		va_start(ap, fmt);   \
		say(kind, fmt, ap);  \
		va_end(ap);          \
	} while (0)

void log_error(const char *fmt, ...)
{
	SAY("");
}

void log_warn(const char *fmt, ...)
{
	SAY("warning: ");
}

void log_say(const char *fmt, ...)
{
	if (level_now >= LOG_NORMAL)
		SAY("");
}

void log_detail(const char *fmt, ...)
{
	if (level_now >= LOG_VERBOSE)
		SAY("");
}

void log_keep(const char *fmt, ...)
{
	CLEANUP(str_free) struct str line = {0};
	CLEANUP(mem_freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	str_add_printable(&line, text);
	syslog(LOG_DAEMON | LOG_INFO, "%s: %s", tool_name, line.data);
}

void log_detail_line(void *unused, const char *line)
{
	(void)unused;
	log_detail("%s", line);
}

void log_progress(const char *fmt, ...)
{
	bool terminal = isatty(STDERR_FILENO);

	if (level_now >= LOG_VERBOSE || (terminal && level_now >= LOG_NORMAL))
		SAY("");
}

/* SPDX-License-Identifier: MIT */
/* Messages for people: on stderr, each line begins with the tool's name. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_QUIET = -1, LOG_NORMAL = 0, LOG_VERBOSE = 1 };

/* TOOL must stay valid. Until it is called, lines begin with "ecs". */
void log_init(const char *tool, enum log_level level);

/* An error: printed at every level. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A warning: printed at every level, begun with "warning: ". */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A result or decision that a person waits for: not with -q. */
void log_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Detail: with -v only. */
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_detail_line(void *unused, const char *line); /* for struct run: a line that a program prints */

/* Not printed: a line in syslog alone. */
void log_keep(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Progress: with -v, or on a terminal without -q. */
void log_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	e->code = code;
	return -1;
}

static int code_of_errno(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case ENOENT:
	case ENOTDIR:
		return EX_NOINPUT;
	default:
		return EX_IOERR;
	}
}

int error_errno(struct error *e, int code, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	e->code = code ? code : code_of_errno(err);
	return error_append(e, "%s", strerror(err));
}

int error_context(struct error *e, const char *fmt, ...)
{
	char before[sizeof e->text];
	size_t n, keep;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(before, sizeof before - 2, fmt, ap);
	va_end(ap);
	n = strlen(before);
	memcpy(before + n, ": ", 2);
	n += 2;
	keep = strnlen(e->text, sizeof e->text - 1 - n);
	memmove(e->text + n, e->text, keep);
	memcpy(e->text, before, n);
	e->text[n + keep] = '\0';
	return -1;
}

int error_append(struct error *e, const char *fmt, ...)
{
	size_t n = strlen(e->text);
	va_list ap;
	int put;

	put = snprintf(e->text + n, sizeof e->text - n, ": ");
	if (put < 0 || n + (size_t)put >= sizeof e->text)
		return -1;
	n += (size_t)put;
	va_start(ap, fmt);
	vsnprintf(e->text + n, sizeof e->text - n, fmt, ap);
	va_end(ap);
	return -1;
}

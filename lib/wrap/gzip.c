/* SPDX-License-Identifier: MIT */
#include "wrap/gzip.h"

#include <string.h>
#include <sys/types.h>
#include <zlib.h>

#include "wrap/library.h"

#define FUNCTIONS(X)     \
	X(inflateInit2_) \
	X(inflate)       \
	X(inflateReset)  \
	X(inflateEnd)

LIBRARY(FUNCTIONS, ECS_ZLIB_SONAME)

enum { ROOM = 65536, GZIP_ONLY = 16 + MAX_WBITS };

/* Where the bytes come from and go to: both return -1 with the error set. */
struct stream {
	const char *name;
	ssize_t (*read)(void *arg, unsigned char *room, size_t size, struct error *e);
	int (*write)(void *arg, const void *data, size_t len, struct error *e);
	void *arg;
};

static int broken(const struct stream *p, const z_stream *z, struct error *e)
{
	return error_set(e, EX_DATAERR, "%s: the gzip data are broken: %s", p->name,
			 z->msg ? z->msg : "not gzip");
}

/* Unpacks what Z was given; *ENDED tells whether a member just ended. */
static int inflate_input(const struct stream *p, z_stream *z, bool *ended, struct error *e)
{
	unsigned char room[ROOM];

	do {
		int rc;

		if (*ended && lib.inflateReset(z) != Z_OK) /* another member follows */
			return broken(p, z, e);
		z->next_out = room;
		z->avail_out = sizeof room;
		rc = lib.inflate(z, Z_NO_FLUSH);
		/* Z_BUF_ERROR: it waits for more */
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return broken(p, z, e);
		*ended = rc == Z_STREAM_END;
		if (p->write(p->arg, room, sizeof room - z->avail_out, e) != 0)
			return -1;
	} while (z->avail_in > 0 || (z->avail_out == 0 && !*ended));
	return 0;
}

static int inflate_all(const struct stream *p, z_stream *z, struct error *e)
{
	unsigned char room[ROOM];
	bool ended = false;
	ssize_t n;

	while ((n = p->read(p->arg, room, sizeof room, e)) > 0) {
		z->next_in = room;
		z->avail_in = (unsigned)n;
		if (inflate_input(p, z, &ended, e) != 0)
			return -1;
	}
	if (n < 0)
		return -1;
	return ended ? 0 : error_set(e, EX_DATAERR, "%s: the gzip data end too early", p->name);
}

static int unpack(const struct stream *p, struct error *e)
{
	z_stream z = {0};
	int rc;

	if (load(e) != 0)
		return -1;
	if (lib.inflateInit2_(&z, GZIP_ONLY, ZLIB_VERSION, sizeof z) != Z_OK)
		return error_set(e, EX_OSERR, "out of memory");
	rc = inflate_all(p, &z, e);
	lib.inflateEnd(&z);
	return rc;
}

bool gzip_is(const void *data, size_t len)
{
	return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

/* --- in memory -------------------------------------------------------------------------------- */

struct memory {
	const char *name;
	const unsigned char *data;
	size_t len, max;
	struct str *out;
};

static ssize_t memory_read(void *arg, unsigned char *room, size_t size, struct error *e)
{
	struct memory *m = arg;
	size_t n = m->len < size ? m->len : size;

	(void)e;
	memcpy(room, m->data, n);
	m->data += n;
	m->len -= n;
	return (ssize_t)n;
}

static int memory_write(void *arg, const void *data, size_t len, struct error *e)
{
	struct memory *m = arg;

	if (m->out->len + len > m->max)
		return error_set(e, EX_DATAERR, "%s: it unpacks to more than %zu bytes", m->name,
				 m->max);
	str_addn(m->out, data, len);
	return 0;
}

int gzip_unpack(const char *name, const void *data, size_t len, size_t max, struct str *out,
		struct error *e)
{
	struct memory m = {
		.name = name, .data = data, .len = len, .max = out->len + max, .out = out};

	return unpack(&(struct stream){name, memory_read, memory_write, &m}, e);
}

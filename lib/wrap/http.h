/* SPDX-License-Identifier: MIT */
/*
 * HTTP by libcurl, which is loaded when the first request is made. Never through a proxy, no
 * redirects, http and https only.
 */
#ifndef WRAP_HTTP_H
#define WRAP_HTTP_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct http_request {
	const char *method; /* "GET", or "PUT" with an empty body */
	const char *url;
	const char *const *headers; /* "Name: value" each, up to NULL; or NULL */
	long timeout_ms;            /* for all of it */
	size_t max;                 /* bytes of the answer */
};

struct http_reply {
	long status; /* 200, 404, … */
	struct str body;
	struct strlist headers; /* as they came */
};

/*
 * Makes the request. Returns 0 whenever there was a whole answer, whatever its status; the caller
 * frees it with http_free(). No answer in time: 69; a longer one than allowed: 65.
 */
int http_fetch(const struct http_request *request, struct http_reply *reply, struct error *e);

/* The value of a header, or NULL; names are compared without case. */
const char *http_header(const struct http_reply *reply, const char *name);

void http_free(struct http_reply *reply); /* for CLEANUP too */

#endif

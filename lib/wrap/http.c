/* SPDX-License-Identifier: MIT */
#include "wrap/http.h"

#define CURL_DISABLE_TYPECHECK /* its macros know curl_easy_setopt() by that name only */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "wrap/library.h"

#define FUNCTIONS(X)          \
	X(curl_global_init)   \
	X(curl_easy_init)     \
	X(curl_easy_cleanup)  \
	X(curl_easy_perform)  \
	X(curl_easy_setopt)   \
	X(curl_easy_getinfo)  \
	X(curl_easy_strerror) \
	X(curl_slist_append)  \
	X(curl_slist_free_all)

LIBRARY(FUNCTIONS, ECS_CURL_SONAME)

static int begin(struct error *e)
{
	static bool begun;

	if (load(e) != 0)
		return -1;
	if (!begun && lib.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(e, EX_OSERR, "cannot set up libcurl");
	begun = true;
	return 0;
}

/* Where an answer is put. */
struct sink {
	struct http_reply *reply;
	size_t max;
	bool full;
};

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;

	if (s->reply->body.len + size * n > s->max) {
		s->full = true;
		return 0;
	}
	str_addn(&s->reply->body, data, size * n);
	return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;
	char *line = mem_dupn(data, size * n);

	line[strcspn(line, "\r\n")] = '\0';
	strlist_take(&s->reply->headers, line);
	return size * n;
}

static size_t on_upload(char *room, size_t size, size_t n, void *arg)
{
	(void)room, (void)size, (void)n, (void)arg;
	return 0;
}

static void set_up(CURL *curl, const struct http_request *r, struct curl_slist *headers,
		   struct sink *sink)
{
	lib.curl_easy_setopt(curl, CURLOPT_URL, r->url);
	lib.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.curl_easy_setopt(curl, CURLOPT_PROXY, "");
	lib.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	lib.curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, r->timeout_ms);
	lib.curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	lib.curl_easy_setopt(curl, CURLOPT_USERAGENT, "ecs-appliance/" ECS_VERSION);
	lib.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	lib.curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
	lib.curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	lib.curl_easy_setopt(curl, CURLOPT_HEADERDATA, sink);
	if (strcmp(r->method, "PUT") == 0) {
		lib.curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		lib.curl_easy_setopt(curl, CURLOPT_INFILESIZE, 0L);
		lib.curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_upload);
	}
}

int http_fetch(const struct http_request *r, struct http_reply *reply, struct error *e)
{
	struct sink sink = {.reply = reply, .max = r->max};
	struct curl_slist *headers = NULL;
	CURLcode code;
	CURL *curl;

	*reply = (struct http_reply){0};
	if (begin(e) != 0)
		return -1;
	curl = lib.curl_easy_init();
	if (curl == NULL)
		return error_set(e, EX_OSERR, "cannot set up libcurl");
	for (const char *const *h = r->headers; h && *h; h++)
		headers = lib.curl_slist_append(headers, *h);
	set_up(curl, r, headers, &sink);
	code = lib.curl_easy_perform(curl);
	if (code == CURLE_OK)
		lib.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
	lib.curl_slist_free_all(headers);
	lib.curl_easy_cleanup(curl);
	if (code == CURLE_OK)
		return 0;
	http_free(reply);
	if (sink.full)
		return error_set(e, EX_DATAERR, "'%s' answered with more than %zu bytes", r->url, r->max);
	return error_set(e, EX_UNAVAILABLE, "'%s' does not answer: %s", r->url,
			 lib.curl_easy_strerror(code));
}

const char *http_header(const struct http_reply *reply, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < reply->headers.count; i++) {
		const char *line = reply->headers.item[i];

		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	}
	return NULL;
}

void http_free(struct http_reply *reply)
{
	str_free(&reply->body);
	strlist_free(&reply->headers);
}

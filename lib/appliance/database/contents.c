/* SPDX-License-Identifier: MIT */
#include "appliance/database/contents.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "adapter/docker/docker.h"
#include "adapter/postgres.h"
#include "sys/file.h"
#include "sys/pipe.h"

/* in the container, in which only the server runs */
#define LIST_FILE "/tmp/ecs-restore.list"
#define PASSWORD_FILE "/tmp/ecs-restore.password"

enum { MAX_TEXT = 64 << 20, PUT_MS = 60000 };

void contents_free(struct contents *c)
{
	strlist_free(&c->list);
	statements_free(&c->all);
}

/* Runs WORDS in the container with the dump as stdin and OUT as stdout. */
static int feed(const struct contents *c, const struct strlist *words, int out, struct error *e)
{
	const char *const unpack[] = {"gzip", "--decompress", "--stdout", "--force", c->path, NULL};
	CLEANUP(strlist_free) struct strlist argv = {0};

	docker_exec_words(c->container, words, &argv);
	if (pipe_run(&(struct run){.argv = unpack},
		     &(struct run){.argv = strlist_argv(&argv), .stdout_fd = out, .reason = postgres_reason}, 0, e) != 0)
		return error_context(e, "'%s'", c->path);
	return 0;
}

static int ask(const struct contents *c, const char *const *words, struct str *text, struct error *e)
{
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(file_closep) int fd = memfd_create("contents", MFD_CLOEXEC);

	if (fd < 0)
		return error_errno(e, EX_OSERR, "cannot make a file in memory");
	strlist_addv(&list, words);
	if (feed(c, &list, fd, e) != 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return error_errno(e, EX_IOERR, "cannot read what pg_restore printed");
	return file_read_fd(fd, "the contents of the dump", MAX_TEXT, text, e);
}

/* What follows the three numbers of a line. */
static const char *entry(const char *line)
{
	for (int i = 0; i < 3; i++) {
		line += strcspn(line, " ");
		line += *line == ' ';
	}
	return line;
}

/* Writes the file NAME in the container, readable by the server's user alone. */
static int put(const struct contents *c, const char *name, const struct str *text, struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0}, argv = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&words, (const char *[]){"install", "--mode=600", "/dev/stdin", name, NULL});
	docker_exec_words(c->container, &words, &argv);
	return run_check(&(struct run){.argv = strlist_argv(&argv), .input = str_get(text), .input_len = text->len,
				       .timeout_ms = PUT_MS}, 0, &res, e);
}

/* All entries but those that hold rows. */
static int read_text(struct contents *c, struct error *e)
{
	CLEANUP(str_free) struct str list = {0}, text = {0};

	for (size_t i = 0; i < c->list.count; i++)
		if (!str_begins(entry(c->list.item[i]), "TABLE DATA ") && !str_begins(entry(c->list.item[i]), "BLOBS "))
			str_addf(&list, "%s\n", c->list.item[i]);
	if (put(c, LIST_FILE, &list, e) != 0 ||
	    ask(c, (const char *[]){"pg_restore", "--create", "--use-list=" LIST_FILE, "--file=-", NULL}, &text, e) != 0)
		return -1;
	statements_split(str_get(&text), &c->all);
	return 0;
}

int contents_read(const char *container, const char *path, struct contents *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str list = {0};

	*c = (struct contents){.container = container, .path = path};
	if (ask(c, (const char *[]){"pg_restore", "--list", "--create", NULL}, &list, e) != 0)
		return -1;
	strlist_lines(&lines, str_get(&list));
	for (size_t i = 0; i < lines.count; i++)
		if (lines.item[i][0] && lines.item[i][0] != ';')
			strlist_add(&c->list, lines.item[i]);
	return read_text(c, e);
}

void contents_leave_out(struct contents *c, const char *start)
{
	struct strlist kept = {0};

	for (size_t i = 0; i < c->list.count; i++)
		if (!str_begins(entry(c->list.item[i]), start))
			strlist_add(&kept, c->list.item[i]);
	strlist_free(&c->list);
	c->list = kept;
}

static int put_both(const struct contents *c, const struct contents_login *login, struct error *e)
{
	CLEANUP(str_free) struct str list = {0}, password = {0};

	strlist_text(&c->list, &list);
	str_addf(&password, "*:*:*:*:%s\n", login->password);
	return put(c, LIST_FILE, &list, e) == 0 ? put(c, PASSWORD_FILE, &password, e) : -1;
}

static void remove_both(const struct contents *c)
{
	CLEANUP(strlist_free) struct strlist words = {0};
	struct error ignored = {0};

	strlist_addv(&words, (const char *[]){"rm", "-f", LIST_FILE, PASSWORD_FILE, NULL});
	docker_exec(c->container, &words, &ignored); /* the next load writes them anew, and the password is void */
}

int contents_load(const struct contents *c, const struct contents_login *login, const char *name, struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0};
	int r;

	strlist_addv(&words, (const char *[]){"env", "PGPASSFILE=" PASSWORD_FILE, "pg_restore", "--host=127.0.0.1",
					      "--no-password", "--single-transaction", "--exit-on-error", "--no-owner",
					      "--no-privileges", "--no-tablespaces", "--no-security-labels",
					      "--no-publications", "--no-subscriptions", "--use-list=" LIST_FILE, NULL});
	strlist_addf(&words, "--username=%s", login->user);
	strlist_addf(&words, "--role=%s", login->as);
	strlist_addf(&words, "--dbname=%s", name);
	r = put_both(c, login, e) == 0 ? feed(c, &words, 0, e) : -1;
	remove_both(c);
	return r;
}

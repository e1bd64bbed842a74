/* SPDX-License-Identifier: MIT */
#include "flow/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "sys/file.h"

enum {
	JOURNAL_MAX = 16 << 20, /* bytes; far more than any flow writes */
	JOURNAL_ROOM = 64 << 10 /* bytes set aside: a disk that fills up must not stop a walk back */
};

/* --- opening -------------------------------------------------------------------------------------- */

/* Cuts off what stands behind the last newline. */
static int cut_torn(int fd, const char *path, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	const char *last;
	off_t whole;

	if (file_read_fd(fd, path, JOURNAL_MAX, &text, e) != 0)
		return -1;
	last = text.len ? memrchr(text.data, '\n', text.len) : NULL;
	whole = last ? last - text.data + 1 : 0;
	if ((size_t)whole != text.len && ftruncate(fd, whole) != 0)
		return error_errno(e, EX_IOERR, "cannot repair '%s'", path);
	return 0;
}

/*
 * Its size stays. Where no room is left, a flow does not begin; one that did goes on to its end. A file
 * system that cannot set room aside is no reason not to begin.
 */
static int set_aside(int fd, const char *path, struct error *e)
{
	int err;

	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, JOURNAL_ROOM) == 0)
		return 0;
	err = errno;
	if (err == EOPNOTSUPP || lseek(fd, 0, SEEK_END) > 0)
		return 0;
	errno = err;
	return error_errno(e, EX_IOERR, "no room for '%s'", path);
}

int journal_open(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(file_closep) int fd = -1;
	int got;

	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(e, errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "cannot open '%s'",
				   path);
	if (cut_torn(fd, path, e) != 0 || set_aside(fd, path, e) != 0 || file_sync_dir(path, e) != 0)
		return -1;
	got = fd;
	fd = -1;
	return got;
}

/* --- writing ------------------------------------------------------------------------------------ */

static int append_line(int fd, struct str *line, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_errno(e, EX_IOERR, "cannot look at the journal");
	str_addc(line, '\n');
	if (file_write_all(fd, line->data, line->len, e) != 0) {
		if (ftruncate(fd, st.st_size) != 0) /* the next line must not join a torn one */
			error_append(e, "and it could not be repaired: %s", strerror(errno));
		return error_context(e, "journal");
	}
	if (fdatasync(fd) != 0)
		return error_errno(e, EX_IOERR, "cannot flush the journal");
	return 0;
}

static void escape(struct str *out, const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (*p < 0x20 || *p == '%' || *p == 0x7f)
			str_addf(out, "%%%02X", *p);
		else
			str_addc(out, (char)*p);
	}
}

int journal_put(int fd, const char *word, const char *text, struct error *e)
{
	CLEANUP(str_free) struct str line = {0};

	str_addf(&line, "%s ", word);
	escape(&line, text);
	return append_line(fd, &line, e);
}

int journal_put_fact(int fd, const char *name, const char *value, struct error *e)
{
	CLEANUP(str_free) struct str line = {0};

	str_addf(&line, "is %s ", name);
	escape(&line, value);
	return append_line(fd, &line, e);
}

/* --- reading ------------------------------------------------------------------------------------ */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *unescape(const char *text)
{
	char *value = mem_dup(text), *to = value;

	for (const char *p = value; *p; p++) {
		if (p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			*to++ = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return value;
}

void journal_free(struct journal *j)
{
	free(j->flow);
	flow_facts_free(&j->facts);
	strlist_free(&j->begun);
	strlist_free(&j->done);
	*j = (struct journal){0};
}

static void drop_last(struct strlist *l, const char *text)
{
	if (l->count && strcmp(l->item[l->count - 1], text) == 0) {
		free(l->item[--l->count]);
		l->item[l->count] = NULL;
	}
}

static void read_fact(struct journal *j, const char *text)
{
	size_t n = strcspn(text, " ");
	CLEANUP(mem_freep) char *name = mem_dupn(text, n);
	CLEANUP(mem_freep) char *value = unescape(text[n] ? text + n + 1 : "");

	flow_facts_set(&j->facts, name, value);
}

static void read_line(struct journal *j, const char *line)
{
	size_t n = strcspn(line, " ");
	CLEANUP(mem_freep) char *word = mem_dupn(line, n);
	CLEANUP(mem_freep) char *text = unescape(line[n] ? line + n + 1 : "");

	if (strcmp(word, "flow") == 0 && j->flow == NULL) {
		j->flow = mem_dup(text);
	} else if (strcmp(word, "is") == 0) {
		read_fact(j, line + n + (line[n] == ' '));
	} else if (strcmp(word, "begin") == 0) {
		if (!strlist_has(&j->begun, text)) /* begun again when it went on after a power cut */
			strlist_add(&j->begun, text);
	} else if (strcmp(word, "done") == 0) {
		strlist_add(&j->done, text);
	} else if (strcmp(word, "back") == 0) {
		j->backward = true;
	} else if (strcmp(word, "undone") == 0) {
		drop_last(&j->begun, text);
		drop_last(&j->done, text);
	}
}

int journal_read(const char *path, struct journal *j, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str text = {0};
	char *last;

	if (access(path, F_OK) != 0 && errno == ENOENT) /* no other error means that there is none */
		return 0;
	if (file_read(path, JOURNAL_MAX, &text, e) != 0)
		return -1;
	last = text.len ? memrchr(text.data, '\n', text.len) : NULL;
	if (last == NULL)
		return 0;
	last[1] = '\0';
	strlist_lines(&lines, text.data);
	for (size_t i = 0; i < lines.count; i++)
		read_line(j, lines.item[i]);
	return 0;
}

int journal_remove(const char *path, struct error *e)
{
	return file_remove(path, e);
}

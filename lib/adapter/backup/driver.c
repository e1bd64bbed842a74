/* SPDX-License-Identifier: MIT */
#include "adapter/backup/driver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- options ------------------------------------------------------------------------------------ */

/*
 * Reads one word of TEXT, quoted as in sh, into OUT. Returns what is behind it, or NULL where a quote is
 * not closed.
 */
static const char *read_word(const char *text, struct str *out)
{
	char quote = '\0';

	for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
		if (quote && *text == quote)
			quote = '\0';
		else if (!quote && (*text == '\'' || *text == '"'))
			quote = *text;
		else if (quote != '\'' && *text == '\\' && text[1])
			str_addc(out, *++text);
		else
			str_addc(out, *text);
	}
	return quote ? NULL : text;
}

/* NAME=value with a NAME that can stand in an environment. */
static bool is_setting(const char *word)
{
	size_t n = strcspn(word, "=");

	if (n == 0 || word[n] == '\0' || isdigit((unsigned char)word[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)word[i]) && word[i] != '_')
			return false;
	return true;
}

int driver_set_options(struct driver *g, const char *options, struct error *e)
{
	while (*options) {
		CLEANUP(str_free) struct str word = {0};

		options += strspn(options, " \t\r\n");
		if (*options == '\0')
			return 0;
		options = read_word(options, &word);
		if (options == NULL)
			return error_set(e, EX_CONFIG,
					 "appliance.backup.options: a quotation mark is not closed");
		strlist_add(g->words.count == 0 && is_setting(str_get(&word)) ? &g->env : &g->words,
			    str_get(&word));
	}
	return 0;
}

void driver_free(struct driver *g)
{
	free(g->url);
	free(g->secret);
	free(g->keyring);
	free(g->key);
	free(g->state);
	free(g->temp);
	free(g->appliance);
	strlist_free(&g->words);
	strlist_free(&g->env);
	*g = (struct driver){0};
}

/* --- restoring ---------------------------------------------------------------------------------- */

int driver_restore(struct driver *g, const struct driver_point *point, const char *path, const char *to, mode_t kind,
		   struct error *e)
{
	struct stat st;

	if (g->table->restore(g, point, path, to, e) != 0)
		return -1;
	if (lstat(to, &st) != 0)
		return error_errno(e, EX_IOERR, "cannot look at '%s'", to);
	if ((st.st_mode & S_IFMT) == kind)
		return 0;
	if (!S_ISDIR(st.st_mode))
		unlink(to);
	return error_set(e, EX_DATAERR, "'%s' in the backup is not a %s: somebody may have changed it at the target", path,
			 kind == S_IFDIR ? "folder" : "file");
}

bool driver_is_id(const char *text)
{
	return strlen(text) == DRIVER_ID && text[strspn(text, "0123456789abcdef")] == '\0';
}

/* --- URLs --------------------------------------------------------------------------------------- */

/* Where USER:PASSWORD of a URL begins and its "@" is; false where there is no password. */
static bool find_password(const char *url, size_t *begin, size_t *end)
{
	const char *user = strstr(url, "://"), *colon, *at = NULL;
	size_t n;

	if (user == NULL)
		return false;
	user += 3;
	n = strcspn(user, "/?#");
	for (size_t i = 0; i < n; i++)
		if (user[i] == '@')
			at = user + i;
	if (at == NULL)
		return false;
	colon = memchr(user, ':', (size_t)(at - user));
	if (colon == NULL)
		return false;
	*begin = (size_t)(colon - url);
	*end = (size_t)(at - url);
	return true;
}

char *driver_shown(const char *url)
{
	size_t begin, end;

	if (!find_password(url, &begin, &end))
		return mem_dup(url);
	return mem_format("%.*s%s", (int)begin, url, url + end);
}

static void decode(char *text)
{
	char *to = text;

	for (; *text; text++) {
		char hex[3] = {0};

		if (*text == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])) {
			memcpy(hex, text + 1, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

char *driver_take_password(char *url)
{
	size_t begin, end;
	char *password;

	if (!find_password(url, &begin, &end))
		return NULL;
	password = mem_dupn(url + begin + 1, end - begin - 1);
	decode(password);
	memmove(url + begin, url + end, strlen(url + end) + 1);
	return password;
}

/* --- points ------------------------------------------------------------------------------------- */

struct driver_point *driver_points_add(struct driver_points *p, time_t when, const char *id, bool full)
{
	p->item = mem_grow(p->item, (p->count + 1) * sizeof *p->item);
	p->item[p->count] = (struct driver_point){.when = when, .id = mem_dup(id), .full = full};
	return &p->item[p->count++];
}

static int by_number(const void *a, const void *b)
{
	const struct driver_point *x = a, *y = b;

	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return x->when < y->when ? -1 : x->when > y->when;
}

void driver_points_sort(struct driver_points *p)
{
	if (p->count)
		qsort(p->item, p->count, sizeof *p->item, by_number);
}

const struct driver_point *driver_find(const struct driver_points *p, time_t when)
{
	const struct driver_point *found = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (p->item[i].when <= when && (found == NULL || p->item[i].when >= found->when))
			found = &p->item[i];
	return found;
}

void driver_points_free(struct driver_points *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->item[i].id);
		free(p->item[i].appliance);
	}
	free(p->item);
	*p = (struct driver_points){0};
}

/* SPDX-License-Identifier: MIT */
#include "command/start/rows.h"

#include <stdarg.h>

#include "wrap/json.h"

void rows_add(struct start *s, const char *question, const char *action, const char *found, ...)
{
	char *text;
	va_list ap;

	va_start(ap, found);
	text = mem_vformat(found, ap);
	va_end(ap);
	s->found.row = mem_grow(s->found.row, (s->found.rows + 1) * sizeof *s->found.row);
	s->found.row[s->found.rows++] = (struct start_row){mem_dup(question), text, mem_dup(action)};
}

int rows_refuse(struct start *s, const char *question, struct error *e)
{
	rows_add(s, question, "refuse", "%s", e->text);
	return -1;
}

void rows_print(const struct start *s, bool json, FILE *to)
{
	CLEANUP(jv_deletep) struct json *all = jv_array();
	CLEANUP(str_free) struct str text = {0};

	for (size_t i = 0; i < s->found.rows; i++) {
		const struct start_row *r = &s->found.row[i];
		struct json *one = jv_object();

		jv_set_text(one, "question", r->question);
		jv_set_text(one, "found", r->found);
		jv_set_text(one, "action", r->action);
		jv_add(all, one);
		if (!json)
			fprintf(to, "%s\t%s\t%s\n", r->question, r->found, r->action);
	}
	if (json) {
		jv_write(all, 2, &text);
		fprintf(to, "%s\n", text.data);
	}
}

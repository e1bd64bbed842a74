/* SPDX-License-Identifier: MIT */
#include "adapter/metadata/search.h"

#include <stdarg.h>

#include "base/str.h"

int search_not_here(struct search *s, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	why = mem_vformat(fmt, ap);
	va_end(ap);
	strlist_addf(&s->m->tried, "%s: %s", s->m->source, why);
	str_clear(&s->m->data);
	return 0;
}

int search_not_readable(struct search *s, const struct error *why, struct error *e)
{
	if (why->code == EX_DATAERR)
		return error_set(e, why->code, "%s", why->text);
	s->silent |= why->code == EX_UNAVAILABLE;
	return search_not_here(s, "%s", why->text);
}

int search_judge(struct search *s, const char *where, struct error *e)
{
	int rc = s->judge(where, &s->m->data, e);

	if (rc == 0)
		return search_not_here(s, "'%s' does not begin with '#cloud-config'", where);
	if (rc == 1)
		s->m->where = mem_dup(where);
	return rc;
}

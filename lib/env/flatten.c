/* SPDX-License-Identifier: MIT */
#include "env/flatten.h"

#include <stdlib.h>
#include <string.h>

#include "wrap/yaml.h"

/* The character that begins at P, of N bytes that are UTF-8; *SIZE is its length. */
static unsigned long decode(const unsigned char *p, size_t n, size_t *size)
{
	static const unsigned char first[] = {0x7F, 0x1F, 0x0F, 0x07};
	unsigned long c;

	*size = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
	if (*size > n)
		*size = n;
	c = *p & first[*size - 1];
	for (size_t i = 1; i < *size; i++)
		c = c << 6 | (p[i] & 0x3F);
	return c;
}

/* str.isspace() of Python: Unicode's white space and the separators 1C to 1F. */
static bool is_space(unsigned long c)
{
	return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
	       c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202F || c == 0x205F || c == 0x3000;
}

char *flat_strip(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	size_t size;

	while (p < end && is_space(decode(p, (size_t)(end - p), &size)))
		p += size;
	while (p < end) {
		const unsigned char *last = end - 1;

		while (last > p && (*last & 0xC0) == 0x80)
			last--;
		if (!is_space(decode(last, (size_t)(end - last), &size)))
			break;
		end = last;
	}
	return mem_dupn((const char *)p, (size_t)(end - p));
}

/* --- trees to variables ----------------------------------------------------------------------- */

static void add_variable(struct flat *flat, const char *name, char *value, const struct yv_node *at)
{
	flat->bytes += strlen(name) + (value ? strlen(value) : 0) + 2 + sizeof(char *);
	if ((flat->count & (flat->count - 1)) == 0) /* room doubles at each power of two */
		flat->variable = mem_grow(flat->variable, (flat->count ? flat->count * 2 : 1) *
								  sizeof *flat->variable);
	flat->variable[flat->count++] = (struct flat_variable){
		.name = mem_dup(name),
		.value = value,
		.line = at->line,
		.column = at->column,
	};
}

static char *scalar_value(const struct yv_node *n)
{
	int truth = yv_bool(n);

	if (truth >= 0)
		return mem_dup(truth ? "true" : "false");
	return yv_is_null(n) ? NULL : flat_strip(n->text, n->len);
}

/* Puts the "_" and KEY in upper case behind the name. */
static void name_down(struct str *name, const char *key)
{
	if (name->len)
		str_addc(name, '_');
	for (; *key; key++)
		str_addc(name, *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A') : *key);
}

static void name_up(struct str *name, size_t len)
{
	name->len = len;
	name->data[len] = '\0';
}

static void walk(struct flat *flat, struct str *name, const struct yv_node *n)
{
	size_t len = name->len;

	if (flat->bytes > FLAT_MAX)
		return; /* flat_sort() says so */
	switch (n->kind) {
	case YV_SCALAR:
		add_variable(flat, name->data, scalar_value(n), n);
		break;
	case YV_MAP:
		for (size_t i = 0; i < n->count; i += 2) {
			name_down(name, n->item[i]->text);
			walk(flat, name, n->item[i + 1]);
			name_up(name, len);
		}
		break;
	case YV_LIST:
		for (size_t i = 0; i < n->count; i++) {
			str_addf(name, "_%zu", i);
			walk(flat, name, n->item[i]);
			name_up(name, len);
		}
		str_add(name, "_LEN");
		add_variable(flat, name->data, mem_format("%zu", n->count), n);
		name_up(name, len);
		break;
	}
}

void flat_add(struct flat *flat, const char *top, const struct yv_node *node)
{
	CLEANUP(str_free) struct str name = {0};

	name_down(&name, top);
	walk(flat, &name, node);
}

static int compare(const void *a, const void *b)
{
	const struct flat_variable *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order == 0) /* a double is told at its later place */
		order = x->line != y->line ? (x->line > y->line) - (x->line < y->line)
					   : (x->column > y->column) - (x->column < y->column);
	return order;
}

static int check_length(const struct flat_variable *v, const char *file, struct error *e)
{
	size_t n = strlen(v->name) + 1 + (v->value ? strlen(v->value) : 0);

	if (n <= FLAT_VALUE_MAX)
		return 0;
	return error_set(e, EX_DATAERR,
			 "%s:%u:%u: the value has %zu KiB: a program can get at most 127 KiB in the variable '%.100s'", file,
			 v->line, v->column, (n + 1023) / 1024, v->name);
}

int flat_sort(struct flat *flat, const char *file, struct error *e)
{
	if (flat->bytes > FLAT_MAX)
		return error_set(e, EX_DATAERR, "%s:1:1: more than 1.5 MiB as variables: no program could be started",
				 file);
	for (size_t i = 0; i < flat->count; i++)
		if (check_length(&flat->variable[i], file, e) != 0)
			return -1;
	if (flat->count)
		qsort(flat->variable, flat->count, sizeof *flat->variable, compare);
	for (size_t i = 1; i < flat->count; i++) {
		const struct flat_variable *v = &flat->variable[i], *was = v - 1;

		if (strcmp(v->name, was->name) == 0)
			return error_set(
				e, EX_DATAERR,
				"%s:%u:%u: two keys become the variable '%s': the first is in line %u",
				file, v->line, v->column, v->name, was->line);
	}
	return 0;
}

void flat_free(struct flat *flat)
{
	for (size_t i = 0; i < flat->count; i++) {
		free(flat->variable[i].name);
		free(flat->variable[i].value);
	}
	free(flat->variable);
	*flat = (struct flat){0};
}

/* --- printing --------------------------------------------------------------------------------- */

/* Appends VALUE quoted for sh where it needs that, as Python's shlex.quote() does. */
static void quote(const char *value, struct str *out)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "_@%+=:,./-";

	if (*value && value[strspn(value, safe)] == '\0') {
		str_add(out, value);
		return;
	}
	str_addc(out, '\'');
	while (*value) {
		size_t n = strcspn(value, "'");

		str_addn(out, value, n);
		value += n;
		if (*value) {
			str_add(out, "'\"'\"'");
			value++;
		}
	}
	str_addc(out, '\'');
}

void flat_print(const struct flat_variable *v, struct str *out)
{
	str_add(out, v->name);
	str_addc(out, '=');
	if (v->value)
		quote(v->value, out);
	str_addc(out, '\n');
}

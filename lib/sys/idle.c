/* SPDX-License-Identifier: MIT */
#include "sys/idle.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/clock.h"
#include "sys/processes.h"

enum { BYTES_MIN = 64 << 10 };

struct process {
	long pid, parent;
	unsigned long long ticks; /* of it, and of its children that have ended */
	bool ours;
};

struct processes {
	struct process *item;
	size_t count;
};

/* The fields behind the program's name, which may hold anything; 4 is the parent, 14 to 17 are times. */
static bool read_stat(long pid, struct process *p)
{
	char text[1024];
	const char *fields;
	unsigned long long own[2], children[2];

	if (!processes_read(pid, "stat", text, sizeof text) || (fields = strrchr(text, ')')) == NULL)
		return false;
	p->pid = pid;
	if (sscanf(fields + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &p->parent,
		   &own[0], &own[1], &children[0], &children[1]) != 5)
		return false;
	p->ticks = own[0] + own[1] + children[0] + children[1];
	return true;
}

static int add(void *arg, long pid, struct error *e)
{
	struct processes *all = arg;
	struct process p = {0};

	(void)e;
	if (!read_stat(pid, &p)) /* it has ended */
		return 0;
	all->item = mem_grow(all->item, (all->count + 1) * sizeof p);
	all->item[all->count++] = p;
	return 0;
}

static bool is_ours(const struct processes *all, long pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->item[i].pid == pid)
			return all->item[i].ours;
	return false;
}

/* A child may stand before its parent: until nothing more is found. */
static void find_ours(struct processes *all, pid_t top)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < all->count; i++) {
			struct process *p = &all->item[i];

			if (!p->ours && (p->pid == top || is_ours(all, p->parent)))
				p->ours = more = true;
		}
	}
}

static unsigned long long bytes_of(long pid)
{
	char text[512];
	unsigned long long in = 0, out = 0;

	if (!processes_read(pid, "io", text, sizeof text) || sscanf(text, "rchar: %llu wchar: %llu", &in, &out) != 2)
		return 0;
	return in + out;
}

static unsigned long long apart(unsigned long long a, unsigned long long b)
{
	return a > b ? a - b : b - a;
}

long long idle_look(struct idle *i, pid_t pid)
{
	struct processes all = {0};
	struct error ignored = {0}; /* without /proc nothing is ever seen to work */
	struct idle now = {.since = clock_ms()};
	unsigned long long ticks_min = (unsigned long long)sysconf(_SC_CLK_TCK) / 10;

	processes_each(add, &all, &ignored);
	find_ours(&all, pid);
	for (size_t k = 0; k < all.count; k++) {
		if (!all.item[k].ours)
			continue;
		now.ticks += all.item[k].ticks;
		now.bytes += bytes_of(all.item[k].pid);
		now.members += (unsigned long long)all.item[k].pid;
	}
	free(all.item);
	if (i->since == 0 || now.members != i->members || apart(now.ticks, i->ticks) >= ticks_min ||
	    apart(now.bytes, i->bytes) >= BYTES_MIN)
		*i = now;
	return now.since - i->since;
}

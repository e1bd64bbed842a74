/* SPDX-License-Identifier: MIT */
#include "command/status/text.h"

#include "sys/clock.h"

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/* A number, or "-" where it is not known or does not apply. */
static void add_number(struct str *out, long long n)
{
	if (n < 0)
		str_add(out, "\t-");
	else
		str_addf(out, "\t%lld", n);
}

static void add_time(struct str *out, time_t at)
{
	char text[CLOCK_TEXT] = "-";

	str_addf(out, "\t%s", at ? clock_text(at, text) : text);
}

static void storage_text(const struct snapshot_listing *l, struct str *out)
{
	for (size_t i = 0; i < l->rooms; i++) {
		const struct snapshot_room *r = &l->room[i];

		if (r->driver == NULL)
			continue;
		str_addf(out, "room\t%s\t%s", r->name, r->driver);
		add_number(out, r->free);
		add_number(out, r->total);
		add_number(out, r->metadata);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < l->snapshots; i++) {
		const struct snapshot_entry *s = &l->snapshot[i];

		str_addf(out, "snapshot\t%s\t%s\t%s", s->name, s->volume, snapshot_word(s));
		add_time(out, s->created);
		add_time(out, s->expires);
		str_addc(out, '\n');
	}
}

static void leftovers_text(const struct leftovers *all, struct str *out)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct leftover *l = &all->item[i];

		str_addf(out, "left\t%s\t%s\t%s", l->kind, or_dash(l->volume), l->what);
		add_time(out, (time_t)l->since);
		add_time(out, (time_t)l->tried);
		str_addf(out, "\t%s\n", l->why);
	}
}

void status_text(const struct status *s, struct str *out)
{
	str_addf(out, "state\t%s\n", s->word);
	if (s->state.revision)
		str_addf(out, "revision\t%s\t%s\t%s\n", s->state.revision,
			 s->state.branch ? s->state.branch : "", s->state.since ? s->state.since : "");
	if (s->holder)
		str_addf(out, "lock\t%s\n", s->holder);
	if (s->left.flow)
		str_addf(out, "unfinished\t%s\t%s\t%s\n", s->left.flow,
			 s->left.step ? s->left.step : "", status_direction(s));
	for (size_t i = 0; i < s->state.pending.count; i++)
		str_addf(out, "pending\t%s\n", s->state.pending.item[i]);
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		str_addf(out, "%s\t%s\t%s\t%s\n", c->oneoff ? "oneoff" : "service", c->service,
			 status_state_word(c), or_dash(status_health_word(c)));
	}
	for (size_t i = 0; i < s->volumes; i++) {
		const struct status_volume *v = &s->volume[i];

		str_addf(out, "volume\t%s\t%s\t%s\t%lld\t%lld\n", v->name, v->path, status_volume_word(v),
			 v->free, v->total);
	}
	storage_text(&s->storage, out);
	leftovers_text(&s->leftovers, out);
}

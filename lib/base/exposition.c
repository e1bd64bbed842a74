/* SPDX-License-Identifier: MIT */
#include "base/exposition.h"

void exposition_head(struct str *out, const char *name, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void exposition_gauge(struct str *out, const char *name, const char *help, long long value)
{
	exposition_head(out, name, help);
	str_addf(out, "%s %lld\n", name, value);
}

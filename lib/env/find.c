/* SPDX-License-Identifier: MIT */
#include "env/find.h"

#include "env/env.h"
#include "env/userdata.h"

static int is_cloud_config(const char *where, struct str *data, struct error *e)
{
	if (userdata_unpack(where, data, e) != 0)
		return -1;
	return str_begins(str_get(data), ENV_FIRST_LINE);
}

int find_userdata(const char *root, struct metadata *m, struct error *e)
{
	if (metadata_find(root, ENV_MAX, is_cloud_config, m, e) != 0)
		return -1;
	env_warn_open(m->where);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Where user-data comes from, in this order (upstream-facts, "Where env.yml is looked for"):
 *
 *	file          the file that $ENV_YML names, taken as given
 *	app           ROOT/app/env.yml
 *	cidata        user-data on the device ROOT/dev/disk/by-label/cidata, label in either case
 *	config-2      openstack/latest/user_data on the device config-2
 *	ec2 gce hetzner digitalocean
 *	              HTTP, where the DMI strings in ROOT/sys/class/dmi/id name this cloud;
 *	              $ECS_METADATA_URL replaces scheme and host, and all of them are asked
 *	cloud-init    ROOT/var/lib/cloud/instance/user-data.txt
 */
#ifndef ADAPTER_METADATA_H
#define ADAPTER_METADATA_H

#include <stddef.h>

#include "adapter/metadata/result.h"
#include "base/error.h"

/*
 * Looks through the sources; a source is something of at most MAX bytes that JUDGE takes. What
 * $ENV_YML names, and /app/env.yml where it exists, must be that. The caller frees M with
 * metadata_free() in any case. Nothing found: 66, or 69 where a source that should have answered
 * did not.
 */
int metadata_find(const char *root, size_t max, metadata_judge *judge, struct metadata *m,
		  struct error *e);

void metadata_free(struct metadata *m); /* for CLEANUP too */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The metadata services of clouds, by HTTP. Each is asked only where the machine's DMI strings name this cloud, or
 * where $ECS_METADATA_URL is set. Each returns 1 found, 0 not (noted in M->tried), -1 the search ends.
 */
#ifndef ADAPTER_METADATA_CLOUDS_H
#define ADAPTER_METADATA_CLOUDS_H

#include "adapter/metadata/search.h"
#include "base/error.h"

int clouds_ec2(struct search *s, struct error *e);
int clouds_gce(struct search *s, struct error *e);
int clouds_hetzner(struct search *s, struct error *e);
int clouds_digitalocean(struct search *s, struct error *e);

#endif

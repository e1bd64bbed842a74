/* SPDX-License-Identifier: MIT */
/* Images of the engine, by the client as adapter/docker/docker.h. */
#ifndef ADAPTER_DOCKER_IMAGE_H
#define ADAPTER_DOCKER_IMAGE_H

#include "base/error.h"
#include "base/str.h"

/* Adds to IDS the "sha256:…" of each of the images NAMES, in their order; "" for one that is not there. */
int docker_image_ids(const struct strlist *names, struct strlist *ids, struct error *e);

/*
 * Adds a text for each of the images NAMES, which must exist: the paths that it declares as VOLUME, each with a line feed.
 */
int docker_image_volumes(const struct strlist *names, struct strlist *paths, struct error *e);

/* The size of image NAME in bytes, 0 where it is not there; -1 on failure. */
long long docker_image_size(const char *name, struct error *e);

/* Gives the image IMAGE ("sha256:…" or a name) the name NAME; another image that has it loses it. */
int docker_image_tag(const char *image, const char *name, struct error *e);

/* Removes image NAME; it is no error if it is not there, but it is one if a container uses it. */
int docker_image_remove(const char *name, struct error *e);

#endif

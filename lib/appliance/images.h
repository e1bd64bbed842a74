/* SPDX-License-Identifier: MIT */
/* The images that the services of an appliance are made of. */
#ifndef APPLIANCE_IMAGES_H
#define APPLIANCE_IMAGES_H

#include "base/error.h"
#include "base/str.h"

struct appliance;

/*
 * Builds the images of SERVICES; those of the application out of the revision as committed: what lies about in the
 * checkout never gets in. No services: nothing.
 */
int images_build(const struct appliance *a, const struct strlist *services, struct error *e);

/*
 * Sees to it that SERVICES of the recorded revision have their images: the recorded ones, which get their names again if
 * those were lost or mean others; what is gone is built.
 */
int images_find(const struct appliance *a, const struct strlist *services, struct error *e);

/*
 * Refuses (78) an image that declares a VOLUME which no mount of its service covers, and names both and the remedy: files there would be
 * gone with the container. Images that are not there (yet) are not looked at.
 */
int images_check_volumes(const struct appliance *a, struct error *e);

#endif

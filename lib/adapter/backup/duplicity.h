/* SPDX-License-Identifier: MIT */
/*
 * duplicity 0.8 to 3: every kind of URL it knows. Volumes of 25 MB, a new full backup after two months,
 * four of them kept, as the older appliance does it; options may say otherwise. Its lock is the
 * kernel's, so that a killed run leaves none; the half-written set that it does leave is removed by
 * clean(), never gone on with: the source has changed since.
 *
 * It stores no hard links (each name becomes a file of its own), holes, extended attributes or times before 1970: the manifest
 * records all but the holes.
 */
#ifndef ADAPTER_BACKUP_DUPLICITY_H
#define ADAPTER_BACKUP_DUPLICITY_H

#include "adapter/backup/driver.h"

extern const struct driver_table duplicity_driver;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * restic 0.14 and later; its repository stands behind "restic:" (restic:/srv/backup, restic:sftp:user@host:/path,
 * restic:rest:https://host/). Kept are those of two days, 14 daily, 9 weekly and 8 monthly ones, unless
 * options say otherwise by a --keep-… of their own.
 *
 * The lock of a killed run is removed where this machine started that run, or it was not renewed for half an hour. Hard
 * links and extended attributes are stored.
 */
#ifndef ADAPTER_BACKUP_RESTIC_H
#define ADAPTER_BACKUP_RESTIC_H

#include "adapter/backup/driver.h"

extern const struct driver_table restic_driver;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What no backup may bring onto this machine, whoever wrote it: devices, and files that give whoever runs them the rights of
 * another. The application needs neither.
 */
#ifndef APPLIANCE_BACKUP_STRIP_H
#define APPLIANCE_BACKUP_STRIP_H

#include "appliance/backup/verify.h"
#include "base/error.h"

/*
 * Removes the devices in TREE, names each, and adds it to REPORT (or NULL) as extra. Takes setuid, setgid and capabilities from
 * the files in it, and says of how many. Nobody else may change TREE.
 */
int strip_tree(const char *tree, struct verify_report *report, struct error *e);

#endif

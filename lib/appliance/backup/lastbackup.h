/* SPDX-License-Identifier: MIT */
/* What this machine remembers of its last good backup (NAME_BACKUP_LAST), to compare the next one with. */
#ifndef APPLIANCE_BACKUP_LASTBACKUP_H
#define APPLIANCE_BACKUP_LASTBACKUP_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"

struct lastbackup {
	time_t when;       /* the instant it is of; 0: there was none */
	char *target;      /* repository id */
	char *shown;
	char *driver;
	char *point;       /* what the driver calls it */
	long long sequence; /* its number */
	char *appliance;   /* whose it is */
	bool recovered;    /* this machine did not make it: it was recovered from it */
	long long files, bytes, rows, dump; /* dump: its bytes */
	long long read_back; /* files that were read back and compared */
	long long pause_ms, ms;
};

/* The last record; where there is none, or it cannot be read, WHEN is 0. */
void lastbackup_read(const char *root, struct lastbackup *last);
int lastbackup_write(const char *root, const struct lastbackup *last, struct error *e);
void lastbackup_free(struct lastbackup *last);

#endif

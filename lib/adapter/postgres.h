/* SPDX-License-Identifier: MIT */
/* PostgreSQL's own programs (pg_dump, pg_restore, psql), which run in the container of the database. */
#ifndef ADAPTER_POSTGRES_H
#define ADAPTER_POSTGRES_H

/* The first error in ERR, for struct run: what follows it is the command and advice. NULL where there is none. */
char *postgres_reason(const char *err);

#endif

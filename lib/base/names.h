/* SPDX-License-Identifier: MIT */
/*
 * Every path, name and number that two tools share (design: "Files on the machine").
 * Paths are resolved beneath the root by path_root().
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

/* The children's PATH; the variable ECS_PATH replaces it, for tests. */
#define NAME_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

#define NAME_RUN_DIR "/run/ecs"
#define NAME_RUN_ENV_YML "/run/ecs/env.yml"
#define NAME_RUN_ENV "/run/ecs/env"
#define NAME_LOCK "/run/ecs/lock"
#define NAME_BACKUP_LOCK "/run/ecs/lock-backup"
#define NAME_SOCKET_DIR "/run/ecs/postgresql"
#define NAME_BOOT_DIR "/run/ecs/boot" /* all containers but the database's want it: gone after a boot, until we made it */
#define NAME_CLONES_RUN "/run/ecs/clones" /* what is /run in a clone's root */

#define NAME_APP_ENV "/app/env.yml"
#define NAME_CLOUD_INIT "/var/lib/cloud/instance/user-data.txt"
#define NAME_BY_LABEL "/dev/disk/by-label"
#define NAME_DMI "/sys/class/dmi/id"

#define NAME_STATE_DIR "/var/lib/ecs"
#define NAME_JOURNAL "/var/lib/ecs/journal"
#define NAME_STATE "/var/lib/ecs/state.json"
#define NAME_ENV_GOOD "/var/lib/ecs/env.yml.good"
#define NAME_METRICS_DIR "/var/lib/ecs/metrics"
#define NAME_SNAPSHOTS_DIR "/var/lib/ecs/snapshots"
#define NAME_LEFTOVERS "/var/lib/ecs/leftovers.json" /* what later runs try again to remove */
#define NAME_SECRETS_DIR "/var/lib/ecs/secrets"
#define NAME_CLONES_DIR "/var/lib/ecs/clones" /* clones: each the root of a machine of its own */
#define NAME_CLONE "/var/lib/ecs/clone.json"  /* in such a root: which clone it is, and that it is one */

#define NAME_BACKUP_DIR "/var/lib/ecs/backup" /* what backups need to know of earlier ones */
#define NAME_BACKUP_LAST "/var/lib/ecs/backup/last.json"
#define NAME_BACKUP_OWNER "/var/lib/ecs/backup/owner.json" /* whose backups this machine makes */
#define NAME_DRILL_EVIDENCE "/var/lib/ecs/backup/drill.json"
#define NAME_RESTORE_LISTING "/var/lib/ecs/backup/restore-differences" /* of the last restore and its manifest */
#define NAME_DRILL_LISTING "/var/lib/ecs/backup/drill-differences"
#define NAME_BACKUP_MANIFEST "/var/lib/ecs/backup/manifest" /* of the last good one */

#define NAME_BUILD "/var/lib/ecs/build" /* the application's files while its image is built */

#define NAME_CRON_DIR "/etc/cron.d"

#define NAME_RELEASES "/app/releases"
#define NAME_CURRENT "/app/current"
#define NAME_SHARE "/app/current/share/ecs"
#define NAME_COMPOSE_FILE "/app/current/share/ecs/compose.yml"
#define NAME_OVERLAYS_DIR "/app/compose.d" /* the site's own, beside it */
#define NAME_SOURCE "/app/ecs"

#define NAME_FILES "/data/ecs-storage-vault"
#define NAME_FILES_SEED "/data/ecs-files"
#define NAME_DATABASE "/data/ecs-postgres"
#define NAME_DATABASE_SEED "/data/postgres-ecs"
#define NAME_PGDATA "pg" /* PostgreSQL's data folder in the volume */
#define NAME_CONTAINER_DATA "/data/container"
#define NAME_TEMP "/data/temp"
#define NAME_STAGE "/data/temp/ecs-backup" /* what a backup is made of, at a place that never changes */
#define NAME_ENGINE_TEMP "/data/temp/ecs-engine" /* of the backup engine: volumes on their way */
#define NAME_RESTORE "/data/temp/ecs-restore" /* manifest and dump on their way back */
#define NAME_DRILL "/data/temp/ecs-drill"     /* the machine that a drill restores to */
#define NAME_RESTORE_FOLDER ".ecs-restore" /* in the vault: what is being restored, and the state before */
#define NAME_SNAPSHOT_FOLDER ".ecs-snapshots" /* at the top of a btrfs, which may be the vault itself */
#define NAME_DUMP "/data/ecs-pgdump/ecs.pgdump.gz"
#define NAME_TLS_DIR "/data/container/nginx/tls"
#define NAME_MAINTENANCE "/data/container/nginx/state/maintenance"

#endif
